import { frechetDistance } from './frechet.ts';
import { someRows } from './gram.ts';
import { MomentSums, type Features, type Moments } from './moments.ts';
import { permutation, streamSeed } from '../tensor/random.ts';
import { setImmediate as turn } from 'node:timers/promises';

/** Sizes that the line goes through. */
const SIZES = 8;
/** Share of the images in the smallest. */
const SMALLEST = 0.25;

export interface ExtrapolatedDistance {
  /** The distance for infinitely many samples. */
  value: number;
  /** Numbers of samples and distances that it follows from; the last are of all samples. */
  sizes: number[];
  distances: number[];
}

/**
 * The Fréchet distance for infinitely many samples: that of fewer is larger by about a constant over their number, so a
 * line through distances over 1 / number is followed to 0 (Chong & Forsyth 2020, arXiv 1911.07023).
 *
 * The sizes are a quarter of the samples to all of them, evenly spaced in 1 / number. Each set holds the smaller ones,
 * so that their sums are made once; Chong & Forsyth draw each anew.
 *
 * @throws the signal's reason when it is aborted
 */
export async function extrapolatedDistance(
  samples: Features,
  real: Moments,
  { seed, signal }: { seed: number; signal?: AbortSignal },
): Promise<ExtrapolatedDistance> {
  const order = permutation(streamSeed(seed, 'extrapolated distance', 0), samples.count);
  const sums = new MomentSums(samples.size);
  const sizes = sizesFor(samples.count);
  const distances: number[] = [];
  let done = 0;
  for (const size of sizes) {
    await turn();
    signal?.throwIfAborted();
    sums.add(someRows(samples, order.subarray(done, size)));
    done = size;
    distances.push(frechetDistance(sums.moments(), real));
  }
  return {
    value: intercept(
      sizes.map((size) => 1 / size),
      distances,
    ),
    sizes,
    distances,
  };
}

/** Rising numbers of samples, evenly spaced in their inverse; fewer where that leaves equal ones. */
function sizesFor(count: number): number[] {
  const smallest = Math.max(2, Math.round(SMALLEST * count));
  const sizes = Array.from({ length: SIZES }, (_, i) => {
    const share = i / (SIZES - 1);
    return Math.round(1 / ((1 - share) / smallest + share / count));
  });
  return [...new Set(sizes)];
}

/** Where the line of least squares through the points meets x = 0. */
function intercept(x: readonly number[], y: readonly number[]): number {
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [mx, my] = [mean(x), mean(y)];
  const spread = mean(x.map((value) => (value - mx) ** 2));
  if (spread === 0) return my;
  return my - (mean(x.map((value, i) => (value - mx) * (y[i]! - my))) / spread) * mx;
}
