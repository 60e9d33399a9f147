import { MANIFOLD_NEIGHBOURS } from './config.ts';
import { squaredDistanceBlocks } from './gram.ts';
import type { Features } from './moments.ts';
import { nearest, type Nearest, radii } from './nearest.ts';

/** What tells of each image how it lies among those of the other set. */
export interface Manifolds {
  k: number;
  /** Of each sample, whether it lies in a real image's ball. Their mean is precision. */
  precision: Float64Array;
  /** Of each real image, whether it lies in a sample's ball. Their mean is recall. */
  recall: Float64Array;
  /** Of each sample, in how many real images' balls it lies, over k. Their mean is density. */
  density: Float64Array;
  /** Of each real image, whether there is a sample in its ball. Their mean is coverage. */
  coverage: Float64Array;
}

/**
 * Precision and recall (Kynkäänniemi et al. 2019, arXiv 1904.06991), density and coverage (Naeem et
 * al. 2020, arXiv 2002.09797): a ball around each image reaches to its k-th nearest neighbour in
 * its own set, and what lies on its surface is outside, as in Naeem et al.'s code.
 *
 * @param real, samples features that lie around 0
 * @param options.among the `k` nearest neighbours among the real images, where they are known already
 * @throws RangeError when one of the sets has no more than `k` images; the signal's reason when it is aborted
 */
export async function manifolds(
  real: Features,
  samples: Features,
  {
    among,
    k = among?.k ?? MANIFOLD_NEIGHBOURS,
    signal,
  }: { among?: Nearest; k?: number; signal?: AbortSignal } = {},
): Promise<Manifolds> {
  if (real.count <= k || samples.count <= k) {
    throw new RangeError(`${Math.min(real.count, samples.count)} images have no ${k} neighbours each`);
  }
  const options = { k, areSame: true, ...(signal && { signal }) };
  const realRadii = radii(among ?? (await nearest(real, real, options)));
  const sampleRadii = radii(await nearest(samples, samples, options));
  const result: Manifolds = {
    k,
    precision: new Float64Array(samples.count),
    recall: new Float64Array(real.count),
    density: new Float64Array(samples.count),
    coverage: new Float64Array(real.count),
  };
  for await (const { row, column, rows, columns, values } of squaredDistanceBlocks(real, samples, signal)) {
    for (let i = 0; i < rows; i++) {
      const own = realRadii[row + i]!;
      for (let j = 0; j < columns; j++) {
        const distance = Math.sqrt(values[i * columns + j]!);
        if (distance < own) {
          result.precision[column + j] = 1;
          result.density[column + j]! += 1 / k;
          result.coverage[row + i] = 1;
        }
        if (distance < sampleRadii[column + j]!) result.recall[row + i] = 1;
      }
    }
  }
  return result;
}
