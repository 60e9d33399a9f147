/** How near samples come to training images, in few numbers, for a training that is under way. */
import { authenticity } from '../metrics/authenticity.ts';
import { centred } from '../metrics/gram.ts';
import type { Features } from '../metrics/moments.ts';
import { distancesToAsMany, nearest } from '../metrics/nearest.ts';
import type { Copies, Nearness } from '../run/evaluation-line.ts';

/** Fewest images on either side that something is said of. */
export const FEWEST_IMAGES = 8;
/** Share of the distance between neighbours within which an image is as good as the same. */
const CLOSE = 0.5;

/** Features of the real images that samples are compared with. */
export interface RealFeatures {
  /** Of training images, and how many there are in all. */
  training: Features;
  trainingImages: number;
  /** Of images held out of training; null where there are none. */
  heldOut: Features | null;
}

/**
 * Looks for copies among samples.
 *
 * `authentic` is AuthPct (see authenticity.ts). A sample blurred into the middle of several images is not authentic by it
 * either, so two more shares tell copies apart: that of samples nearer to a training image than half of its own nearest
 * neighbour is, and that of samples nearer to a training image than to any of as many held-out ones, which is one half
 * for a model that knows no image by heart.
 *
 * @returns null for fewer than {@link FEWEST_IMAGES} training images or samples
 * @throws the signal's reason when it is aborted
 */
export async function copiesAmong(
  samples: Features,
  { training, trainingImages, heldOut }: RealFeatures,
  signal?: AbortSignal,
): Promise<Copies | null> {
  if (Math.min(training.count, samples.count) < FEWEST_IMAGES) return null;
  const other = heldOut !== null && heldOut.count >= FEWEST_IMAGES ? heldOut : null;
  const [around, own, held] = centred([training, samples, ...(other ? [other] : [])]) as [
    Features,
    Features,
    Features?,
  ];
  const stop = signal && { signal };
  const among = await nearest(around, around, { k: 1, areSame: true, ...stop });
  const nearnessOf = async (images: Features): Promise<Nearness> => {
    const { authentic, nearestImage, distance } = await authenticity(around, images, { among, ...stop });
    const close = distance.reduce(
      (sum, value, i) => sum + (value < CLOSE * among.distances[nearestImage[i]!]! ? 1 : 0),
      0,
    );
    const authenticCount = authentic.reduce((sum, value) => sum + value, 0);
    return {
      images: images.count,
      authentic: authenticCount / images.count,
      close: close / images.count,
    };
  };
  return {
    looked: training.count,
    training: trainingImages,
    samples: await nearnessOf(own),
    heldOut: held ? await nearnessOf(held) : null,
    nearer: held ? await shareNearer(own, around, held, signal) : null,
  };
}

/** Share of samples nearer to one of some training images than to any of as many held-out ones; ties count half. */
async function shareNearer(
  samples: Features,
  training: Features,
  heldOut: Features,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { first: a, second: b } = await distancesToAsMany(samples, training, heldOut, signal);
  return a.reduce((sum, value, i) => sum + (value < b[i]! ? 1 : value === b[i]! ? 0.5 : 0), 0) / a.length;
}
