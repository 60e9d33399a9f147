/** The packed data set on disk: reading `pixels.u8` and `labels.u8` (layout: dataset.ts). */
import path from 'node:path';
import { UserError } from '../errors.ts';
import { readProblem } from '../files.ts';
import { datasetFolder } from '../library.ts';
import { readBytes } from '../read-file.ts';
import { altered, fingerprintOf, fingerprintOfFile, readBlocks } from './blocks.ts';
import { readDatasetRecord } from './catalogue.ts';
import type { DatasetRecord, ImageBatch } from './dataset.ts';
import { labelsFile, NAMES_FILE, SPLIT_FILE } from './layout.ts';
import { type Origins, readOrigins } from './origins.ts';
import { PixelFile } from './pixel-file.ts';

/** Above this the pixels are read from disk image by image instead of being held in memory. */
const MEMORY_LIMIT_BYTES = 2 ** 31;

/**
 * An open data set. Pixels are uint8, image by image, row by row, channels last. What is read is held to the hashes that
 * were taken when it was imported, pixels in blocks as they are needed: a UserError names both fingerprints.
 */
export interface PackedDataset {
  readonly record: DatasetRecord;
  readonly count: number;
  /** Whether the pixels are few enough to be held in memory, by `all`. */
  readonly fitsInMemory: boolean;
  /** Images `start` … `start + count − 1`; fewer at the end of the data set, none beyond it. */
  readImages(start: number, count: number): Promise<ImageBatch>;
  /**
   * The images of these indices, in their order; an index may occur twice.
   *
   * @throws RangeError for an index outside the data set
   */
  readAt(indices: ArrayLike<number>): Uint8Array;
  /**
   * All pixels, in memory from then on, which makes `readAt` quick.
   *
   * @throws UserError for data sets of 2 GB and more
   */
  all(): Promise<Uint8Array>;
  /**
   * Holds all pixels to their hashes, bit by bit, beside whatever else is done, until it is closed. What is found is
   * thrown by the next `readAt`.
   */
  verifyInBackground(): void;
  /**
   * Index into `record.classes` of each image, the number of classes where an image has none; null when the data set
   * has no classes.
   */
  labels(): Promise<Uint8Array | Uint16Array | null>;
  /** Where the images came from; null for data sets of the first version, which did not keep it. */
  origins(): Promise<Origins | null>;
  /** 1 for each image that is held out of training; null when none is. */
  split(): Promise<Uint8Array | null>;
  close(): void;
}

/**
 * Opens a data set of the library and checks its files' sizes against its record.
 *
 * @param options.verify also hash the pixels and compare with the fingerprint (reads the whole file)
 * @throws UserError in one sentence when there is no such data set or it is damaged
 */
export async function openDataset(
  home: string,
  name: string,
  { verify = false }: { verify?: boolean } = {},
): Promise<PackedDataset> {
  const record = await readDatasetRecord(home, name);
  const folder = datasetFolder(home, name);
  const pixels = new PixelFile(folder, record, await readBlocks(folder, record));
  if (verify) {
    const found = await fingerprintOfFile(pixels.file);
    if (found !== record.fingerprint) {
      pixels.close();
      throw altered(pixels.file, name, found, record.fingerprint);
    }
  }
  const { height, width, channels, count } = record;
  const perImage = height * width * channels;
  const fitsInMemory = count * perImage < MEMORY_LIMIT_BYTES;
  let failure: Error | null = null;

  async function readWhole(file: string, expected: string | undefined): Promise<Uint8Array> {
    const target = path.join(folder, file);
    let bytes: Uint8Array;
    try {
      bytes = new Uint8Array(await readBytes(target));
    } catch (error) {
      throw readProblem(error, target);
    }
    const found = fingerprintOf(bytes);
    if (expected !== undefined && found !== expected) throw altered(target, name, found, expected);
    return bytes;
  }

  return {
    record,
    count,
    fitsInMemory,
    async readImages(start, wanted) {
      const n = Math.max(0, Math.min(wanted, count - start));
      const data = new Uint8Array(n * perImage);
      pixels.read(data, start * perImage);
      return { count: n, height, width, channels, data };
    },
    readAt(indices) {
      if (failure !== null) throw failure;
      const data = new Uint8Array(indices.length * perImage);
      for (let row = 0; row < indices.length; row++) {
        const index = indices[row] ?? -1;
        if (!Number.isInteger(index) || index < 0 || index >= count) {
          throw new RangeError(`data set "${name}" has images 0 to ${count - 1}, not ${index}`);
        }
        pixels.read(data.subarray(row * perImage, (row + 1) * perImage), index * perImage);
      }
      return data;
    },
    async all() {
      if (!fitsInMemory) {
        throw new UserError(`Data set "${name}" has 2 GB of pixels or more, too much to hold in memory.`, {
          code: 'out-of-memory',
        });
      }
      return pixels.all();
    },
    verifyInBackground() {
      pixels.verifyRest().catch((error: unknown) => {
        failure = error instanceof Error ? error : new Error(String(error));
      });
    },
    async labels() {
      if (record.classes === undefined) return null;
      const labels = labelsFile(record.classes.length, record.unlabelled);
      const bytes = await readWhole(labels.name, record.hashes?.labels);
      if (labels.bytes === 1) return bytes;
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      return Uint16Array.from({ length: count }, (_, image) => view.getUint16(2 * image, true));
    },
    origins: () => readOrigins(path.join(folder, NAMES_FILE), count),
    async split() {
      return record.heldOut === 0 ? null : readWhole(SPLIT_FILE, record.hashes?.split);
    },
    close() {
      pixels.close();
    },
  };
}
