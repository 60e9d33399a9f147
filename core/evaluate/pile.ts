/** A pile of images to be measured: a data set of the library, or whatever else images can be read from. */
import fs from 'node:fs';
import path from 'node:path';
import { NameSchema } from '../data/dataset.ts';
import { UnusableImage } from '../data/decode/unusable-image.ts';
import type { Plane } from '../data/import/resample.ts';
import { imagesOf } from '../data/import/batch.ts';
import { openDataset, type PackedDataset } from '../data/packed.ts';
import { openPackedSource } from '../data/import/packed-source.ts';
import { laidOnWhite } from '../data/import/prepare.ts';
import { readItem } from '../data/import/read-item.ts';
import { openSource } from '../data/readers/open.ts';
import type { ImageSource } from '../data/readers/source.ts';
import { UserError } from '../errors.ts';
import { datasetFolder } from '../library.ts';
import { permutation, streamSeed } from '../tensor/random.ts';
import * as v from 'valibot';

/** An image of a pile, or why there is none. */
export type PileImage = { file: string; image: Plane } | { file: string; reason: string };

export interface Pile {
  /** As it was named. */
  name: string;
  source: ImageSource;
  /** Fingerprint of a data set; null for anything else. */
  fingerprint: string | null;
  /** The images of a data set, whose features are kept; null for anything else. */
  dataset: PackedDataset | null;
  close(): Promise<void>;
}

/**
 * Opens the data set of that name, else the folder or file.
 *
 * @throws UserError when there is neither, or nothing that images can be read from; the signal's reason
 */
export async function openPile(home: string, name: string, signal?: AbortSignal): Promise<Pile> {
  const isName = v.is(NameSchema, name);
  if (isName && fs.existsSync(datasetFolder(home, name))) {
    const source = await openPackedSource(home, name);
    const dataset = await openDataset(home, name);
    const close = async (): Promise<void> => {
      dataset.close();
      await source.close();
    };
    return { name, source, fingerprint: dataset.record.fingerprint, dataset, close };
  }
  if (isName && !fs.existsSync(path.resolve(name))) {
    throw new UserError(
      `There is no data set "${name}" in the library, and no folder or file of that name here; covae data list tells what there is.`,
      { code: 'not-found' },
    );
  }
  const source = await openSource({ kind: null, paths: [name] }, signal);
  return { name, source, fingerprint: null, dataset: null, close: () => source.close() };
}

/**
 * The images of a pile, all or `count` of them, in the pile's order. Which ones is drawn at random by the seed where it
 * is known how many there are, else they are the first.
 *
 * @throws UserError when the source is damaged; the signal's reason when it is aborted
 */
export async function* pileImages(
  { source }: Pile,
  { count, seed, signal }: { count: number | null; seed: number; signal?: AbortSignal },
): AsyncGenerator<PileImage> {
  const chosen = chooseItems(source.total, count, seed);
  let [at, taken] = [0, 0];
  for await (const item of source.items(signal)) {
    signal?.throwIfAborted();
    if (count !== null && taken >= count) return;
    const isChosen = chosen === null || chosen[at] === 1;
    at++;
    if (!isChosen) continue;
    if ('skipped' in item) {
      yield { file: item.skipped.file, reason: item.skipped.reason };
      continue;
    }
    const input = await readItem(item);
    if ('reason' in input) {
      yield { file: item.file, reason: input.reason };
      continue;
    }
    for await (const { image } of imagesOf(input)) {
      if (image instanceof UnusableImage) {
        yield { file: item.file, reason: image.message };
      } else {
        taken++;
        yield { file: item.file, image: laidOnWhite(image) };
      }
    }
  }
}

/** 1 for the items that are taken; null for all. */
function chooseItems(total: number | null, count: number | null, seed: number): Uint8Array | null {
  if (total === null || count === null || count >= total) return null;
  const chosen = new Uint8Array(total);
  for (const index of permutation(streamSeed(seed, 'images to measure', 0), total).subarray(0, count)) {
    chosen[index] = 1;
  }
  return chosen;
}
