/** Samples that lie in run folders: draws that were kept, and the grids a training leaves behind. */
import fs from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import * as v from 'valibot';
import type { ImageBatch } from '../../core/data/dataset.ts';
import { DrawDetailsSchema, drawWords } from '../../core/explore/draw-details.ts';
import { cutGrid, GRID_MARGIN } from '../../core/export/grid.ts';
import { readText } from '../../core/export/png.ts';
import { listRuns } from '../../core/run/catalogue.ts';
import { gridFile, type GridFile } from '../../core/run/grid-files.ts';
import { UserError } from '../../core/errors.ts';
import { errorCode, readProblem } from '../../core/files.ts';
import { readBytes } from '../../core/read-file.ts';
import { runFolder } from '../../core/library.ts';
import { readRunManifest } from '../../core/run/run-folder.ts';
import type { SampleOptions } from '../../core/explore/api.ts';
import type { CallResult } from '../ipc/contract.ts';

type SavedSamples = CallResult<'samples.keep'>;

const KEPT = /^draw-.*\.png$/;

export function samplesFolder(home: string, runId: string): string {
  return path.join(runFolder(home, runId), 'samples');
}

/** Name of a kept draw; the same draw of the same weights has the same name. */
export function keptName(step: number, draw: SampleOptions): string {
  const { seed, count, passes } = draw;
  const from = `draw-step-${String(step).padStart(8, '0')}-seed-${seed}`;
  return `${from}-count-${count}-passes-${passes}${drawWords(draw)}.png`;
}

async function namesIn(folder: string): Promise<string[]> {
  return fs.readdir(folder).catch(() => []);
}

/**
 * A picture that a training drew, cut into its images, row by row.
 *
 * @returns also the times of the rows after the first, of reconstructions
 * @throws UserError when it cannot be read, or is damaged
 */
export async function readGrid(
  home: string,
  runId: string,
  grid: GridFile,
): Promise<ImageBatch & { columns: number; times: number[] }> {
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
    return { ...images, columns, times: timesOf(bytes) };
  } catch (error) {
    if (errorCode(error) !== null) throw readProblem(error, file);
    throw new UserError(
      `${file} is damaged and cannot be shown; the pictures of other steps can, and this one may be removed.`,
      { code: 'unreadable', file, cause: error },
    );
  }
}

/** The times that a picture of reconstructions says it has; none for other pictures. */
function timesOf(bytes: Buffer): number[] {
  try {
    const told = v.safeParse(v.object({ times: v.string() }), JSON.parse(readText(bytes)['covae'] ?? 'null'));
    return told.success ? told.output.times.split(', ').map(Number).filter(Number.isFinite) : [];
  } catch {
    return [];
  }
}

/**
 * All kept draws of all runs, newest first. A file that says nothing of itself is left out.
 *
 * @throws the signal's reason when aborted
 */
export async function savedSamples(home: string, signal?: AbortSignal): Promise<SavedSamples[]> {
  const found: SavedSamples[] = [];
  for (const { id } of await listRuns(home)) {
    const folder = samplesFolder(home, id);
    for (const file of (await namesIn(folder)).filter((name) => KEPT.test(name))) {
      signal?.throwIfAborted();
      const draw = await readDraw(path.join(folder, file));
      if (draw !== null) found.push({ runId: id, file, ...draw });
    }
  }
  return found.sort((a, b) => b.createdAt.localeCompare(a.createdAt));
}

/** How a kept draw says it was drawn; null when it says nothing. */
export async function readDraw(file: string): Promise<Omit<SavedSamples, 'runId' | 'file'> | null> {
  try {
    const [content, { mtime }] = await Promise.all([readBytes(file), fs.stat(file)]);
    const draw = v.safeParse(DrawDetailsSchema, JSON.parse(readText(content)['covae'] ?? 'null'));
    return draw.success ? { ...draw.output, createdAt: mtime.toISOString() } : null;
  } catch {
    return null;
  }
}
