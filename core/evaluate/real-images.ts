/** Real images of a data set that samples are compared with, as a training sees them. */
import type { PackedDataset } from '../data/packed.ts';
import type { Plane } from '../data/import/resample.ts';
import type { ImageBatch } from '../data/dataset.ts';
import { UserError } from '../errors.ts';
import { binarise } from '../explore/pixels.ts';
import { permutation, streamSeed } from '../tensor/random.ts';
import type { AgainstKind } from './record.ts';

export interface RealImages {
  kind: AgainstKind;
  name: string;
  fingerprint: string;
  /** Numbers in the data set, in an order drawn by lot: the first n are n drawn at random. */
  indices: Uint32Array;
  /** What is made of the pixels before they are looked at, for people. */
  preparation: 'as they are' | 'black and white';
  /** Images by their numbers. */
  read(indices: ArrayLike<number>): ImageBatch;
}

/**
 * The images of a data set, or a part of them.
 *
 * @param kind `train`: those that are not held out; `holdout`: those that are; `dataset`: all
 * @param options.seed of the order; the same for all evaluations, so that features that are kept serve again
 * @throws UserError when none is held out, and those are asked for
 */
export async function realImages(
  dataset: PackedDataset,
  kind: AgainstKind,
  { blackAndWhite = false, seed = 0 }: { blackAndWhite?: boolean; seed?: number } = {},
): Promise<RealImages> {
  const { name, fingerprint, height, width, channels } = dataset.record;
  const split = kind === 'dataset' ? null : await dataset.split();
  if (kind === 'holdout' && !split?.includes(1)) {
    throw new UserError(
      `The data set "${name}" has no images held out of training; compare with --against train, or import it with --hold-out 0.1 and train anew.`,
      {
        window: `The data set "${name}" has no images held out of training; compare with the training images, or import it with some held out and train anew.`,
      },
    );
  }
  const flag = kind === 'holdout' ? 1 : 0;
  const order = Uint32Array.from(permutation(streamSeed(seed, 'images to compare with', 0), dataset.count));
  return {
    ...{ kind, name, fingerprint },
    indices: split === null ? order : order.filter((index) => split[index] === flag),
    preparation: blackAndWhite ? 'black and white' : 'as they are',
    read(indices) {
      const data = dataset.readAt(indices);
      if (blackAndWhite) binarise(data);
      return { count: indices.length, height, width, channels, data };
    },
  };
}

/** The images of a batch one by one; they share its memory. */
export function planesOf({ count, height, width, channels, data }: ImageBatch): Plane[] {
  const size = height * width * channels;
  return Array.from({ length: count }, (_, i) => ({
    ...{ height, width, channels },
    data: data.subarray(i * size, (i + 1) * size),
  }));
}
