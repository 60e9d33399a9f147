/** Many images in one grid, and grids and single images to files. */
import fs from 'node:fs/promises';
import path from 'node:path';
import type { ImageBatch } from '../data/dataset.ts';
import { makeFolder, writeFileAtomic } from '../files.ts';
import { checkOutputFolder, type OutputOptions, writeOutputFile, writeOutputFolder } from '../output.ts';
import { checkFolderName } from './target.ts';
import { encodePng, type Raster, type PngText } from './png.ts';

export interface GridOptions {
  /** Default: as square as it gets. */
  columns?: number;
  /** Each pixel becomes scale × scale pixels. Default: 1. */
  scale?: number;
  /** Pixels between the images and around them, not scaled. Default: {@link GRID_MARGIN}. */
  margin?: number;
  /** Grey level of the margin and of cells without an image. Default: 255. */
  background?: number;
}

/** Pixels between the images of a grid and around them, where nothing else is asked for. */
export const GRID_MARGIN = 2;

/** Lays images out row by row. */
export function layoutGrid(images: ImageBatch, options: GridOptions = {}): Raster {
  const { count, height, width, channels, data } = images;
  const {
    columns = Math.ceil(Math.sqrt(count)),
    scale = 1,
    margin = GRID_MARGIN,
    background = 255,
  } = options;
  if (count < 1) throw new Error('a grid needs at least one image');
  const rows = Math.ceil(count / columns);
  const stepX = width * scale + margin;
  const stepY = height * scale + margin;
  const raster: Raster = {
    width: columns * stepX + margin,
    height: rows * stepY + margin,
    channels,
    data: new Uint8Array((columns * stepX + margin) * (rows * stepY + margin) * channels).fill(background),
  };
  for (let image = 0; image < count; image++) {
    const left = margin + (image % columns) * stepX;
    const top = margin + Math.floor(image / columns) * stepY;
    for (let y = 0; y < height * scale; y++) {
      const from = (image * height + Math.floor(y / scale)) * width;
      const to = (top + y) * raster.width + left;
      for (let x = 0; x < width * scale; x++) {
        const source = (from + Math.floor(x / scale)) * channels;
        for (let c = 0; c < channels; c++) raster.data[(to + x) * channels + c] = data[source + c] ?? 0;
      }
    }
  }
  return raster;
}

/**
 * Takes a grid apart again that was laid out without a scale: square images of `side` pixels, with the margin that grids
 * have by default. Cells without an image count as images.
 */
export function cutGrid(
  { width, height, data }: Omit<Raster, 'channels'>,
  side: number,
  channels: 1 | 3,
): ImageBatch {
  const pitch = side + GRID_MARGIN;
  const rows = Math.floor((height - GRID_MARGIN) / pitch);
  const columns = Math.floor((width - GRID_MARGIN) / pitch);
  const count = rows * columns;
  const line = side * channels;
  const cut = new Uint8Array(count * side * line);
  for (let image = 0; image < count; image++) {
    const left = GRID_MARGIN + (image % columns) * pitch;
    const top = GRID_MARGIN + Math.floor(image / columns) * pitch;
    for (let y = 0; y < side; y++) {
      const from = ((top + y) * width + left) * channels;
      cut.set(data.subarray(from, from + line), (image * side + y) * line);
    }
  }
  return { count, height: side, width: side, channels, data: cut };
}

export type GridPngOptions = GridOptions & { provenance?: PngText };

/**
 * Writes a grid as one PNG in a place of ours. The file appears whole or not at all; one of that name is replaced.
 *
 * @throws UserError in one sentence when the disk refuses
 */
export async function writeGridPng(
  file: string,
  images: ImageBatch,
  { provenance, ...options }: GridPngOptions = {},
): Promise<void> {
  await writeFileAtomic(file, await encodePng(layoutGrid(images, options), provenance), 'image');
}

/** {@link writeGridPng} where a person wants it: nothing is replaced unasked, see `writeOutput`. */
export async function exportGridPng(
  file: string,
  images: ImageBatch,
  { provenance, force, ...options }: GridPngOptions & OutputOptions = {},
): Promise<void> {
  const png = await encodePng(layoutGrid(images, options), provenance);
  await writeOutputFile(file, png, 'image', { force });
}

/**
 * Writes each image as a PNG of its own, `sample-0001.png` and so on, into a folder that does not exist yet or is
 * empty. The folder appears with all of them or not at all.
 *
 * @param provenance text of the image with this index
 * @param signal cancels between two images; nothing is left then
 * @returns the files, in order
 * @throws UserError in one sentence when the folder has something in it or the disk refuses; the signal's reason when
 *   aborted
 */
export async function writeSinglePngs(
  folder: string,
  images: ImageBatch,
  {
    prefix = 'sample',
    provenance,
    signal,
  }: { prefix?: string; provenance?: (index: number) => PngText; signal?: AbortSignal | undefined } = {},
): Promise<string[]> {
  const target = path.resolve(folder);
  checkOutputFolder(target);
  await checkFolderName(target, 'a folder');
  const { count, height, width, channels, data } = images;
  const perImage = height * width * channels;
  const digits = Math.max(4, String(count).length);
  const names: string[] = [];
  await writeOutputFolder(target, 'images', async (temporary) => {
    await makeFolder(temporary);
    for (let index = 0; index < count; index++) {
      signal?.throwIfAborted();
      const pixels = data.subarray(index * perImage, (index + 1) * perImage);
      const name = `${prefix}-${String(index + 1).padStart(digits, '0')}.png`;
      const png = await encodePng({ height, width, channels, data: pixels }, provenance?.(index));
      await fs.writeFile(path.join(temporary, name), png, { flag: 'wx' });
      names.push(name);
    }
  });
  return names.map((name) => path.join(target, name));
}

/**
 * Rows of each batch in turn, `columns` images each, so that in a grid of so many columns the first image of all
 * batches stand one above the other, and so on. All have the same count; what is missing of the last rows is left
 * to `background` pixels.
 */
export function stackRows(batches: readonly ImageBatch[], columns: number, background = 255): ImageBatch {
  const [first] = batches;
  if (first === undefined) throw new Error('no images to stack');
  const { count, height, width, channels } = first;
  if (batches.some((batch) => batch.count !== count || batch.data.length !== first.data.length)) {
    throw new Error('images of different shapes');
  }
  const row = columns * height * width * channels;
  const rows = Math.ceil(count / columns);
  const data = new Uint8Array(rows * batches.length * row).fill(background);
  batches.forEach((batch, place) => {
    for (let r = 0; r < rows; r++) {
      data.set(batch.data.subarray(r * row, (r + 1) * row), (r * batches.length + place) * row);
    }
  });
  return { count: rows * batches.length * columns, height, width, channels, data };
}
