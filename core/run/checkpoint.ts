/**
 * Checkpoints: `checkpoints/step-00005000/` with model, ema and optimizer `.safetensors`, `state.json` and a
 * `manifest.json` that holds size and hash of each. Written into a temporary folder beside the target, flushed,
 * renamed: a checkpoint is there whole or not at all.
 */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { sentenceOf, UserError } from '../errors.ts';
import {
  isTemporaryName,
  makeFolder,
  replaceFolder,
  sha256OfFile,
  syncFolder,
  temporaryBeside,
  writeNewFile,
  writeProblem,
} from '../files.ts';
import { parseJsonFile } from '../json-file.ts';
import {
  type CheckpointFolder,
  type CheckpointManifest,
  checkpointsFolder,
  checkpointsIn,
  damaged,
  isDamage,
  MANIFEST_FILE,
  readCheckpointManifest,
  replacedName,
  STATE_FILE,
  stepName,
  TENSOR_FILES,
} from './checkpoint-files.ts';
import type { LogMarks } from './log-marks.ts';
import {
  type FloatTensors,
  readFloatTensors,
  type WritableTensors,
  writeSafetensors,
} from './safetensors.ts';
import { discardSetAside } from './set-aside-files.ts';

/** What `state.json` may hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface CheckpointContents {
  model: WritableTensors;
  ema: WritableTensors;
  optimizer: WritableTensors;
  /** All else that is needed to go on. */
  state: Json;
}

/** A checkpoint that is damaged, and what is wrong with it, in a few words. */
export interface DamagedCheckpoint extends CheckpointFolder {
  reason: string;
}

export interface Checkpoint extends CheckpointFolder {
  model: FloatTensors;
  ema: FloatTensors;
  optimizer: FloatTensors;
  /** As it was written; the reader checks it. */
  state: unknown;
  /** What the run's logs were when it was written; none for one of an earlier version. */
  logs: LogMarks;
  /** Newer checkpoints that are damaged, the newest first; {@link damageSentence} tells of them. */
  passedOver: DamagedCheckpoint[];
}

/** How many of its checkpoints a run keeps, beside the best one and one that was written because of the time. */
export const KEPT_CHECKPOINTS = 3;

export interface WriteOptions {
  keep?: number;
  best?: number | null;
  passing?: ReadonlySet<number>;
  logs?: LogMarks;
}

export interface CheckpointEntry extends DamagedCheckpoint {
  /** Why it cannot be used, in a sentence, judged by manifest and sizes; null when nothing is wrong at that depth. */
  problem: string | null;
}

/**
 * Writes a checkpoint, removes older ones, and what going back had set aside.
 *
 * @param keep how many checkpoints to keep, this one included; damaged ones do not count
 * @param best step of the checkpoint that is kept beside those
 * @param passing steps of checkpoints that are kept only until a newer one is there
 * @param logs what the run's logs are by now
 * @returns its folder
 * @throws UserError in one sentence when the disk is full or may not be written; earlier checkpoints stay as they are
 */
export async function writeCheckpoint(
  runDir: string,
  step: number,
  contents: CheckpointContents,
  { keep = KEPT_CHECKPOINTS, best = null, passing = new Set(), logs }: WriteOptions = {},
): Promise<string> {
  const parent = checkpointsFolder(runDir);
  const target = path.join(parent, stepName(step));
  const temporary = temporaryBeside(target);
  try {
    await makeFolder(parent);
    await removeLeftOvers(parent);
    await fs.mkdir(temporary);
    const files: Record<string, CheckpointManifest['files'][typeof STATE_FILE]> = {};
    for (const name of TENSOR_FILES) {
      const file = `${name}.safetensors`;
      files[file] = await writeSafetensors(path.join(temporary, file), contents[name]);
    }
    const stateFile = path.join(temporary, STATE_FILE);
    await writeNewFile(stateFile, JSON.stringify(contents.state));
    files[STATE_FILE] = { bytes: (await fs.stat(stateFile)).size, sha256: await sha256OfFile(stateFile) };
    await syncFolder(temporary);
    const manifest = {
      format: 'covae-checkpoint',
      version: 1,
      step,
      createdAt: new Date().toISOString(),
      files,
      ...(logs !== undefined && { logs }),
    };
    await writeNewFile(path.join(temporary, MANIFEST_FILE), JSON.stringify(manifest, null, 2) + '\n');
    await syncFolder(temporary);
    await replaceFolder(temporary, target, replacedName(target));
  } catch (error) {
    await fs.rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw writeProblem(error, `checkpoint of step ${step}`, target);
  }
  // The checkpoint is safe by now; one old folder too many is no reason to stop a training.
  await discardSetAside(runDir).catch(() => undefined);
  await removeOlder(runDir, step, { keep, best, passing }).catch(() => undefined);
  return target;
}

/**
 * Reads the newest checkpoint whose manifest, sizes and hashes verify. Damaged newer ones are named in
 * `passedOver`.
 *
 * @returns null when the run has no checkpoint
 * @throws UserError when there are checkpoints but every one is damaged
 */
export async function readNewestCheckpoint(runDir: string): Promise<Checkpoint | null> {
  return (await useNewestCheckpoint(runDir, () => null))?.checkpoint ?? null;
}

/**
 * As {@link readNewestCheckpoint}, for a reader that may find a checkpoint unusable too: one that it throws a UserError
 * over is passed over as damaged.
 */
export async function useNewestCheckpoint<T>(
  runDir: string,
  use: (checkpoint: Checkpoint) => T,
): Promise<{ checkpoint: Checkpoint; used: T } | null> {
  return newestThat(runDir, async (entry, passedOver) => {
    const checkpoint = { ...entry, ...(await readVerified(entry)), passedOver };
    return { checkpoint, used: use(checkpoint) };
  });
}

/**
 * The newest checkpoint that verifies, without reading it into memory.
 *
 * @returns null when the run has no checkpoint
 * @throws UserError when there are checkpoints but every one is damaged
 */
export async function findNewestCheckpoint(
  runDir: string,
): Promise<(CheckpointFolder & Pick<Checkpoint, 'passedOver'> & { manifest: CheckpointManifest }) | null> {
  return newestThat(runDir, async (entry, passedOver) => ({
    ...entry,
    manifest: await verifyCheckpoint(entry),
    passedOver,
  }));
}

async function newestThat<T>(
  runDir: string,
  open: (entry: CheckpointFolder, passedOver: DamagedCheckpoint[]) => Promise<T>,
): Promise<T | null> {
  const passedOver: DamagedCheckpoint[] = [];
  let first: UserError | null = null;
  for (const entry of (await checkpointsIn(checkpointsFolder(runDir))).reverse()) {
    try {
      return await open(entry, passedOver);
    } catch (error) {
      if (!isDamage(error)) throw error;
      first ??= error;
      passedOver.push({ ...entry, reason: reasonOf(error) });
    }
  }
  const newest = passedOver[0];
  if (newest === undefined) return null;
  throw new UserError(`No checkpoint of this run can be used: ${first?.message}`, {
    code: 'unreadable',
    file: newest.folder,
  });
}

/**
 * Reads the checkpoint of a step, verified.
 *
 * @param options.orStart whether 0 means the start of the training where there is no checkpoint of it
 * @returns null when it does
 * @throws UserError when there is none of that step or it is damaged, naming those that there are
 */
export async function readCheckpointOf(
  runDir: string,
  step: number,
  { orStart = true }: { orStart?: boolean } = {},
): Promise<Checkpoint | null> {
  const entries = await listCheckpoints(runDir);
  const own = entries.filter((entry) => entry.step === step).reverse();
  let reason: string | null = null;
  for (const entry of own) {
    try {
      return { folder: entry.folder, step, ...(await readVerified(entry)), passedOver: [] };
    } catch (error) {
      if (!isDamage(error)) throw error;
      reason ??= reasonOf(error);
    }
  }
  if (orStart && reason === null && step === 0) return null;
  const others = entries.filter((entry) => entry.problem === null && entry.step !== step);
  const named =
    others.length === 0
      ? 'there is no other'
      : `there are those of steps ${others.map((entry) => entry.step).join(', ')}`;
  throw new UserError(
    `There is no usable checkpoint of step ${step} in ${checkpointsFolder(runDir)}${reason === null ? '' : ` (${reason})`}; ` +
      `${named}${orStart ? ', or 0 for the start' : ''}.`,
    { code: 'not-found', file: checkpointsFolder(runDir) },
  );
}

/** Holds every file of a checkpoint to its hash. @throws UserError saying what is wrong */
export async function verifyCheckpoint(entry: CheckpointFolder): Promise<CheckpointManifest> {
  const manifest = await readCheckpointManifest(entry);
  for (const [name, { sha256 }] of Object.entries(manifest.files)) {
    const file = path.join(entry.folder, name);
    if ((await sha256OfFile(file)) !== sha256) throw damaged(file, 'its content is not what was written');
  }
  return manifest;
}

async function readVerified(
  entry: CheckpointFolder,
): Promise<Pick<Checkpoint, 'model' | 'ema' | 'optimizer' | 'state' | 'logs'>> {
  const { logs = {} } = await verifyCheckpoint(entry);
  const { folder } = entry;
  return {
    model: await readFloatTensors(path.join(folder, 'model.safetensors')),
    ema: await readFloatTensors(path.join(folder, 'ema.safetensors')),
    optimizer: await readFloatTensors(path.join(folder, 'optimizer.safetensors')),
    state: await parseJsonFile(v.unknown(), path.join(folder, STATE_FILE)),
    logs,
  };
}

/** What is wrong with a checkpoint, without a full stop. */
export function reasonOf(error: unknown): string {
  return (error instanceof UserError ? error.brief : sentenceOf(error)).replace(/\.$/, '');
}

/**
 * What to tell when an older checkpoint is used than the newest; null when none was passed over.
 *
 * @param passedOver the newest first
 * @param step of the one that is used
 */
export function damageSentence(passedOver: readonly DamagedCheckpoint[], step: number): string | null {
  const [newest, ...others] = passedOver;
  if (newest === undefined) return null;
  const instead = `; that of step ${step} is used instead.`;
  if (others.length === 0) {
    return `The checkpoint of step ${newest.step} is damaged (${newest.reason})${instead}`;
  }
  const steps = `${others
    .map((entry) => entry.step)
    .reverse()
    .join(', ')} and ${newest.step}`;
  return `The checkpoints of steps ${steps} are damaged (the newest: ${newest.reason})${instead}`;
}

/** The checkpoints of a run, oldest first, judged by manifest and sizes only. */
export async function listCheckpoints(runDir: string): Promise<CheckpointEntry[]> {
  return Promise.all(
    (await checkpointsIn(checkpointsFolder(runDir))).map(async (entry) => {
      try {
        await readCheckpointManifest(entry);
        return { ...entry, problem: null, reason: '' };
      } catch (error) {
        return { ...entry, problem: sentenceOf(error), reason: reasonOf(error) };
      }
    }),
  );
}

/** Step of the newest checkpoint before `step`, judged by manifest and sizes; 0 when there is none. */
export async function earlierCheckpoint(runDir: string, step: number): Promise<number> {
  const entries = await listCheckpoints(runDir);
  return entries.findLast((entry) => entry.problem === null && entry.step < step)?.step ?? 0;
}

async function removeLeftOvers(parent: string): Promise<void> {
  for (const name of await fs.readdir(parent)) {
    if (isTemporaryName(name)) await fs.rm(path.join(parent, name), { recursive: true, force: true });
  }
}

/** Checkpoints of later steps are left alone: they belong to a training that had gone further. */
async function removeOlder(
  runDir: string,
  step: number,
  { keep, best, passing }: { keep: number; best: number | null; passing: ReadonlySet<number> },
): Promise<void> {
  const upToNow = (await listCheckpoints(runDir)).filter((entry) => entry.step <= step);
  const lasting = upToNow.filter(
    (entry) => entry.problem === null && (entry.step === step || !passing.has(entry.step)),
  );
  const kept = lasting.slice(-keep);
  const [oldest] = kept;
  if (oldest === undefined) return;
  const isOver = (entry: CheckpointEntry, index: number): boolean =>
    entry.step !== best &&
    !kept.includes(entry) &&
    (entry.problem === null || index < upToNow.indexOf(oldest));
  for (const { folder } of upToNow.filter(isOver)) {
    // Cut short, a removal file by file would leave a checkpoint that looks damaged.
    const removed = temporaryBeside(folder);
    await fs.rename(folder, removed);
    await fs.rm(removed, { recursive: true, force: true });
  }
}
