/** The log of evaluations on the way, `evaluations.jsonl`, and which checkpoint is the best by it. */
import path from 'node:path';
import { thin } from '../thin.ts';
import { listCheckpoints } from './checkpoint.ts';
import { type BestCheckpoint, bestOf, type EvaluationLine, EvaluationLineSchema } from './evaluation-line.ts';
import { type LineLog, openLineLog, readLines } from './line-log.ts';
import { EVALUATIONS_FILE } from './lines.ts';

/** Opens the log for appending, without the lines of steps after `lastStep`. @see openLineLog */
export function openEvaluationLog(runDir: string, lastStep: number): LineLog<EvaluationLine> {
  const file = path.join(runDir, EVALUATIONS_FILE);
  return openLineLog(file, EvaluationLineSchema, lastStep, 'log of the evaluations');
}

/**
 * The evaluations on the way, oldest first, thinned to at most `limit` evenly spaced ones with the first and the last
 * among them.
 *
 * @throws UserError naming a damaged line
 */
export async function readEvaluationLines(runDir: string, limit = Infinity): Promise<EvaluationLine[]> {
  return thin(await readLines(path.join(runDir, EVALUATIONS_FILE), EvaluationLineSchema), limit);
}

/**
 * The best checkpoint of a run among those that are there, judged by manifest and sizes. It follows from the log and the
 * checkpoints alone: whoever goes back to an earlier step goes back to the best of what is left.
 *
 * @param lastStep evaluations of later steps do not count
 * @returns null when none of them was evaluated
 * @throws UserError when the log is damaged
 */
export async function findBest(runDir: string, lastStep = Infinity): Promise<BestCheckpoint | null> {
  const lines = (await readEvaluationLines(runDir)).filter(({ step }) => step <= lastStep);
  if (lines.length === 0) return null;
  const checkpoints = await listCheckpoints(runDir);
  const usable = new Set(checkpoints.filter(({ problem }) => problem === null).map(({ step }) => step));
  return bestOf(lines, (step) => usable.has(step));
}
