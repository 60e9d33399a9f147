/**
 * Where a run keeps what going back to an earlier step has moved aside, its trash: `.trash/` with `back.json`, the later
 * checkpoints, the later lines of its logs, and the later grids of samples.
 */
import { randomBytes } from 'node:crypto';
import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { exists } from '../files.ts';
import { parseJsonFile } from '../json-file.ts';
import { checkpointsFolder, checkpointsIn } from './checkpoint-files.ts';

export const SetAsideSchema = v.strictObject({
  format: v.literal('covae-run-trash'),
  version: v.literal(1),
  /** Step that the run went back to. */
  step: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
  /** Names of the checkpoints that were to be moved. */
  checkpoints: v.array(v.string()),
  /** Names of the grids of samples that were to be moved. */
  samples: v.array(v.string()),
});

export type SetAsideRecord = v.InferOutput<typeof SetAsideSchema>;

export function trashFolder(runDir: string): string {
  return path.join(runDir, '.trash');
}

export function setAsideFile(runDir: string): string {
  return path.join(trashFolder(runDir), 'back.json');
}

/** What was set aside. */
export interface SetAside {
  /** Step that the run went back to. */
  step: number;
  /** Steps of the checkpoints that can be brought back, oldest first. */
  checkpoints: number[];
}

/**
 * What can be brought back; null when there is nothing, or the run has saved again since.
 *
 * @throws UserError when the trash is damaged
 */
export async function readSetAside(runDir: string): Promise<(SetAside & { record: SetAsideRecord }) | null> {
  const file = setAsideFile(runDir);
  if (!(await exists(file))) return null;
  const record = await parseJsonFile(SetAsideSchema, file);
  const moved = await checkpointsIn(path.join(trashFolder(runDir), 'checkpoints'));
  const names = new Set(moved.map(({ folder }) => path.basename(folder)));
  const present = await checkpointsIn(checkpointsFolder(runDir));
  const savedSince = present.some(({ step, folder }) => {
    const name = path.basename(folder);
    // One that was still to be moved when the program ended is no news.
    return step > record.step && (names.has(name) || !record.checkpoints.includes(name));
  });
  if (savedSince || moved.length === 0) return null;
  return { step: record.step, checkpoints: moved.map(({ step }) => step), record };
}

/** Removes for good what was set aside. */
export async function discardSetAside(runDir: string): Promise<void> {
  const folder = trashFolder(runDir);
  // At once, so that no half of it can be brought back.
  if (await exists(folder)) await fs.rename(folder, `${folder}-${randomBytes(4).toString('hex')}.tmp`);
  // Those that were not removed to the end before, too.
  for (const name of await fs.readdir(runDir)) {
    if (name.startsWith('.trash-') && name.endsWith('.tmp')) {
      await fs.rm(path.join(runDir, name), { recursive: true, force: true });
    }
  }
}
