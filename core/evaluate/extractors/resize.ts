/** Bilinear resizing in floating point, with antialiasing where an image shrinks. */
import type { Plane } from '../../data/import/resample.ts';

/** For each place of a line: the first one of the source's that it is made of, and their weights. */
interface Taps {
  first: Int32Array;
  /** `width` weights a place, those beyond its last one 0. */
  weights: Float64Array;
  width: number;
}

const known = new Map<string, Taps>();

/**
 * Brings an image to `size` × `size` pixels, as Pillow's `Image.resize(…, BILINEAR)` does with images of floating point
 * and torchvision's `resize(…, antialias=True)` with tensors: a triangle around each pixel's centre, widened by the factor an
 * image shrinks by.
 *
 * @returns size × size × channels numbers from 0 to 255
 */
export function resizeBilinear({ height, width, channels, data }: Plane, size: number): Float32Array {
  const across = tapsFor(width, size);
  const down = tapsFor(height, size);
  const lines = new Float64Array(height * size * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < size; x++) {
      const first = across.first[x]!;
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let k = 0; k < across.width; k++) {
          const weight = across.weights[x * across.width + k]!;
          if (weight !== 0) sum += weight * data[(y * width + first + k) * channels + c]!;
        }
        lines[(y * size + x) * channels + c] = sum;
      }
    }
  }
  const line = size * channels;
  const result = new Float32Array(size * line);
  const sums = new Float64Array(line);
  for (let y = 0; y < size; y++) {
    sums.fill(0);
    for (let k = 0; k < down.width; k++) {
      const weight = down.weights[y * down.width + k]!;
      if (weight === 0) continue;
      const from = (down.first[y]! + k) * line;
      for (let i = 0; i < line; i++) sums[i] = sums[i]! + weight * lines[from + i]!;
    }
    result.set(sums, y * line);
  }
  return result;
}

function tapsFor(from: number, to: number): Taps {
  const key = `${from}:${to}`;
  let taps = known.get(key);
  if (taps === undefined) {
    taps = makeTaps(from, to);
    // Images of a pile have one size, or a great many.
    if (known.size >= 64) known.clear();
    known.set(key, taps);
  }
  return taps;
}

function makeTaps(from: number, to: number): Taps {
  const scale = from / to;
  const reach = Math.max(1, scale);
  const width = Math.ceil(reach) * 2 + 1;
  const first = new Int32Array(to);
  const weights = new Float64Array(to * width);
  for (let place = 0; place < to; place++) {
    const centre = (place + 0.5) * scale;
    const start = Math.max(0, Math.trunc(centre - reach + 0.5));
    const end = Math.min(from, Math.trunc(centre + reach + 0.5));
    first[place] = start;
    let sum = 0;
    for (let k = start; k < end; k++) {
      const weight = Math.max(0, 1 - Math.abs((k + 0.5 - centre) / reach));
      weights[place * width + k - start] = weight;
      sum += weight;
    }
    for (let k = 0; k < width; k++) weights[place * width + k]! /= sum;
  }
  return { first, weights, width };
}
