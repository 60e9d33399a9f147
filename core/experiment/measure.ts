/** What is measured of one run. */
import { setImmediate as turn } from 'node:timers/promises';
import type { PackedDataset } from '../data/packed.ts';
import type { ImageBatch } from '../data/dataset.ts';
import { imageErrors } from '../explore/image-error.ts';
import { PART, sampleInParts } from '../explore/parts.ts';
import { binarise } from '../explore/pixels.ts';
import { imagePoints, meanDistance } from '../metrics/distances.ts';
import { permutation, streamSeed } from '../tensor/random.ts';
import { thin } from '../thin.ts';
import type { Generator } from '../explore/api.ts';

/** Images of the data set that were drawn at random. */
export interface ChosenImages {
  /** Their numbers in the data set. */
  indices: number[];
  images: ImageBatch;
  /** Number of images held out of training that they were drawn from; null when none is, and all were drawn from. */
  heldOut: number | null;
  /** Name of each image's class, null for none; null when the data set has none. */
  classes: (string | null)[] | null;
}

/** A mean over images with their standard deviation. */
export interface Spread {
  mean: number;
  std: number;
}

/** A quantity at one time. */
export interface AtTime extends Spread {
  t: number;
}

/**
 * Draws images without repetition, from those held out of training where there are any, else from all; the same for the
 * same data set, count and seed.
 *
 * @returns fewer than `count` when there are no more
 */
export async function chooseImages(
  dataset: PackedDataset,
  count: number,
  seed: number,
): Promise<ChosenImages> {
  const { height, width, channels, classes } = dataset.record;
  const order = permutation(streamSeed(seed, 'experiment images', 0), dataset.count);
  const split = await dataset.split();
  const unseen = split === null ? null : order.filter((index) => split[index] === 1);
  const from = unseen?.length ? unseen : order;
  const indices = Array.from(from.subarray(0, count));
  const labels = await dataset.labels();
  return {
    indices,
    images: { count: indices.length, height, width, channels, data: dataset.readAt(indices) },
    heldOut: from === unseen ? from.length : null,
    classes: labels && classes ? indices.map((index) => classes[labels[index] ?? -1] ?? null) : null,
  };
}

/** The first `count` of chosen images, as a model saw them in training. */
export function firstImages({ images }: ChosenImages, count: number, model: Generator): ImageBatch {
  const part = sliceImages(images, 0, Math.min(count, images.count));
  if (!model.manifest.config.training.binarise) return part;
  const data = part.data.slice();
  binarise(data);
  return { ...part, data };
}

export function sliceImages(images: ImageBatch, start: number, count: number): ImageBatch {
  const size = images.height * images.width * images.channels;
  return { ...images, count, data: images.data.subarray(start * size, (start + count) * size) };
}

/** At most `count` of the model's time steps above 0, evenly spaced, with the smallest and the largest among them. */
export function someTimes({ timeSteps }: Generator, count: number): number[] {
  return thin(
    Array.from(timeSteps).filter((t) => t > 0),
    count,
  );
}

/**
 * Mean squared error of reconstructions (encoded to the posterior's mean and decoded at the same t) at several times,
 * over pixels and channels, with black 0 and white 1.
 *
 * @throws the signal's reason when it is aborted
 */
export async function reconstructionError(
  model: Generator,
  images: ImageBatch,
  times: readonly number[],
  signal: AbortSignal,
): Promise<AtTime[]> {
  const result: AtTime[] = [];
  for (const t of times) {
    const errors: number[] = [];
    for await (const part of parts(images, signal)) {
      errors.push(...imageErrors(part, model.reconstruct(part, { at: { t } })).map(({ mse }) => mse));
    }
    result.push({ t, ...spreadOf(errors) });
  }
  return result;
}

/**
 * Mean Euclidean distance between two samples over that between two images.
 *
 * @param passes network passes that the samples are drawn in
 * @throws the signal's reason when it is aborted
 */
export async function spreadRatio(
  model: Generator,
  images: ImageBatch,
  { passes, seed }: { passes: number; seed: number },
  signal: AbortSignal,
): Promise<number> {
  const samples = await sampleInParts(
    () => model,
    { count: images.count, seed, passes },
    () => {
      signal.throwIfAborted();
    },
  );
  return meanDistance(imagePoints(samples.images)) / meanDistance(imagePoints(images));
}

/** Images {@link PART} at a time, with a turn for the event loop before each. */
export async function* parts(images: ImageBatch, signal: AbortSignal): AsyncIterable<ImageBatch> {
  for (let start = 0; start < images.count; start += PART) {
    await turn();
    signal.throwIfAborted();
    yield sliceImages(images, start, Math.min(PART, images.count - start));
  }
}

/** Mean and standard deviation (n − 1; 0 for a single value). */
export function spreadOf(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, std: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : 0 };
}
