import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { readSampleDigits } from '../sample.ts';
import { FlagMeter, FlagsSchema } from './flags.ts';
import { FlipMeter, type FlipVerdict } from './flip.ts';
import { measure } from './measure.ts';
import { moments } from './statistics.ts';
import * as v from 'valibot';

const SIDE = 12;

/** Numbers 0 ≤ x < 1, always the same. */
function numbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Blurred noise of one channel, with a line through it that leans to the right as often as `right` says. */
function picture(random: () => number, right: number): Uint8Array {
  const pixels = Uint8Array.from({ length: SIDE * SIDE }, () => 100 + 20 * random());
  const offset = Math.floor((random() - 0.5) * SIDE);
  const leansRight = random() < right;
  for (let row = 0; row < SIDE; row++) {
    const x = (leansRight ? SIDE - 1 - row : row) + offset;
    if (x >= 0 && x < SIDE) pixels[row * SIDE + x] = 255;
  }
  return pixels;
}

function verdictOf(
  images: Iterable<Uint8Array>,
  { side = SIDE, names = null as string[] | null, labels = [] as number[] } = {},
): FlipVerdict {
  const all = [...images];
  const meter = new FlipMeter(
    { height: side, width: side, channels: 1 },
    { count: all.length, classes: names?.length ?? 0 },
  );
  all.forEach((pixels, i) => meter.add(pixels, labels[i] ?? 0));
  return meter.verdict(names);
}

function* someImages(count: number, right: number): Generator<Uint8Array> {
  const random = numbers(7);
  for (let i = 0; i < count; i++) yield picture(random, right);
}

describe('whether images may be mirrored', () => {
  it('is no for handwritten digits, without their names', async () => {
    const digits = await readSampleDigits();
    const pixels = digits.slice(0, 1000).map((digit) => digit.pixels);
    expect(verdictOf(pixels, { side: 28 })).toMatchObject({
      suits: false,
      reason: expect.stringMatching(/one-sidedness \d/) as string,
    });
  });

  it('is yes for pictures that lean to both sides alike', () => {
    expect(verdictOf(someImages(2000, 0.5))).toMatchObject({ suits: true });
  });

  it('is no for lines that lean to the right wherever they are', () => {
    expect(verdictOf(someImages(2000, 0.8))).toMatchObject({
      suits: false,
      reason: expect.stringMatching(/^Lines lean to the right .*\(slant 0\.\d+\)/) as string,
    });
    expect(verdictOf(someImages(2000, 0.2)).reason).toMatch(/^Lines lean to the left/);
  });

  it('is no when each class is one-sided, though all of them together are not', () => {
    const random = numbers(3);
    const images: Uint8Array[] = [];
    const labels: number[] = [];
    for (let i = 0; i < 400; i++) {
      const label = i % 2;
      labels.push(label);
      // Bright on the left in one class, on the right in the other.
      images.push(
        Uint8Array.from({ length: SIDE * SIDE }, (_, at) =>
          Number(at % SIDE < SIDE / 2) === label ? 120 + 40 * random() : 60 + 40 * random(),
        ),
      );
    }
    expect(verdictOf(images)).toMatchObject({ suits: true });
    expect(verdictOf(images, { names: ['cat', 'dog'], labels })).toMatchObject({ suits: false });
  });

  it('is heard from the names of the classes', () => {
    const images = [...someImages(200, 0.5)];
    for (const names of [
      ['0', '1'],
      ['a', 'B', 'ç'],
      ['zero', 'one'],
      ['left shoe', 'right shoe'],
    ]) {
      expect(verdictOf(images, { names })).toMatchObject({ suits: false });
    }
    expect(verdictOf(images, { names: ['a', 'cat'] })).toMatchObject({ suits: true });
  });

  it('is not known for few images', () => {
    expect(verdictOf(someImages(20, 0.5))).toMatchObject({ suits: null });
  });
});

describe('flags', () => {
  function flagsOf(images: Uint8Array[], channels: 1 | 3 = 1, labels: number[] | null = null, classes = 2) {
    const meter = new FlagMeter(channels, images.length);
    for (const pixels of images) meter.add(pixels, createHash('sha256').update(pixels).digest('hex'));
    return v.parse(FlagsSchema, meter.flags('sha256:0', labels, classes));
  }

  it('tell images of one colour, duplicates, and those unlike the others', () => {
    const images = [...someImages(200, 0.5)];
    images[3] = new Uint8Array(SIDE * SIDE).fill(110);
    images[10] = images[4]!.slice();
    images[12] = images[4]!.slice();
    images[20] = images[20]!.map((value) => value / 4);
    images[21] = images[21]!.map((value) => 255 - value / 4);
    const { nearConstant, duplicates, suspicious } = flagsOf(images);
    expect(nearConstant).toEqual({ total: 1, images: [3] });
    expect(duplicates).toEqual({ total: 2, groups: [[4, 10, 12]] });
    expect(suspicious).toEqual({
      total: 2,
      images: [
        { image: 20, reason: 'much darker than the others' },
        { image: 21, reason: 'much brighter than the others' },
      ],
    });
  });

  it('hold nothing against images without a class', () => {
    const images = [...someImages(20, 0.5)];
    for (const copy of [3, 5, 6]) images[copy] = images[2]!;
    // Image 2, the first of the group, has none.
    const labels = images.map((_, i) => (i === 2 ? 2 : i === 6 ? 1 : 0));
    expect(flagsOf(images, 1, labels).suspicious.images).toEqual([
      { image: 6, reason: 'the same pixels as image 3, which is of another class' },
    ]);
  });

  it('tell the same pixels with different labels', () => {
    const images = [...someImages(20, 0.5)];
    images[5] = images[2]!;
    images[6] = images[2]!;
    const labels = images.map((_, i) => (i === 6 ? 1 : 0));
    expect(flagsOf(images, 1, labels).suspicious.images).toEqual([
      { image: 6, reason: 'the same pixels as image 2, which is of another class' },
    ]);
  });

  it('tell a grey image among coloured ones, unless many are', () => {
    const random = numbers(5);
    const images: Uint8Array[] = Array.from({ length: 200 }, () =>
      Uint8Array.from({ length: 300 }, () => 256 * random()),
    );
    const grey = (image: Uint8Array): Uint8Array => image.map((_, i) => image[i - (i % 3)]!);
    images[9] = grey(images[9]!);
    expect(flagsOf(images, 3).suspicious.images).toEqual([
      { image: 9, reason: 'grey among coloured images' },
    ]);
    for (let i = 20; i < 30; i++) images[i] = grey(images[i]!);
    expect(flagsOf(images, 3).suspicious.total).toBe(0);
  });
});

describe('measure', () => {
  it('gives histogram, mean image and moments of all values', async () => {
    const count = 3;
    const pixels = Uint8Array.from({ length: count * 4 * 4 * 3 }, (_, i) => (i * 29) % 256);
    const seen: number[] = [];
    const { statistics } = await measure(
      {
        ...{ count, height: 4, width: 4, channels: 3, fingerprint: 'sha256:1', classes: ['a', 'b'] },
        labels: [1, 0, 1],
        read: async (start, n) => pixels.subarray(start * 48, (start + n) * 48),
      },
      { onImages: (n) => seen.push(n) },
    );
    expect(seen).toEqual([3]);
    expect(statistics.classCounts).toEqual([1, 2]);
    const channel = (c: number): number[] => [...pixels].filter((_, i) => i % 3 === c);
    statistics.histogram.forEach((bins, c) => {
      expect(bins).toEqual(
        Array.from({ length: 256 }, (_, value) => channel(c).filter((x) => x === value).length),
      );
    });
    const mean = channel(2).reduce((a, b) => a + b) / 48;
    const std = Math.sqrt(channel(2).reduce((sum, x) => sum + (x - mean) ** 2, 0) / 48);
    expect(moments(statistics).mean[2]).toBeCloseTo(mean, 10);
    expect(moments(statistics).std[2]).toBeCloseTo(std, 10);
    const image = Buffer.from(statistics.meanImage, 'base64');
    expect(image[7]).toBe(Math.round((pixels[7]! + pixels[55]! + pixels[103]!) / 3));
  });

  it('counts images without a class with none', async () => {
    const { statistics } = await measure({
      ...{ count: 3, height: 1, width: 1, channels: 1, fingerprint: 'sha256:1', classes: ['a', 'b'] },
      labels: [1, 2, 2],
      read: async (_, n) => new Uint8Array(n),
    });
    expect(statistics.classCounts).toEqual([0, 1]);
  });

  it('stops when aborted', async () => {
    const signal = AbortSignal.abort();
    const images = {
      ...({
        count: 1,
        height: 1,
        width: 1,
        channels: 1,
        fingerprint: '',
        classes: null,
        labels: null,
      } as const),
      read: async () => new Uint8Array(1),
    };
    await expect(measure(images, { signal })).rejects.toThrow(/abort/);
  });
});
