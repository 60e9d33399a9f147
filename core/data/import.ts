/** Importing images into the library as a packed data set. */
import fs from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import { UserError } from '../errors.ts';
import { exists, isTemporaryName, readProblem } from '../files.ts';
import { datasetFolder, datasetsFolder } from '../library.ts';
import type { DatasetRecord, ImportProgress } from './dataset.ts';
import { decodeImageFile, listFiles, resamplePixels, UnusableImage } from './image-file.ts';
import { createPackedWriter } from './packed-writer.ts';
import { readSampleDigits, SAMPLE_SIDE } from './sample.ts';

export type ImportSource = { kind: 'folder'; path: string } | { kind: 'sample' };

export interface ImportOptions {
  /** Library folder; created when missing. */
  home: string;
  source: ImportSource;
  /** Name of the new data set. */
  name: string;
  /** Side of the images, 8 to 256 pixels; null: 28 for the sample (its own), 32 for a folder. */
  size: number | null;
  channels: 1 | 3;
  /** Aborting leaves nothing behind. */
  signal?: AbortSignal;
  /** At most twenty times a second, and at the end. */
  onProgress?: (progress: ImportProgress) => void;
}

const DEFAULT_SIZE = 32;
/** Images decoded at once; each may need some hundred MB when it is large. */
const DECODED_AT_ONCE = 4;
const PROGRESS_INTERVAL_MS = 50;
const LEFT_OVER_AGE_MS = 24 * 60 * 60 * 1000;

interface Item {
  /** What the list of skipped files calls it. */
  file: string;
  className: string | null;
  pixels(): Promise<Uint8Array>;
}

/**
 * Imports a folder of PNG and JPEG images (with its sub-folders, in the order of their paths), or the sample.
 * How an image is brought to size is told at {@link decodeImageFile}. Files that cannot be used are skipped
 * and listed with the reason. When every image lies directly in a sub-folder of the folder, the sub-folders'
 * names become classes.
 *
 * The data set appears whole or not at all.
 *
 * @returns the record written to `dataset.json`
 * @throws UserError in one sentence: name taken, path missing, no usable image, disk full or read-only
 * @throws the signal's reason when it was aborted
 */
export async function importDataset(options: ImportOptions): Promise<DatasetRecord> {
  const { home, source, name, channels, signal } = options;
  const size = options.size ?? (source.kind === 'sample' ? SAMPLE_SIDE : DEFAULT_SIZE);
  if (!Number.isInteger(size) || size < 8 || size > 256) {
    throw new UserError(`Images can be imported at 8 to 256 pixels a side, not ${size}.`);
  }
  const target = datasetFolder(home, name);
  if (await exists(target)) {
    throw new UserError(
      `There is already a data set "${name}" in ${home}; choose another name, "${await freeName(home, name)}" for instance.`,
    );
  }
  signal?.throwIfAborted();
  // Each file is read once, so keeping decoded ones would only cost memory.
  sharp.cache(false);

  if (source.kind === 'folder') await checkFolder(source.path);
  const progress = new ProgressMeter(options.onProgress);
  const items =
    source.kind === 'sample'
      ? await sampleItems(size, channels)
      : await folderItems(source.path, size, channels, signal);
  progress.total = items.length;

  await removeLeftOvers(datasetsFolder(home));
  const writer = await createPackedWriter(target, { name, height: size, width: size, channels });
  try {
    const skipped: DatasetRecord['skipped'] = [];
    for await (const [item, result] of inOrder(items, DECODED_AT_ONCE)) {
      signal?.throwIfAborted();
      if (result instanceof Uint8Array) await writer.append(result, item.className);
      else skipped.push({ file: item.file, reason: result.message });
      progress.step(skipped.length);
    }
    if (writer.count === 0) throw noUsableImage(source, skipped);
    signal?.throwIfAborted();
    const record = await writer.finish(
      source.kind === 'sample'
        ? { kind: 'sample', path: 'mnist' }
        : { kind: 'folder', path: path.resolve(source.path) },
      skipped,
    );
    progress.report();
    return record;
  } catch (error) {
    await writer.discard();
    throw error;
  }
}

async function sampleItems(size: number, channels: 1 | 3): Promise<Item[]> {
  const shape = { height: SAMPLE_SIDE, width: SAMPLE_SIDE, channels: 1 } as const;
  return (await readSampleDigits()).map(({ pixels, className }, index) => ({
    file: `digit ${index}`,
    className,
    pixels: () => resamplePixels(pixels, shape, { size, channels }),
  }));
}

async function checkFolder(folder: string): Promise<void> {
  const root = path.resolve(folder);
  try {
    if ((await fs.stat(root)).isDirectory()) return;
  } catch (error) {
    throw readProblem(error, root);
  }
  throw new UserError(`${root} is a file; give a folder with PNG or JPEG images.`);
}

async function folderItems(
  folder: string,
  size: number,
  channels: 1 | 3,
  signal: AbortSignal | undefined,
): Promise<Item[]> {
  const root = path.resolve(folder);
  const files = await listFiles(root, signal);
  if (files.length === 0) {
    throw new UserError(`${root} is empty; choose a folder with PNG or JPEG images.`);
  }
  return files.map((file) => {
    const parts = file.split('/');
    return {
      file,
      className: parts.length === 2 ? (parts[0] ?? null) : null,
      pixels: () => decodeImageFile(path.join(root, file), { size, channels }),
    };
  });
}

function noUsableImage(source: ImportSource, skipped: DatasetRecord['skipped']): UserError {
  const where = source.kind === 'folder' ? path.resolve(source.path) : 'the sample';
  const first = skipped[0];
  const files = skipped.length === 1 ? 'the only file' : `the first of ${skipped.length} files`;
  return new UserError(
    `${where} has no image that can be used: ${files}, ${first?.file ?? ''}, is left out: ${first?.reason ?? ''}.`,
  );
}

/** Decodes ahead, at most `limit` at once, and gives the results in the items' order. */
async function* inOrder(
  items: readonly Item[],
  limit: number,
): AsyncGenerator<[Item, Uint8Array | UnusableImage]> {
  const decode = async (item: Item): Promise<Uint8Array | UnusableImage | { failure: unknown }> => {
    try {
      return await item.pixels();
    } catch (error) {
      // Not thrown here: nobody awaits this promise yet, and an unhandled rejection would end the process.
      return error instanceof UnusableImage ? error : { failure: error };
    }
  };
  const ahead: ReturnType<typeof decode>[] = [];
  let next = 0;
  try {
    for (const item of items) {
      while (ahead.length < limit && next < items.length) {
        const upcoming = items[next++];
        if (upcoming !== undefined) ahead.push(decode(upcoming));
      }
      const result = await ahead.shift();
      if (result === undefined) return;
      if ('failure' in result) throw result.failure;
      yield [item, result];
    }
  } finally {
    await Promise.all(ahead);
  }
}

/** A name like `name` that is free: `digits` → `digits-2`. */
export async function freeName(home: string, name: string): Promise<string> {
  for (let number = 2; ; number++) {
    const candidate = `${name.slice(0, 58)}-${number}`;
    if (!(await exists(datasetFolder(home, candidate)))) return candidate;
  }
}

/** Removes what an import left that was killed; a day is longer than any import that still runs. */
async function removeLeftOvers(folder: string): Promise<void> {
  const names = await fs.readdir(folder).catch(() => []);
  for (const name of names.filter(isTemporaryName)) {
    const left = path.join(folder, name);
    const stat = await fs.stat(left).catch(() => null);
    if (stat !== null && Date.now() - stat.mtimeMs > LEFT_OVER_AGE_MS) {
      await fs.rm(left, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

class ProgressMeter {
  total: number | null = null;
  #done = 0;
  #skipped = 0;
  #started = performance.now();
  #reported = -Infinity;
  readonly #send: ((progress: ImportProgress) => void) | undefined;

  constructor(send: ((progress: ImportProgress) => void) | undefined) {
    this.#send = send;
    this.report();
    this.#started = performance.now();
  }

  step(skipped: number): void {
    this.#done++;
    this.#skipped = skipped;
    if (performance.now() - this.#reported >= PROGRESS_INTERVAL_MS) this.report();
  }

  report(): void {
    const now = performance.now();
    this.#reported = now;
    const seconds = (now - this.#started) / 1000;
    const imagesPerSecond = seconds > 0 ? this.#done / seconds : 0;
    const left =
      this.total === null || imagesPerSecond === 0 ? null : (this.total - this.#done) / imagesPerSecond;
    this.#send?.({
      done: this.#done,
      total: this.total,
      skipped: this.#skipped,
      imagesPerSecond,
      secondsLeft: left,
    });
  }
}
