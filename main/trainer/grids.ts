/** The grids that a training leaves behind in its run's folder. */
import sharp from 'sharp';
import * as v from 'valibot';
import type { ImageBatch } from '../../core/data/dataset.ts';
import { cutGrid, GRID_MARGIN } from '../../core/export/grid.ts';
import { readText } from '../../core/export/png.ts';
import { gridFile, type GridFile } from '../../core/run/grid-files.ts';
import { UserError } from '../../core/errors.ts';
import { errorCode, readProblem } from '../../core/files.ts';
import { readBytes } from '../../core/read-file.ts';
import { runFolder } from '../../core/library.ts';
import { readRunManifest } from '../../core/run/run-folder.ts';

/**
 * A picture that a training drew, cut into its images, row by row.
 *
 * @returns of reconstructions also the times of the rows after the first, and the numbers of the images in the data set
 * @throws UserError when it cannot be read, or is damaged
 */
export async function readGrid(
  home: string,
  runId: string,
  grid: GridFile,
): Promise<ImageBatch & { columns: number; times: number[]; images: number[] }> {
  const runDir = runFolder(home, runId);
  const { network } = (await readRunManifest(runDir)).config;
  const { imageSize: side, channels } = network;
  const file = gridFile(runDir, grid);
  try {
    const bytes = await readBytes(file);
    const { data, info } = await sharp(bytes, {
      limitInputPixels: 64 * (side + 2 * GRID_MARGIN) ** 2,
    })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const images = cutGrid({ width: info.width, height: info.height, data }, side, channels);
    const columns = Math.max(1, Math.floor((info.width - GRID_MARGIN) / (side + GRID_MARGIN)));
    return { ...images, columns, ...toldIn(bytes) };
  } catch (error) {
    if (errorCode(error) !== null) throw readProblem(error, file);
    throw new UserError(
      `${file} is damaged and cannot be shown; the pictures of other steps can, and this one may be removed.`,
      { code: 'unreadable', file, cause: error },
    );
  }
}

/** What a picture of reconstructions says of its rows and columns; nothing for other pictures. */
function toldIn(bytes: Buffer): { times: number[]; images: number[] } {
  try {
    const { times, images } = v.parse(ToldSchema, JSON.parse(readText(bytes)['covae'] ?? 'null'));
    return { times: numbersIn(times), images: numbersIn(images) };
  } catch {
    return { times: [], images: [] };
  }
}

const ToldSchema = v.object({ times: v.string(), images: v.optional(v.string(), '') });

function numbersIn(list: string): number[] {
  return list === '' ? [] : list.split(', ').map(Number).filter(Number.isFinite);
}
