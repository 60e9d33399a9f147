/** Holds a whole data set to what was imported. */
import path from 'node:path';
import { sentenceOf } from '../errors.ts';
import { datasetFolder } from '../library.ts';
import { listOf } from '../words.ts';
import { BLOCK_BYTES, fingerprintOfFile, isBlock, readBlocks } from './blocks.ts';
import { readDatasetRecord } from './catalogue.ts';
import type { DatasetRecord } from './dataset.ts';
import { BLOCKS_FILE, labelsFile, PIXELS_FILE } from './layout.ts';
import { openDataset, type PackedDataset } from './packed.ts';
import { openToRead } from '../read-file.ts';

export interface VerifiedDataset {
  name: string;
  /** What is damaged, one sentence each. */
  problems: string[];
  /** What could not be verified, one sentence each: an earlier version did not note it. */
  notes: string[];
  /** Bytes of pixels that were read. */
  bytes: number;
}

export interface VerifyOptions {
  signal?: AbortSignal;
  onProgress?: (progress: { done: number; total: number }) => void;
}

/**
 * Reads the pixels, labels and split of a data set and compares them with the hashes taken when it was imported.
 *
 * @throws the signal's reason when aborted; never for what is damaged
 */
export async function verifyDataset(
  home: string,
  name: string,
  options: VerifyOptions = {},
): Promise<VerifiedDataset> {
  const result: VerifiedDataset = { name, problems: [], notes: [], bytes: 0 };
  const attempt = async (work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      options.signal?.throwIfAborted();
      result.problems.push(sentenceOf(error));
    }
  };
  await attempt(async () => {
    const record = await readDatasetRecord(home, name);
    const dataset = await openDataset(home, name);
    try {
      await attempt(() => verifyPixels(datasetFolder(home, name), record, result, options));
      await attempt(() => verifyLabels(dataset));
      await attempt(() => dataset.split());
      await attempt(() => dataset.origins());
      if (record.hashes === undefined && (record.classes !== undefined || record.heldOut > 0)) {
        const what = [...(record.classes ? ['classes'] : []), ...(record.heldOut > 0 ? ['split'] : [])];
        result.notes.push(
          `The ${listOf(what)} of "${name}" cannot be verified: the version that imported it did not note their hashes.`,
        );
      }
    } finally {
      dataset.close();
    }
  });
  return result;
}

async function verifyPixels(
  folder: string,
  record: DatasetRecord,
  result: VerifiedDataset,
  { signal, onProgress }: VerifyOptions,
): Promise<void> {
  const file = path.join(folder, PIXELS_FILE);
  const total = record.count * record.height * record.width * record.channels;
  const blocks = await readBlocks(folder, record);
  if (record.hashes !== undefined && blocks === null) {
    result.problems.push(
      `${path.join(folder, BLOCKS_FILE)} is damaged; the pixels are held to the fingerprint of the whole instead.`,
    );
  }
  const found = await fingerprintOfFile(file, {
    signal,
    onBytes: (bytes) => {
      result.bytes += bytes;
      onProgress?.({ done: result.bytes, total });
    },
  });
  if (found === record.fingerprint) return;
  const where = blocks === null ? '' : `, in ${await alteredImages(file, blocks, record)}`;
  result.problems.push(
    `${file} is not what was imported${where}: its fingerprint is ${found} instead of ${record.fingerprint}; put the old ` +
      `file back, or remove data set "${record.name}" and import it again.`,
  );
}

/** `images 0 to 1,336`, or of the first three parts that are altered. */
async function alteredImages(file: string, blocks: Buffer, record: DatasetRecord): Promise<string> {
  const perImage = record.height * record.width * record.channels;
  const ranges: string[] = [];
  const handle = await openToRead(file);
  try {
    const bytes = record.count * perImage;
    for (let start = 0, block = 0; start < bytes; start += BLOCK_BYTES, block++) {
      const buffer = new Uint8Array(Math.min(BLOCK_BYTES, bytes - start));
      await handle.read(buffer, 0, buffer.length, start);
      if (isBlock(blocks, block, buffer)) continue;
      const last = Math.floor((start + buffer.length - 1) / perImage);
      ranges.push(`images ${Math.floor(start / perImage)} to ${last}`);
    }
  } finally {
    await handle.close();
  }
  return listOf(ranges.length > 3 ? [...ranges.slice(0, 3), 'more'] : ranges);
}

async function verifyLabels(dataset: PackedDataset): Promise<void> {
  const labels = await dataset.labels();
  const { classes, unlabelled, name } = dataset.record;
  if (labels === null || classes === undefined) return;
  const most = classes.length - 1 + ((unlabelled ?? 0) > 0 ? 1 : 0);
  const wrong = labels.findIndex((label) => label > most);
  if (wrong < 0) return;
  const file = labelsFile(classes.length, unlabelled).name;
  throw new Error(
    `${file} of "${name}" gives image ${wrong} the class ${labels[wrong]}, but there are ${classes.length}.`,
  );
}
