/** The part of the contract that is about runs as they lie in the library: going on with them, forking them. */
import * as v from 'valibot';
import { MOST_STEPS } from '../../core/config/planned.ts';
import { SettingsSchema } from '../../core/config/settings.ts';
import { FreeNameSchema } from '../../core/names.ts';
import { runId, seed } from './training-contract.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const steps = v.pipe(count, v.minValue(1), v.maxValue(MOST_STEPS));
const rate = v.pipe(v.number(), v.gtValue(0), v.maxValue(1));

/** Calls: channel → {params, result}. */
export const RunCalls = {
  /** What giving a run more steps would make of its schedule, in a sentence; nothing is changed. */
  'runs.planContinuation': {
    params: v.strictObject({ runId, more: steps, learningRate: v.optional(rate) }),
    result: v.strictObject({ from: count, steps: count, sentence: v.string() }),
  },
  /** Gives a run more steps and trains them. */
  'runs.continue': {
    params: v.strictObject({ runId, more: steps, learningRate: v.optional(rate) }),
    result: v.strictObject({ from: count, steps: count, sentence: v.string() }),
  },
  /** Makes a run that begins as another was at a checkpoint, with settings changed from there on. */
  'runs.fork': {
    params: v.strictObject({
      runId,
      /** When left out, the newest. */
      checkpoint: v.optional(v.union([v.literal('best'), count])),
      settings: SettingsSchema,
      name: v.optional(FreeNameSchema),
      seed: v.optional(seed),
    }),
    result: v.strictObject({ runId: v.string() }),
  },
} as const;
