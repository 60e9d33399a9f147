import { setImmediate as turn } from 'node:timers/promises';
import { permutation, streamSeed } from '../tensor/random.ts';
import { bootstrapMean } from './bootstrap.ts';
import { innerProducts, sliceRows, someRows } from './gram.ts';
import type { Features } from './moments.ts';

/** How many subsets a kernel distance is averaged over, and how many images are in each, as torch-fidelity has it. */
export const KERNEL_SUBSETS = 100;
export const KERNEL_SUBSET_SIZE = 1000;

export interface KernelDistance {
  /** Mean over the subsets. */
  mean: number;
  /** Standard deviation over the subsets, over their number, as torch-fidelity gives it. */
  std: number;
  /** Bounds of the 95 % confidence interval: what other samples would give, with the same images to compare with. */
  low: number;
  high: number;
  subsets: number;
  subsetSize: number;
}

/**
 * Kernel distance, as KID has it: the unbiased estimate of the squared maximum mean discrepancy with the kernel
 * (x·y / size + 1)³, over random subsets of both sets (Bińkowski et al. 2018, arXiv 1801.01401).
 *
 * @param options.subsetSize at most as many images as the smaller set has are taken
 * @throws the signal's reason when it is aborted
 */
export async function kernelDistance(
  a: Features,
  b: Features,
  options: { seed: number; subsets?: number; subsetSize?: number; signal?: AbortSignal },
): Promise<KernelDistance> {
  const { seed, subsets = KERNEL_SUBSETS, signal } = options;
  const subsetSize = Math.min(options.subsetSize ?? KERNEL_SUBSET_SIZE, a.count, b.count);
  const subset = (set: Features, i: number, side: 0 | 1): Features =>
    someRows(
      set,
      permutation(streamSeed(seed, 'kernel distance', i, side), set.count).subarray(0, subsetSize),
    );
  const values: number[] = [];
  for (let i = 0; i < subsets; i++) {
    await turn();
    signal?.throwIfAborted();
    values.push(squaredDiscrepancy(subset(a, i, 0), subset(b, i, 1)));
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / subsets;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / subsets;
  const shares = sharesOf(b, subset(a, 0, 0), subset(b, 0, 1));
  const found = bootstrapMean(shares, seed);
  const [low, high] = [mean + found.low - found.mean, mean + found.high - found.mean];
  return { mean, std: Math.sqrt(variance), low, high, subsets, subsetSize };
}

/**
 * The share of each sample in the squared discrepancy, but for what is the same for all: twice how much nearer it is, by
 * the kernel, to samples than to the others (Gretton et al. 2012, A kernel two-sample test, §3).
 */
function sharesOf(samples: Features, reference: Features, others: Features): Float64Array {
  const shares = new Float64Array(samples.count);
  for (const [set, sign] of [
    [others, 1],
    [reference, -1],
  ] as const) {
    for (let from = 0; from < samples.count; from += KERNEL_SUBSET_SIZE) {
      const rows = Math.min(KERNEL_SUBSET_SIZE, samples.count - from);
      const products = innerProducts(sliceRows(samples, from, rows), set);
      for (let at = 0; at < products.length; at++) {
        const row = from + Math.floor(at / set.count);
        shares[row] = shares[row]! + (2 * sign * kernel(products[at]!, samples.size)) / set.count;
      }
    }
  }
  return shares;
}

function kernel(product: number, size: number): number {
  const base = product / size + 1;
  return base * base * base;
}

/** The unbiased estimate for two sets of equally many images; NaN for fewer than two. */
export function squaredDiscrepancy(a: Features, b: Features): number {
  const count = a.count;
  const within = kernelSum(a, a, true) + kernelSum(b, b, true);
  return within / (count * (count - 1)) - (2 * kernelSum(a, b, false)) / (count * count);
}

function kernelSum(a: Features, b: Features, withoutDiagonal: boolean): number {
  const products = innerProducts(a, b);
  let sum = 0;
  for (let at = 0; at < products.length; at++) {
    if (withoutDiagonal && at % (b.count + 1) === 0) continue;
    sum += kernel(products[at]!, a.size);
  }
  return sum;
}
