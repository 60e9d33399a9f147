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
import { UserError } from '../../core/errors.ts';
import { errorCode, readProblem } from '../../core/files.ts';
import { readBytes } from '../../core/read-file.ts';
import { runFolder } from '../../core/library.ts';
import { readRunManifest } from '../../core/run/run-folder.ts';
import type { SampleOptions } from '../../core/explore/api.ts';
import type { CallResult } from '../ipc/contract.ts';

type SavedSamples = CallResult<'samples.keep'>;

const TRAINING_GRID = /^step-(\d{8,})\.png$/;
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
 * The newest grid of a run, cut into its images; count 0 when there is none.
 *
 * @throws UserError when it cannot be read, or is damaged
 */
export async function latestGrid(home: string, runId: string): Promise<ImageBatch & { step: number }> {
  const { network } = (await readRunManifest(runFolder(home, runId))).config;
  const { imageSize: side, channels } = network;
  const folder = samplesFolder(home, runId);
  const newest = (await namesIn(folder))
    .filter((name) => TRAINING_GRID.test(name))
    .sort()
    .at(-1);
  if (newest === undefined) {
    return { count: 0, height: side, width: side, channels, data: new Uint8Array(0), step: 0 };
  }
  const file = path.join(folder, newest);
  try {
    const { data, info } = await sharp(await readBytes(file), {
      limitInputPixels: 64 * (side + 2 * GRID_MARGIN) ** 2,
    })
      .toColourspace(channels === 1 ? 'b-w' : 'srgb')
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    const images = cutGrid({ width: info.width, height: info.height, data }, side, channels);
    return { ...images, step: Number(TRAINING_GRID.exec(newest)?.[1] ?? 0) };
  } catch (error) {
    if (errorCode(error) !== null) throw readProblem(error, file);
    throw new UserError(
      `${file} is damaged and cannot be shown; the training draws the next one, or remove it.`,
      { code: 'unreadable', file, cause: error },
    );
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
