import { setImmediate as turn } from 'node:timers/promises';
import { permutation, streamSeed } from '../tensor/random.ts';
import { innerProducts, someRows } from './gram.ts';
import type { Features } from './moments.ts';

/** How many subsets a kernel distance is averaged over, and how many images are in each, as torch-fidelity has it. */
export const KERNEL_SUBSETS = 100;
export const KERNEL_SUBSET_SIZE = 1000;

export interface KernelDistance {
  /** Mean over the subsets. */
  mean: number;
  /** Standard deviation over the subsets, over their number, as torch-fidelity gives it. */
  std: number;
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
  const values: number[] = [];
  for (let i = 0; i < subsets; i++) {
    await turn();
    signal?.throwIfAborted();
    const [first, second] = [a, b].map((set, side) =>
      someRows(
        set,
        permutation(streamSeed(seed, 'kernel distance', i, side), set.count).subarray(0, subsetSize),
      ),
    );
    values.push(squaredDiscrepancy(first!, second!));
  }
  const mean = values.reduce((sum, value) => sum + value, 0) / subsets;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / subsets;
  return { mean, std: Math.sqrt(variance), subsets, subsetSize };
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
    sum += (products[at]! / a.size + 1) ** 3;
  }
  return sum;
}
