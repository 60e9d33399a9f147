/** Holds a whole run to what was written: every checkpoint, its logs, and what is set aside. */
import path from 'node:path';
import { sentenceOf } from '../errors.ts';
import { runFolder } from '../library.ts';
import { readAlarms, readDiagnostics } from './run-log.ts';
import { verifyCheckpoint } from './checkpoint.ts';
import {
  type CheckpointFolder,
  checkpointsFolder,
  checkpointsIn,
  type CheckpointManifest,
} from './checkpoint-files.ts';
import { readEvaluationLines } from './evaluations.ts';
import { logDamage } from './log-marks.ts';
import { readHistory } from './history.ts';
import { readMetrics, readRunManifest } from './run-folder.ts';
import { trashFolder } from './set-aside-files.ts';

export interface VerifiedRun {
  id: string;
  /** Step of each checkpoint, and what is wrong with it; null for nothing. Oldest first. */
  checkpoints: { step: number; setAside: boolean; problem: string | null }[];
  /** All that is damaged, one sentence each, with what is told of checkpoints. */
  problems: string[];
}

export interface VerifyOptions {
  signal?: AbortSignal | undefined;
  /** Told after each checkpoint. */
  onProgress?: ((p: { done: number; total: number }) => void) | undefined;
}

/** @throws the signal's reason when aborted; never for what is damaged */
export function verifyRun(home: string, id: string, options: VerifyOptions = {}): Promise<VerifiedRun> {
  return verifyRunFolder(runFolder(home, id), id, options);
}

/** As {@link verifyRun}, for a run's folder that is not in a library yet. */
export async function verifyRunFolder(
  folder: string,
  id: string,
  { signal, onProgress }: VerifyOptions = {},
): Promise<VerifiedRun> {
  const result: VerifiedRun = { id, checkpoints: [], problems: [] };
  const attempt = async <T>(work: () => Promise<T>): Promise<T | null> => {
    signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      result.problems.push(sentenceOf(error));
      return null;
    }
  };
  await attempt(() => readRunManifest(folder));
  const own = (await attempt(() => checkpointsIn(checkpointsFolder(folder)))) ?? [];
  const aside = (await attempt(() => checkpointsIn(path.join(trashFolder(folder), 'checkpoints')))) ?? [];
  const all = [
    ...own.map((entry) => ({ entry, setAside: false })),
    ...aside.map((entry) => ({ entry, setAside: true })),
  ];
  let newest: CheckpointManifest | null = null;
  for (const [index, { entry, setAside }] of all.entries()) {
    signal?.throwIfAborted();
    const verified = await manifestOrProblem(entry);
    if (typeof verified !== 'string' && !setAside) newest = verified;
    const problem = typeof verified === 'string' ? verified : null;
    result.checkpoints.push({ step: entry.step, setAside, problem });
    if (problem !== null) result.problems.push(problem);
    onProgress?.({ done: index + 1, total: all.length });
  }
  const logs = await attempt(() => logDamage(folder, newest?.logs ?? {}, newest?.step ?? 0));
  if (logs !== null) result.problems.push(logs);
  for (const read of [readMetrics, readAlarms, readDiagnostics, readEvaluationLines, readHistory]) {
    await attempt<unknown>(() => read(folder));
  }
  return result;
}

/** The manifest, or what is wrong. */
async function manifestOrProblem(entry: CheckpointFolder): Promise<CheckpointManifest | string> {
  try {
    return await verifyCheckpoint(entry);
  } catch (error) {
    return sentenceOf(error);
  }
}
