/** Snapshots of the two tracked averages: written while a training goes on, read to make an average of another length. */
import fs from 'node:fs/promises';
import * as v from 'valibot';
import type { CovaeModel } from '../../covae/model.ts';
import { UserError, sentenceOf } from '../../errors.ts';
import { makeFolder, temporaryBeside, writeProblem } from '../../files.ts';
import { fromTorch, toTorch } from '../../nn/parameters.ts';
import { readSafetensors, writeSafetensors } from '../../run/safetensors.ts';
import { listSnapshots, snapshotFile, snapshotsFolder } from '../../run/snapshot-files.ts';
import type { Program } from '../../tensor/program.ts';
import { TRACKED_STATE } from '../program.ts';
import type { Profile } from './power.ts';
import { trackedProfiles } from './tracked.ts';

const FORMAT = 'covae-snapshot';

/** In the file's metadata, all of which is text. */
const MetadataSchema = v.object({
  format: v.literal(FORMAT),
  /** Steps that were averaged over: since the optimiser began. */
  t: v.pipe(v.string(), v.regex(/^[1-9]\d{0,14}$/), v.transform(Number)),
});

/** Bytes of the numbers in a snapshot. */
export function snapshotBytes(model: CovaeModel): number {
  return TRACKED_STATE.length * model.plan.layout.size * Float32Array.BYTES_PER_ELEMENT;
}

/**
 * Writes the two averages as they are now; a snapshot of that step is replaced.
 *
 * @param t steps that they are averages of
 * @returns the file
 * @throws UserError in one sentence when it cannot be written; none is left by halves
 */
export async function writeSnapshot(
  runDir: string,
  model: CovaeModel,
  program: Program,
  { step, t }: { step: number; t: number },
): Promise<string> {
  const { layout } = model.plan;
  const state = program.readState(TRACKED_STATE);
  const tensors = Object.assign(
    {},
    ...TRACKED_STATE.map((name) => toTorch(layout, state[name]!.data as Float32Array, `${name}.`)),
  ) as ReturnType<typeof toTorch>;
  const target = snapshotFile(runDir, step);
  const temporary = temporaryBeside(target);
  try {
    await makeFolder(snapshotsFolder(runDir));
    await writeSafetensors(temporary, tensors, { format: FORMAT, step: String(step), t: String(t) });
    await fs.rename(temporary, target);
    return target;
  } catch (error) {
    await fs.rm(temporary, { force: true }).catch(() => undefined);
    throw writeProblem(error, `snapshot of step ${step}`, target);
  }
}

/** Removes snapshots of later steps: they belong to a training that had gone further. */
export async function dropSnapshotsAfter(runDir: string, step: number): Promise<void> {
  for (const each of await listSnapshots(runDir)) {
    if (each > step) await fs.rm(snapshotFile(runDir, each), { force: true });
  }
}

/** One average of a snapshot. */
export interface TrackedAverage extends Profile {
  /** [parameters of the networks] */
  values: Float32Array;
}

/**
 * Reads the profile of a snapshot's averages, without the averages.
 * @throws UserError when the file is damaged or no snapshot
 */
export async function readSnapshotProfiles(runDir: string, step: number): Promise<Profile[]> {
  const file = snapshotFile(runDir, step);
  const { metadata } = await readSafetensors(file, () => false);
  return trackedProfiles(metadataOf(metadata, file).t);
}

/**
 * Reads one average of a snapshot.
 *
 * @param which 0 for the short one, 1 for the long one
 * @throws UserError when the file is damaged, no snapshot, or of other networks
 */
export async function readTrackedAverage(
  runDir: string,
  model: CovaeModel,
  step: number,
  which: number,
): Promise<TrackedAverage> {
  const file = snapshotFile(runDir, step);
  const prefix = `${TRACKED_STATE[which]}.`;
  const { tensors, metadata } = await readSafetensors(file, (name) => name.startsWith(prefix));
  const profile = trackedProfiles(metadataOf(metadata, file).t)[which]!;
  try {
    const arrays = tensors as Record<string, { shape: number[]; data: Float32Array }>;
    return { ...profile, values: fromTorch(model.plan.layout, arrays, prefix) };
  } catch (error) {
    throw new UserError(`${file} does not suit its run: ${sentenceOf(error)}.`, { code: 'unreadable', file });
  }
}

function metadataOf(metadata: Record<string, string>, file: string): { t: number } {
  const read = v.safeParse(MetadataSchema, metadata);
  if (read.success) return read.output;
  throw new UserError(`${file} is no snapshot of averages.`, { code: 'unreadable', file });
}
