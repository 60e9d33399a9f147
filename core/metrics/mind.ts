import { setImmediate as turn } from 'node:timers/promises';
import { streamSeed, statelessNormal } from '../tensor/random.ts';
import { tf, tidyValues } from '../tensor/tf.ts';
import { bootstrapMean, type Estimate } from './bootstrap.ts';
import { innerProducts, sliceRows } from './gram.ts';
import type { Features } from './moments.ts';

/** Directions that features are looked at along. */
export const MIND_DIRECTIONS = 1000;
/** The first of them, which the interval is reckoned from. */
const INTERVAL_DIRECTIONS = 100;
/** Directions, and rows of features, that are multiplied at a time. */
const BLOCK = 100;
const ROWS = 8192;

/**
 * Monge Inception distance (Berthet et al. 2026, arXiv 2605.06797), as torch-fidelity's `metric_mind.py` makes it (the
 * paper itself was not at hand, nor a published value to hold it against): 3 · size times the mean, over random directions,
 * of the squared Wasserstein distance between what features are along a direction. Along one
 * direction the best transport goes by rank, so both sets are sorted.
 *
 * Sets of unequal numbers are compared by their whole quantile functions, where torch-fidelity leaves out images of
 * the larger one. The distance of finitely many images is too large by something that falls with their number.
 *
 * The interval holds what other samples would give, with the same reference images and without that excess: a sample's
 * share in the distance is the potential of the transport (del Barrio & Loubes 2019, arXiv 1705.01299),
 * and shares are drawn anew by the bootstrap.
 *
 * @param reference, samples features that lie around 0
 * @throws the signal's reason when it is aborted
 */
export async function mongeDistance(
  reference: Features,
  samples: Features,
  options: { seed: number; directions?: number; signal?: AbortSignal },
): Promise<Estimate> {
  const { seed, directions = MIND_DIRECTIONS, signal } = options;
  const along = randomDirections(directions, samples.size, seed);
  const found = await slicedDistance(reference, samples, along, signal && { signal });
  const scale = 3 * samples.size;
  const { mean, low, high } = bootstrapMean(found.shares, seed);
  const value = scale * found.value;
  return { mean: value, low: Math.max(0, value + scale * (low - mean)), high: value + scale * (high - mean) };
}

/** Directions of length 1, uniform on the sphere. */
function randomDirections(count: number, size: number, seed: number): Features {
  const values = tidyValues(() => {
    const normal = statelessNormal([count, size], tf.tensor1d(streamSeed(seed, 'directions', 0), 'int32'));
    return normal.div(tf.norm(normal, 'euclidean', 1, true));
  });
  return { count, size, values };
}

/**
 * Mean over directions of the squared Wasserstein distance between two sets of features along them.
 *
 * @param directions rows of length 1
 * @returns `shares`: of each sample, its share in the distance, but for what is the same for all
 */
export async function slicedDistance(
  reference: Features,
  samples: Features,
  directions: Features,
  { signal }: { signal?: AbortSignal } = {},
): Promise<{ value: number; shares: Float64Array }> {
  const shares = new Float64Array(samples.count);
  let sum = 0;
  for (let from = 0; from < directions.count; from += BLOCK) {
    await turn();
    signal?.throwIfAborted();
    const some = sliceRows(directions, from, Math.min(BLOCK, directions.count - from));
    const [there, here] = [reference, samples].map((set) => projections(set, some));
    for (let i = 0; i < some.count; i++) {
      const [real, drawn] = [there![i]!.sort(), here![i]!];
      const order = from + i < INTERVAL_DIRECTIONS ? rising(drawn) : null;
      drawn.sort();
      sum += squaredTransport(real, drawn);
      if (order !== null) addPotential(shares, real, drawn, order);
    }
  }
  const looked = Math.min(INTERVAL_DIRECTIONS, directions.count);
  return { value: sum / directions.count, shares: shares.map((share) => share / looked) };
}

/** What features are along each direction. */
function projections(set: Features, directions: Features): Float32Array[] {
  const lines = Array.from({ length: directions.count }, () => new Float32Array(set.count));
  for (let from = 0; from < set.count; from += ROWS) {
    const rows = Math.min(ROWS, set.count - from);
    const products = innerProducts(directions, sliceRows(set, from, rows));
    lines.forEach((line, i) => line.set(products.subarray(i * rows, (i + 1) * rows), from));
  }
  return lines;
}

/** Numbers of the values, the smallest first. */
function rising(values: Float32Array): Uint32Array {
  return Uint32Array.from(values, (_, i) => i).sort((i, j) => values[i]! - values[j]!);
}

/** Squared Wasserstein distance between two sorted sets of numbers. */
function squaredTransport(a: Float32Array, b: Float32Array): number {
  const [m, n] = [a.length, b.length];
  let [i, j, done, sum] = [0, 0, 0, 0];
  // Shares of the whole, times m · n, so that they are whole numbers.
  while (i < m && j < n) {
    const end = Math.min((i + 1) * n, (j + 1) * m);
    sum += (end - done) * (a[i]! - b[j]!) ** 2;
    done = end;
    if (end === (i + 1) * n) i++;
    if (end === (j + 1) * m) j++;
  }
  return sum / (m * n);
}

/** Adds to each sample what the potential is at it: its slope is twice the way that is to go there. */
function addPotential(
  shares: Float64Array,
  real: Float32Array,
  drawn: Float32Array,
  order: Uint32Array,
): void {
  const count = drawn.length;
  const target = (i: number): number => real[Math.floor(((i + 0.5) / count) * real.length)]!;
  let potential = 0;
  for (let i = 0; i < count; i++) {
    if (i > 0) {
      const way = drawn[i]! - target(i) + (drawn[i - 1]! - target(i - 1));
      potential += (drawn[i]! - drawn[i - 1]!) * way;
    }
    shares[order[i]!]! += potential;
  }
}
