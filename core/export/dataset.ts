/** A data set for other programs: a folder of PNG files, or NumPy's npz. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { fillNewFile, makeFolder } from '../files.ts';
import {
  checkOutput,
  checkOutputFolder,
  type OutputOptions,
  writeOutput,
  writeOutputFolder,
} from '../output.ts';
import { openDataset, type PackedDataset } from '../data/packed.ts';
import { UNLABELLED_FOLDER } from '../data/readers/class-folders.ts';
import { EXPORT_NOTE, type ExportNote } from '../data/readers/exported-folder.ts';
import { npyHeader, npyTexts } from './npy.ts';
import { withoutHidden } from '../printable.ts';
import { encodePng } from './png.ts';
import { checkFolderName } from './target.ts';
import { writeZip, type ZipEntry } from './zip.ts';

export interface DatasetExportOptions extends OutputOptions {
  signal?: AbortSignal;
  onProgress?: (progress: { done: number; total: number }) => void;
}

export interface DatasetExport {
  /** Absolute path of the file or folder. */
  path: string;
  images: number;
}

/** Folders of the images to train with, and of those held out. */
const PARTS = { train: 'train', heldOut: 'held-out' };
const READ_AT_ONCE = 256;
/** PNG files made at once. */
const AT_ONCE = 4;

/**
 * Writes a data set to `to`: an npz file when it ends in `.npz`, else a folder of PNG files. It appears whole or not at
 * all.
 *
 * The npz holds `images`, uint8 [N, H, W, C]; with classes `labels`, uint8 or uint16 [N], and `class_names`, or where some
 * images have no class int32 with −1 for them; with images held out of training `held_out`, bool [N].
 *
 * The folder holds `000000.png` and so on, by index; in a folder for each class, and in `unlabelled` those without one;
 * in `train` and `held-out`, if images are held out. `covae-images.json` beside them says what folder names cannot: how
 * the classes are called and in which order they come. Either form imports back as what it was made from.
 *
 * @param options.force replace an npz file of that name; a folder with something in it never is
 * @throws UserError in one sentence: no such data set, the target is there already, disk full; the signal's reason
 */
export async function exportDataset(
  home: string,
  name: string,
  to: string,
  options: DatasetExportOptions = {},
): Promise<DatasetExport> {
  const target = path.resolve(to);
  if (isNpz(target)) {
    checkOutput(target, options);
  } else {
    checkOutputFolder(target);
    await checkFolderName(target, 'a folder, or a file that ends in .npz');
  }
  const dataset = await openDataset(home, name);
  try {
    const write = isNpz(target) ? writeNpz : writePngFolder;
    await write(dataset, target, options);
    return { path: target, images: dataset.count };
  } finally {
    dataset.close();
  }
}

function isNpz(target: string): boolean {
  return target.toLowerCase().endsWith('.npz');
}

async function writeNpz(
  dataset: PackedDataset,
  target: string,
  options: DatasetExportOptions,
): Promise<void> {
  await writeOutput(target, 'exported data set', options, (temporary) =>
    fillNewFile(temporary, async (file) => writeZip(file, await npzEntries(dataset, options))),
  );
}

async function npzEntries(dataset: PackedDataset, options: DatasetExportOptions): Promise<ZipEntry[]> {
  const { count, record } = dataset;
  const { height, width, channels, classes } = record;
  const entry = (name: string, ...parts: Uint8Array[]): ZipEntry => ({
    name: `${name}.npy`,
    size: parts.reduce((sum, { length }) => sum + length, 0),
    pieces: () => parts,
  });
  const header = npyHeader('|u1', [count, height, width, channels]);
  async function* images(): AsyncGenerator<Uint8Array> {
    yield header;
    for await (const { data } of chunks(dataset, options)) yield data;
  }
  const entries: ZipEntry[] = [
    { name: 'images.npy', size: header.length + count * height * width * channels, pieces: images },
  ];
  const labels = await dataset.labels();
  if (labels !== null && classes !== undefined) {
    const wide = labels instanceof Uint16Array;
    if (record.unlabelled !== undefined) {
      entries.push(entry('labels', npyHeader('<i4', [count]), withMinusOne(labels, classes.length)));
    } else {
      const bytes = wide ? littleEndian(labels) : labels;
      entries.push(entry('labels', npyHeader(wide ? '<u2' : '|u1', [count]), bytes));
    }
    entries.push(entry('class_names', npyTexts(classes)));
  }
  const split = await dataset.split();
  if (split !== null) entries.push(entry('held_out', npyHeader('|b1', [count]), split));
  return entries;
}

function littleEndian(values: Uint16Array): Uint8Array {
  const bytes = Buffer.alloc(2 * values.length);
  values.forEach((value, i) => bytes.writeUInt16LE(value, 2 * i));
  return bytes;
}

/** Labels as int32, −1 for those that are no class. */
function withMinusOne(labels: Uint8Array | Uint16Array, classes: number): Uint8Array {
  const bytes = Buffer.alloc(4 * labels.length);
  labels.forEach((label, i) => bytes.writeInt32LE(label < classes ? label : -1, 4 * i));
  return bytes;
}

async function writePngFolder(
  dataset: PackedDataset,
  target: string,
  options: DatasetExportOptions,
): Promise<void> {
  await writeOutputFolder(target, 'exported data set', async (temporary) => {
    await makeFolder(temporary);
    await fillPngFolder(dataset, temporary, options);
  });
}

async function fillPngFolder(
  dataset: PackedDataset,
  folder: string,
  options: DatasetExportOptions,
): Promise<void> {
  const { count, record } = dataset;
  const { height, width, channels } = record;
  const labels = await dataset.labels();
  const split = await dataset.split();
  const classFolders = folderNames(record.classes ?? [], [UNLABELLED_FOLDER]);
  const digits = Math.max(6, String(count - 1).length);
  const perImage = height * width * channels;
  const folderOf = (image: number): string => {
    const part = split === null ? [] : [split[image] === 1 ? PARTS.heldOut : PARTS.train];
    return path.join(
      folder,
      ...part,
      ...(labels === null ? [] : [classFolders[labels[image]!] ?? UNLABELLED_FOLDER]),
    );
  };
  const note: ExportNote = {
    format: 'covae-images',
    version: 1,
    classes: record.classes?.map((className, i) => ({ name: className, folder: classFolders[i]! })) ?? null,
    parts: split === null ? null : PARTS,
  };
  await fs.writeFile(path.join(folder, EXPORT_NOTE), JSON.stringify(note, null, 1) + '\n');
  const made = new Set<string>();
  for await (const { start, data } of chunks(dataset, options)) {
    const images = Array.from({ length: data.length / perImage }, (_, i) => start + i);
    for (const below of new Set(images.map(folderOf))) {
      if (!made.has(below)) await fs.mkdir(below, { recursive: true });
      made.add(below);
    }
    await inParallel(images, async (image) => {
      const pixels = data.subarray((image - start) * perImage, (image - start + 1) * perImage);
      const png = await encodePng({ height, width, channels, data: pixels });
      await fs.writeFile(path.join(folderOf(image), `${String(image).padStart(digits, '0')}.png`), png);
    });
  }
}

/** All pixels, some images at a time. */
async function* chunks(
  dataset: PackedDataset,
  { signal, onProgress }: DatasetExportOptions,
): AsyncGenerator<{ start: number; data: Uint8Array }> {
  const total = dataset.count;
  for (let start = 0; start < total; start += READ_AT_ONCE) {
    signal?.throwIfAborted();
    const { data, count } = await dataset.readImages(start, READ_AT_ONCE);
    yield { start, data };
    onProgress?.({ done: start + count, total });
  }
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) await work(items[next++]!);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

/** Class names as folder names: without what some file system forbids or nobody sees, each different from the others and those taken. */
export function folderNames(classes: readonly string[], before: readonly string[] = []): string[] {
  const taken = new Set<string>(before);
  return classes.map((name, index) => {
    const clean = withoutHidden(name, '-')
      .replace(/[\\/:*?"<>|]/g, '-')
      .replace(/^\.+|[. ]+$/g, '')
      .slice(0, 80);
    const base = clean === '' ? `class ${index}` : clean;
    let folder = base;
    for (let number = 2; taken.has(folder.toLowerCase()); number++) folder = `${base}-${number}`;
    taken.add(folder.toLowerCase());
    return folder;
  });
}
