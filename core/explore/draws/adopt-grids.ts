/** Draws that an earlier version kept as one picture each, `samples/draw-….png`: they become draws like the others. */
import fs from 'node:fs/promises';
import path from 'node:path';
import sharp from 'sharp';
import * as v from 'valibot';
import { UserError } from '../../errors.ts';
import { cutGrid, GRID_MARGIN } from '../../export/grid.ts';
import { readText } from '../../export/png.ts';
import { readBytes } from '../../read-file.ts';
import { readRunManifest } from '../../run/run-folder.ts';
import { DrawDetailsSchema } from '../draw-details.ts';
import { type DrawRecord, MAX_DRAWN } from './draw-record.ts';
import { DrawWriter } from './draw-store.ts';

const GRID = /^draw-.*\.png$/;

/**
 * Makes draws of them, and moves each picture into the folder of its draw. What says nothing of itself stays where it is.
 *
 * @returns sentences on those that cannot be read
 */
export async function adoptGrids(runDir: string): Promise<string[]> {
  const folder = path.join(runDir, 'samples');
  const names = (await fs.readdir(folder).catch(() => [])).filter((name) => GRID.test(name));
  const problems: string[] = [];
  for (const name of names) {
    const file = path.join(folder, name);
    try {
      await adopt(runDir, file);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      problems.push(error.message);
    }
  }
  return problems;
}

async function adopt(runDir: string, file: string): Promise<void> {
  const bytes = await readBytes(file);
  const told = v.safeParse(DrawDetailsSchema, jsonOf(readText(bytes)['covae']));
  if (!told.success || told.output.count > MAX_DRAWN) return;
  const { id: run, config } = await readRunManifest(runDir);
  const { imageSize: side, channels } = config.network;
  const { count, step, weights, ...options } = told.output;
  const decoded = await sharp(bytes, { limitInputPixels: 4 * (count + 1) * (side + GRID_MARGIN) ** 2 })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true })
    .catch((cause: unknown) => {
      throw new UserError(`${file} is damaged and cannot be shown.`, { code: 'unreadable', file, cause });
    });
  const { width, height } = decoded.info;
  const cut = cutGrid({ width, height, data: decoded.data }, side, channels);
  const size = side * side * channels;
  if (cut.count < count) {
    throw new UserError(`${file} has fewer pictures than it says.`, { code: 'unreadable', file });
  }
  const { mtime } = await fs.stat(file);
  const record: DrawRecord = {
    ...{ format: 'covae-draw', version: 1, run, step, createdAt: mtime.toISOString(), asked: count },
    ...{ height: side, width: side, channels },
    ...options,
    ...(weights === 'raw' && { weights }),
  };
  const writer = await DrawWriter.begin(runDir, record);
  await writer.append({
    ...{ count, height: side, width: side, channels },
    data: cut.data.subarray(0, count * size),
  });
  await writer.finish(step);
  await fs.rename(file, path.join(runDir, 'draws', writer.id, 'grid.png'));
}

function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? 'null');
  } catch {
    return null;
  }
}
