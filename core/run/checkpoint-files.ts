/** What a checkpoint's folder holds, where the checkpoints of a run lie, and the quick look at one: manifest and sizes. */
import fs from 'node:fs/promises';
import path from 'node:path';
import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { errorCode, readProblem } from '../files.ts';
import { parseJsonFile } from '../json-file.ts';
import { LogMarkSchema } from './log-marks.ts';
import { countOf } from '../words.ts';

export const TENSOR_FILES = ['model', 'ema', 'optimizer'] as const;
export const STATE_FILE = 'state.json';
export const MANIFEST_FILE = 'manifest.json';

export const FileSchema = v.strictObject({
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
  /** How long the run's logs were by then; left out by the versions that did not note it. */
  logs: v.optional(v.record(v.string(), LogMarkSchema)),
});

export type CheckpointManifest = v.InferOutput<typeof CheckpointManifestSchema>;

export function checkpointsFolder(runDir: string): string {
  return path.join(runDir, 'checkpoints');
}

export function stepName(step: number): string {
  return `step-${String(step).padStart(8, '0')}`;
}

const FOLDER_NAME = /^step-(\d{8,})(\.replaced)?$/;

/** Where a checkpoint is while a newer one of the same step takes its place; a name that readers know. */
export function replacedName(target: string): string {
  return `${target}.replaced`;
}

/** A checkpoint's folder. */
export interface CheckpointFolder {
  step: number;
  folder: string;
}

/**
 * The checkpoints in a folder of them, oldest first. One that is being replaced counts for as long as it is there.
 *
 * @throws UserError when the folder cannot be read
 */
export async function checkpointsIn(parent: string): Promise<CheckpointFolder[]> {
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

/**
 * Reads the manifest of a checkpoint and checks that every file is there with its size.
 *
 * @throws UserError saying what is wrong
 */
export async function readCheckpointManifest({
  folder,
  step,
}: CheckpointFolder): Promise<CheckpointManifest> {
  const file = path.join(folder, MANIFEST_FILE);
  try {
    await fs.stat(file);
  } catch (error) {
    const isMissing = errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR';
    throw isMissing ? damaged(folder, `its ${MANIFEST_FILE} is missing`) : readProblem(error, file);
  }
  const manifest = await parseJsonFile(CheckpointManifestSchema, file);
  if (manifest.step !== step) throw damaged(folder, `its ${MANIFEST_FILE} speaks of step ${manifest.step}`);
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

export function damaged(file: string, what: string): UserError {
  return new UserError(`The checkpoint at ${file} is damaged: ${what}.`, {
    code: 'unreadable',
    file,
    brief: `${path.basename(file)}: ${what}`,
  });
}

const TRANSIENT = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN', 'EINTR', 'EBUSY']);

/** Whether reading a checkpoint failed for what it is, and not for what the machine is short of just now. */
export function isDamage(error: unknown): error is UserError {
  return error instanceof UserError && !TRANSIENT.has(errorCode(error.cause) ?? '');
}
