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
  errorCode,
  exists,
  isTemporaryName,
  makeFolder,
  readProblem,
  replaceFolder,
  sha256OfFile,
  syncFolder,
  temporaryBeside,
  writeNewFile,
  writeProblem,
} from '../files.ts';
import { parseJsonFile } from '../json-file.ts';
import {
  type FloatTensors,
  readFloatTensors,
  type WritableTensors,
  writeSafetensors,
} from './safetensors.ts';
import { countOf } from '../words.ts';

const TENSOR_FILES = ['model', 'ema', 'optimizer'] as const;
const STATE_FILE = 'state.json';

const FileSchema = v.strictObject({
  bytes: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
});

/** `manifest.json` of a checkpoint. */
const CheckpointManifestSchema = v.strictObject({
  format: v.literal('covae-checkpoint'),
  version: v.literal(1),
  step: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
  files: v.strictObject({
    'model.safetensors': FileSchema,
    'ema.safetensors': FileSchema,
    'optimizer.safetensors': FileSchema,
    [STATE_FILE]: FileSchema,
  }),
});

type CheckpointManifest = v.InferOutput<typeof CheckpointManifestSchema>;

/** What `state.json` may hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface CheckpointContents {
  model: WritableTensors;
  ema: WritableTensors;
  optimizer: WritableTensors;
  /** All else that is needed to go on. */
  state: Json;
}

export interface Checkpoint {
  step: number;
  folder: string;
  model: FloatTensors;
  ema: FloatTensors;
  optimizer: FloatTensors;
  /** As it was written; the reader checks it. */
  state: unknown;
  /** Newer checkpoints that are damaged, and why. */
  passedOver: { folder: string; reason: string }[];
}

export interface CheckpointEntry {
  step: number;
  folder: string;
  /** Why it cannot be used, judged by manifest and sizes; null when nothing is wrong at that depth. */
  problem: string | null;
}

function checkpointsFolder(runDir: string): string {
  return path.join(runDir, 'checkpoints');
}

function stepName(step: number): string {
  return `step-${String(step).padStart(8, '0')}`;
}

/**
 * Writes a checkpoint and removes older ones.
 *
 * @param keep how many checkpoints to keep, this one included
 * @param passing steps of checkpoints that are kept only until a newer one is there
 * @returns its folder
 * @throws UserError in one sentence when the disk is full or may not be written; earlier checkpoints stay as they are
 */
export async function writeCheckpoint(
  runDir: string,
  step: number,
  contents: CheckpointContents,
  { keep = 3, passing = new Set() }: { keep?: number; passing?: ReadonlySet<number> } = {},
): Promise<string> {
  const parent = checkpointsFolder(runDir);
  const target = path.join(parent, stepName(step));
  const temporary = temporaryBeside(target);
  try {
    await makeFolder(parent);
    await removeLeftOvers(parent);
    await fs.mkdir(temporary);
    const files: Record<string, v.InferOutput<typeof FileSchema>> = {};
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
    };
    await writeNewFile(path.join(temporary, 'manifest.json'), JSON.stringify(manifest, null, 2) + '\n');
    await syncFolder(temporary);
    await replaceFolder(temporary, target, asideOf(target));
  } catch (error) {
    await fs.rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw writeProblem(error, `checkpoint of step ${step}`, target);
  }
  // The checkpoint is safe by now; one old folder too many is no reason to stop a training.
  await removeOlder(runDir, step, keep, passing).catch(() => undefined);
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
  const passedOver: Checkpoint['passedOver'] = [];
  for (const { folder, step } of (await checkpointFolders(runDir)).reverse()) {
    try {
      return { step, folder, ...(await readVerified(folder, step)), passedOver };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      passedOver.push({ folder, reason: error.message });
    }
  }
  const newest = passedOver[0];
  if (newest === undefined) return null;
  throw new UserError(`No checkpoint of this run can be used: ${newest.reason}`, {
    code: 'unreadable',
    file: newest.folder,
  });
}

async function readVerified(
  folder: string,
  step: number,
): Promise<Pick<Checkpoint, 'model' | 'ema' | 'optimizer' | 'state'>> {
  const manifest = await readCheckpointManifest(folder, step);
  for (const [name, { sha256 }] of Object.entries(manifest.files)) {
    const file = path.join(folder, name);
    if ((await sha256OfFile(file)) !== sha256) throw damaged(file, 'its content is not what was written');
  }
  return {
    model: await readFloatTensors(path.join(folder, 'model.safetensors')),
    ema: await readFloatTensors(path.join(folder, 'ema.safetensors')),
    optimizer: await readFloatTensors(path.join(folder, 'optimizer.safetensors')),
    state: await parseJsonFile(v.unknown(), path.join(folder, STATE_FILE)),
  };
}

/** The checkpoints of a run, oldest first, judged by manifest and sizes only. */
export async function listCheckpoints(runDir: string): Promise<CheckpointEntry[]> {
  return Promise.all(
    (await checkpointFolders(runDir)).map(async ({ folder, step }) => {
      try {
        await readCheckpointManifest(folder, step);
        return { step, folder, problem: null };
      } catch (error) {
        return { step, folder, problem: sentenceOf(error) };
      }
    }),
  );
}

/** Step of the newest checkpoint before `step`, judged by manifest and sizes; 0 when there is none. */
export async function earlierCheckpoint(runDir: string, step: number): Promise<number> {
  const entries = await listCheckpoints(runDir);
  return entries.findLast((entry) => entry.problem === null && entry.step < step)?.step ?? 0;
}

/**
 * Goes back to the checkpoint of an earlier step by removing those after it. At step 0 that leaves none, but for
 * weights that were imported, and a training begins again.
 *
 * @throws UserError when there is none of that step, naming those that there are
 */
export async function goBackTo(runDir: string, step: number): Promise<void> {
  const entries = await listCheckpoints(runDir);
  const usable = entries.filter(({ problem }) => problem === null).map((entry) => entry.step);
  if (step > 0 && !usable.includes(step)) {
    const others =
      usable.length === 0 ? 'there is no other' : `there are those of steps ${usable.join(', ')}`;
    throw new UserError(
      `There is no usable checkpoint of step ${step} in ${checkpointsFolder(runDir)}; ${others}, or 0 for the start.`,
      { code: 'not-found', file: checkpointsFolder(runDir) },
    );
  }
  // The newest first, and each at once: those that are left are in order at any time.
  for (const { folder } of entries.filter((entry) => entry.step > step).reverse()) {
    const aside = temporaryBeside(folder);
    try {
      await fs.rename(folder, aside);
      await fs.rm(aside, { recursive: true, force: true });
    } catch (error) {
      throw new UserError(`${folder} could not be removed (${sentenceOf(error)}); remove it yourself.`, {
        code: 'unwritable',
        file: folder,
        cause: error,
      });
    }
  }
}

/** Reads the manifest and checks that every file is there with its size. */
async function readCheckpointManifest(folder: string, step: number): Promise<CheckpointManifest> {
  const file = path.join(folder, 'manifest.json');
  if (!(await exists(file))) throw damaged(folder, 'its manifest.json is missing');
  const manifest = await parseJsonFile(CheckpointManifestSchema, file);
  if (manifest.step !== step) throw damaged(folder, `its manifest.json speaks of step ${manifest.step}`);
  for (const [name, { bytes }] of Object.entries(manifest.files)) {
    const part = path.join(folder, name);
    let size: number;
    try {
      ({ size } = await fs.stat(part));
    } catch (error) {
      throw errorCode(error) === 'ENOENT' ? damaged(part, 'the file is missing') : readProblem(error, part);
    }
    if (size !== bytes) throw damaged(part, `it has ${countOf(size, 'byte')} instead of ${bytes}`);
  }
  return manifest;
}

function damaged(file: string, what: string): UserError {
  return new UserError(`The checkpoint at ${file} is damaged: ${what}.`, { code: 'unreadable', file });
}

const FOLDER_NAME = /^step-(\d{8,})(\.replaced)?$/;

/** Where a checkpoint is while a newer one of the same step takes its place; a name that readers know. */
function asideOf(target: string): string {
  return `${target}.replaced`;
}

/** Oldest first. A folder set aside counts for as long as it is there. */
async function checkpointFolders(runDir: string): Promise<{ folder: string; step: number }[]> {
  const parent = checkpointsFolder(runDir);
  let names: string[];
  try {
    names = await fs.readdir(parent);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw readProblem(error, parent);
  }
  return names
    .flatMap((name) => {
      const match = FOLDER_NAME.exec(name);
      return match === null ? [] : [{ folder: path.join(parent, name), step: Number(match[1]), name }];
    })
    .sort((a, b) => a.step - b.step || b.name.length - a.name.length)
    .map(({ folder, step }) => ({ folder, step }));
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
  keep: number,
  passing: ReadonlySet<number>,
): Promise<void> {
  const upToNow = (await checkpointFolders(runDir)).filter((entry) => entry.step <= step);
  const lasting = upToNow.filter((entry) => entry.step === step || !passing.has(entry.step));
  const kept = lasting.slice(-keep);
  for (const { folder } of upToNow.filter((entry) => !kept.includes(entry))) {
    await fs.rm(folder, { recursive: true, force: true });
  }
}
