/** Which checkpoints of a run are kept, and what the others free. */
import fs from 'node:fs/promises';
import { UserError } from '../errors.ts';
import { temporaryBeside, writeProblem } from '../files.ts';
import { bytesIn } from '../folder-size.ts';
import { lockRun } from '../library-locks.ts';
import { runFolder } from '../library.ts';
import { whileLocked } from '../lock.ts';
import { findNewestCheckpoint, listCheckpoints } from './checkpoint.ts';
import { findBest } from './evaluations.ts';
import { readRunManifest } from './run-folder.ts';

/** What is kept; a checkpoint that one of these keeps stays. The newest that verifies always does. */
export interface PruneRule {
  /** So many of the newest. */
  last?: number | undefined;
  /** Every so manieth: those whose step is a multiple of so many intervals between checkpoints. */
  every?: number | undefined;
  /** The best by the evaluations of the training. */
  best?: boolean | undefined;
}

export interface PlannedPrune {
  keep: { step: number; bytes: number }[];
  remove: { step: number; bytes: number }[];
  /** Bytes of the whole run's folder now. */
  before: number;
  /** Bytes of it when those are gone. */
  after: number;
}

/**
 * What pruning would keep and remove, oldest first; nothing is changed.
 *
 * @throws UserError when nothing is said to be kept, or no checkpoint of the run can be used
 */
export async function planPrune(home: string, id: string, rule: PruneRule): Promise<PlannedPrune> {
  return (await plan(home, id, rule)).told;
}

/**
 * Removes checkpoints, the oldest first.
 *
 * @returns what was kept and removed
 * @throws UserError as {@link planPrune}, and when a folder cannot be removed; (`busy`) while the run is trained or changed
 */
export async function pruneRun(home: string, id: string, rule: PruneRule): Promise<PlannedPrune> {
  return whileLocked(lockRun(home, id, 'is being pruned'), async () => {
    const { told, folders } = await plan(home, id, rule);
    for (const folder of folders) {
      try {
        // Cut short, a removal file by file would leave a checkpoint that looks damaged.
        const going = temporaryBeside(folder);
        await fs.rename(folder, going);
        await fs.rm(going, { recursive: true, force: true });
      } catch (error) {
        throw writeProblem(error, 'pruned run', folder);
      }
    }
    return told;
  });
}

async function plan(
  home: string,
  id: string,
  { last = 0, every = 0, best = false }: PruneRule,
): Promise<{ told: PlannedPrune; folders: string[] }> {
  const folder = runFolder(home, id);
  const { config } = await readRunManifest(folder);
  if (last < 1 && every < 1 && !best) {
    throw new UserError('Say which checkpoints are to be kept: the last n, every k-th, or the best.', {
      code: 'usage',
    });
  }
  const newest = await findNewestCheckpoint(folder);
  const usable = (await listCheckpoints(folder)).filter(({ problem }) => problem === null);
  const bestStep = best ? (await findBest(folder))?.step : undefined;
  const unit = every * config.training.checkpointEvery;
  const lasting = new Set(usable.slice(Math.max(0, usable.length - last)).map(({ step }) => step));
  if (last < 1) lasting.clear();
  const entries = await Promise.all(
    usable.map(async (entry) => ({ ...entry, bytes: await bytesIn(entry.folder) })),
  );
  const isKept = (step: number): boolean =>
    // Where the newest is damaged, what is newer than the one in use is left alone.
    step >= (newest?.step ?? 0) ||
    lasting.has(step) ||
    step === bestStep ||
    (every > 0 && step % unit === 0 && step > 0);
  const keep = entries.filter(({ step }) => isKept(step));
  const remove = entries.filter(({ step }) => !isKept(step));
  const plain = ({ step, bytes }: { step: number; bytes: number }) => ({ step, bytes });
  const before = await bytesIn(folder);
  const freed = remove.reduce((sum, { bytes }) => sum + bytes, 0);
  return {
    told: { keep: keep.map(plain), remove: remove.map(plain), before, after: before - freed },
    folders: remove.map((entry) => entry.folder),
  };
}
