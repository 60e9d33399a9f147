import type { Features } from './moments.ts';
import { nearest, type Nearest } from './nearest.ts';

/** How close samples come to the images that a model was trained on. */
export interface Authenticity {
  /** Of each sample, whether it is authentic: 1 or 0. Their mean is the share that AuthPct gives in per cent. */
  authentic: Float64Array;
  /** Of each sample, the number of the nearest training image and the distance to it. */
  nearestImage: Int32Array;
  distance: Float32Array;
}

/**
 * A sample is authentic when the nearest training image has a nearer neighbour among the training images than the
 * sample is (Alaa et al. 2022, arXiv 2102.08921), as AuthPct counts it.
 *
 * @param training, samples features that lie around 0
 * @param options.among nearest neighbours among the training images, where they are known already
 * @throws RangeError for fewer than two training images; the signal's reason when it is aborted
 */
export async function authenticity(
  training: Features,
  samples: Features,
  { among, signal }: { among?: Nearest; signal?: AbortSignal } = {},
): Promise<Authenticity> {
  if (training.count < 2) throw new RangeError('a single training image has no neighbour');
  const options = { k: 1, ...(signal && { signal }) };
  const own = among ?? (await nearest(training, training, { ...options, areSame: true }));
  const { indices, distances } = await nearest(samples, training, options);
  const authentic = Float64Array.from(indices, (index, i) =>
    distances[i]! > own.distances[index * own.k]! ? 1 : 0,
  );
  return { authentic, nearestImage: indices, distance: distances };
}
