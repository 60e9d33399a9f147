/** Which samples look like copies, and what samples leave out or make up. */
import type { ComparisonDetail } from '../metrics/compare.ts';
import type { Features } from '../metrics/moments.ts';
import { distancesToAsMany, nearest } from '../metrics/nearest.ts';
import type { EvaluationRecord, ImageDistance } from './record.ts';

/** Samples and images of each kind that are named. */
const NAMED = 48;

/**
 * The samples that are nearest to a training image, in proportion to the distance of that one to its own nearest
 * neighbour: below 1 a sample is no authentic one (see authenticity.ts).
 *
 * @param images number of each reference image in its data set
 */
export function closestSamples(
  { among, authenticity }: ComparisonDetail,
  images: ArrayLike<number>,
): ImageDistance[] {
  const { nearestImage, distance } = authenticity;
  const found = Array.from(nearestImage, (image, sample) => ({
    sample,
    image: images[image]!,
    distance: distance[sample]!,
    neighbourDistance: among.distances[image * among.k]!,
  }));
  return found.sort((a, b) => ratio(a) - ratio(b) || a.sample - b.sample).slice(0, NAMED);
}

/** An image that is there twice has a neighbour at no distance, and what is not the same is no copy of it. */
function ratio({ distance, neighbourDistance }: ImageDistance): number {
  return distance === 0 ? 0 : distance / neighbourDistance;
}

/**
 * Mean distance of samples to the nearest training image and to the nearest held-out one, of equally many on each side: a
 * model that has learned what the images have in common is as near to both.
 *
 * @param training, heldOut, samples features that lie around 0
 * @returns null where there are none on a side
 * @throws the signal's reason when it is aborted
 */
export async function distanceGap(
  training: Features,
  heldOut: Features,
  samples: Features,
  signal?: AbortSignal,
): Promise<NonNullable<EvaluationRecord['copies']>['gap']> {
  if (training.count === 0 || heldOut.count === 0 || samples.count === 0) return null;
  const { first, second, count } = await distancesToAsMany(samples, training, heldOut, signal);
  const mean = (distances: Float32Array): number =>
    distances.reduce((sum, value) => sum + value, 0) / samples.count;
  return { training: mean(first), heldOut: mean(second), count };
}

/**
 * Reference images in whose ball no sample lies (those that `coverage` does not count), and samples that lie in no
 * reference image's ball (likewise `precision`).
 *
 * @param images number of each reference image in its data set
 * @returns null where there are too few images for balls
 * @throws the signal's reason when it is aborted
 */
export async function placesOf(
  { manifolds, reference, samples, authenticity }: ComparisonDetail,
  images: ArrayLike<number>,
  signal?: AbortSignal,
): Promise<EvaluationRecord['places']> {
  if (manifolds === null) return null;
  const { distances } = await nearest(reference, samples, { k: 1, ...(signal && { signal }) });
  const uncovered = zerosOf(manifolds.coverage, distances);
  const stray = zerosOf(manifolds.precision, authenticity.distance);
  return {
    uncovered: uncovered.slice(0, NAMED).map((index) => images[index]!),
    uncoveredCount: uncovered.length,
    stray: stray.slice(0, NAMED),
    strayCount: stray.length,
  };
}

/** Places of the zeros, those of the largest distance first. */
function zerosOf(flags: Float64Array, distances: Float32Array): number[] {
  const places: number[] = [];
  flags.forEach((flag, place) => {
    if (flag === 0) places.push(place);
  });
  return places.sort((a, b) => distances[b]! - distances[a]! || a - b);
}
