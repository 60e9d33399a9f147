/** Which of a run's checkpoints is meant: the newest, the best, or that of a step. */
import { UserError } from '../errors.ts';
import { type Checkpoint, readCheckpointOf, useNewestCheckpoint } from './checkpoint.ts';
import { findBest } from './evaluations.ts';

export type WhichCheckpoint = 'newest' | 'best' | number;

/**
 * The step that is meant.
 *
 * @returns undefined for the newest checkpoint that verifies, which turns out when it is opened
 * @throws UserError when the best one is asked for and no checkpoint that is there was evaluated
 */
export async function stepOfCheckpoint(runDir: string, which: WhichCheckpoint): Promise<number | undefined> {
  if (which === 'newest') return undefined;
  if (which !== 'best') return which;
  const best = await findBest(runDir);
  if (best !== null) return best.step;
  throw new UserError(
    `No checkpoint in ${runDir} is known as the best, since none of them was evaluated while it was trained; ` +
      'take the newest, or the one of a step, and set training.evaluateEvery for runs to come.',
    { code: 'not-found', file: runDir },
  );
}

/**
 * Reads the checkpoint of a step, or the newest that verifies, for a reader that may find it unusable.
 *
 * @param step undefined for the newest, where those that `use` throws a UserError over are passed over as damaged
 * @returns null when the run has no checkpoint
 * @throws UserError when there is none of that step, or none that is whole
 */
export async function useCheckpoint<T>(
  runDir: string,
  step: number | undefined,
  use: (checkpoint: Checkpoint) => T,
): Promise<{ checkpoint: Checkpoint; used: T } | null> {
  if (step === undefined) return useNewestCheckpoint(runDir, use);
  const checkpoint = await readCheckpointOf(runDir, step, { orStart: false });
  return checkpoint && { checkpoint, used: use(checkpoint) };
}
