/** Images that are made up, always the same. */
import type { ImageBatch } from '../../core/data/dataset.ts';

/** Names of classes. */
export const DIGITS = ['zero', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/** A long name. */
export const LONG = 'portraits of my whole family from 1998 to 2026 scanned at night';

/** A number 0 … 1 from whole numbers, always the same. */
export function chance(...seeds: number[]): number {
  let hash = 0x811c9dc5;
  for (const seed of seeds) {
    hash = Math.imul(hash ^ (seed >>> 0), 0x01000193);
    hash = Math.imul(hash ^ (hash >>> 15), 0x85ebca6b);
    hash ^= hash >>> 13;
  }
  return (hash >>> 0) / 0xffffffff;
}

const drawn = new Map<string, Uint8Array>();

/** A digit in some hand, or a landscape at some hour. */
export function fakeImage(index: number, size: number, channels: 1 | 3): Uint8Array {
  const key = `${index % 997}/${size}/${channels}`;
  const known = drawn.get(key);
  if (known) return known;
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext('2d', { willReadFrequently: true });
  const data = new Uint8Array(size * size * channels);
  if (!context) return data;
  const random = (stream: number) => chance(index % 997, stream);
  if (channels === 1) {
    context.fillStyle = 'black';
    context.fillRect(0, 0, size, size);
    context.translate(size / 2, size / 2);
    context.rotate((random(1) - 0.5) * 0.5);
    context.transform(1, 0, (random(2) - 0.5) * 0.5, 1, 0, 0);
    context.fillStyle = 'white';
    context.font = `${random(3) > 0.5 ? 400 : 700} ${size * (0.72 + 0.2 * random(4))}px ${random(5) > 0.5 ? 'serif' : 'sans-serif'}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText(String(Math.floor(random(6) * 10)), 0, size * 0.04);
  } else {
    const hue = random(1) * 360;
    const sky = context.createLinearGradient(0, 0, 0, size);
    sky.addColorStop(0, `hsl(${hue} 60% ${30 + 40 * random(2)}%)`);
    sky.addColorStop(1, `hsl(${hue + 50} 70% 80%)`);
    context.fillStyle = sky;
    context.fillRect(0, 0, size, size);
    context.fillStyle = `hsl(${hue + 60} 90% 88%)`;
    context.beginPath();
    context.arc(random(3) * size, random(4) * size * 0.5, size * (0.06 + 0.1 * random(5)), 0, 7);
    context.fill();
    for (let ridge = 0; ridge < 3; ridge++) {
      context.fillStyle = `hsl(${hue + 150 + ridge * 20} 35% ${48 - ridge * 14}%)`;
      context.beginPath();
      context.moveTo(0, size);
      for (let x = 0; x <= size; x++) {
        const wave = Math.sin((x / size) * (4 + 5 * random(10 + ridge)) + 6 * random(20 + ridge));
        context.lineTo(x, size * (0.52 + 0.14 * ridge - 0.1 * wave));
      }
      context.lineTo(size, size);
      context.fill();
    }
  }
  const rgba = context.getImageData(0, 0, size, size).data;
  for (let pixel = 0; pixel < size * size; pixel++) {
    for (let channel = 0; channel < channels; channel++) {
      data[pixel * channels + channel] = rgba[pixel * 4 + channel] ?? 0;
    }
  }
  drawn.set(key, data);
  return data;
}

/** A batch of images, each made by `of`. */
export function batchOf(
  count: number,
  size: number,
  channels: 1 | 3,
  of: (index: number) => Uint8Array,
): ImageBatch {
  const data = new Uint8Array(count * size * size * channels);
  for (let index = 0; index < count; index++) data.set(of(index), index * size * size * channels);
  return { count, height: size, width: size, channels, data };
}
