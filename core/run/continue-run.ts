/** More steps for a run that has finished or was stopped. Loads no tensors. */
import path from 'node:path';
import * as v from 'valibot';
import { MOST_STEPS } from '../config/planned.ts';
import { UserError } from '../errors.ts';
import { parseJsonFile } from '../json-file.ts';
import { lockRun } from '../library-locks.ts';
import { runFolder } from '../library.ts';
import { whileLocked } from '../lock.ts';
import { type Continuation, continuationSentence, continuingRate } from '../schedule/continuation.ts';
import { countOf } from '../words.ts';
import { STATE_FILE } from './checkpoint-files.ts';
import { findNewestCheckpoint } from './checkpoint.ts';
import type { RunManifest } from './manifest.ts';
import { changeManifest, readRunManifest } from './run-folder.ts';

/** What becomes of a run that goes on. */
export interface ContinuedRun {
  /** Step that it goes on from. */
  from: number;
  /** Steps that it has now. */
  steps: number;
  /** What its schedule is from there, in a sentence. */
  sentence: string;
}

/** As much as is needed here of what a checkpoint says beside its tensors. */
const StateSchema = v.object({ learningRateFactor: v.optional(v.number(), 1) });

/**
 * What giving a run more steps would make of it; nothing is changed.
 *
 * @param more steps beyond the newest checkpoint that verifies
 * @param learningRate from which it would go on; default: {@link continuingRate}
 * @throws UserError when it has no checkpoint that can be used, has more steps left already, or would have too many
 */
export async function planContinuation(
  home: string,
  id: string,
  more: number,
  learningRate?: number,
): Promise<ContinuedRun> {
  return (await plan(home, id, more, learningRate)).told;
}

/**
 * Gives a run more steps; `openSession` trains them. `run.json` keeps from which step on.
 *
 * @throws UserError as {@link planContinuation}; (`busy`) while it is being trained or changed
 */
export async function continueRun(
  home: string,
  id: string,
  more: number,
  learningRate?: number,
): Promise<ContinuedRun> {
  return whileLocked(lockRun(home, id, 'is being given more steps'), async () => {
    const { told, changed } = await plan(home, id, more, learningRate);
    const { config, continued = [] } = changed;
    await changeManifest(home, id, (manifest) => ({ ...manifest, config, continued }));
    return told;
  });
}

async function plan(
  home: string,
  id: string,
  more: number,
  learningRate: number | undefined,
): Promise<{ told: ContinuedRun; changed: RunManifest }> {
  const folder = runFolder(home, id);
  const manifest = await readRunManifest(folder);
  const { config, continued = [] } = manifest;
  const { training } = config;
  const newest = await findNewestCheckpoint(folder);
  if (newest === null) {
    throw new UserError(
      `The run ${id} has no checkpoint yet; covae resume ${id} trains the ${countOf(training.steps, 'step')} that it was planned with.`,
      {
        ...{ code: 'not-found', file: folder },
        window: `The run ${id} has no checkpoint yet; “Resume” trains the ${countOf(training.steps, 'step')} that it was planned with.`,
      },
    );
  }
  const from = newest.step;
  const steps = from + more;
  if (steps <= training.steps) {
    throw new UserError(
      `The run ${id} has ${countOf(training.steps - from, 'step')} left as it is; covae resume ${id} trains those, and more than that can be asked for.`,
      {
        code: 'invalid',
        window: `The run ${id} has ${countOf(training.steps - from, 'step')} left as it is; “Resume” trains those, and more than that can be asked for.`,
      },
    );
  }
  if (steps > MOST_STEPS) {
    throw new UserError(
      `The run ${id} would have ${countOf(steps, 'step')}; it can have ${MOST_STEPS.toLocaleString('en-US')} at most.`,
      { code: 'invalid' },
    );
  }
  const state = await parseJsonFile(StateSchema, path.join(newest.folder, STATE_FILE));
  // A run that went back to before a continuation is as if there had been none.
  const before = continued.filter((each) => each.from < from);
  const own: Continuation = {
    from,
    steps: continued[before.length]?.steps ?? training.steps,
    learningRate: learningRate === undefined ? continuingRate(training, before, from) : learningRate,
    at: new Date().toISOString(),
  };
  // A rate that is named is the rate itself, whatever was changed before.
  const factor = state.learningRateFactor;
  if (learningRate !== undefined) own.learningRate = Math.min(1, learningRate / factor);
  const all = [...before, own];
  const longer = { ...config, training: { ...training, steps } };
  return {
    told: { from, steps, sentence: continuationSentence(longer, all, factor) },
    changed: { ...manifest, config: longer, continued: all },
  };
}
