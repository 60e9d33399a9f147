/**
 * What main asks of the evaluator: the process that measures runs. It stands apart from the trainer, whose thread belongs
 * to the training and to whoever draws, and it can be ended at once without harm to either. It runs while there is
 * something to measure only. The library folder is told once, at the process's start.
 */
import * as v from 'valibot';
import { Calls, Events, PixelCalls } from '../ipc/contract.ts';

const nothing = v.strictObject({});

export const EvaluatorProtocol = {
  requests: {
    /** Measures, writes what was measured into the run's folder, and answers with the number of measurements. */
    'evaluation.run': {
      params: Calls['evaluations.start'].params,
      result: v.strictObject({ count: v.number() }),
    },
    'draws.measure': Calls['draws.measure'],
    'averages.try': Calls['runs.averages'],
    'averages.make': Calls['runs.average'],
    'evaluation.samples': PixelCalls['evaluation.samples'],
  },
  events: {
    ready: nothing,
    /** It cannot work at all and is about to leave. */
    fatal: v.strictObject({ message: v.string() }),
    'evaluation.progress': Events['evaluations.progress'],
    'draws.measuring': Events['draws.measuring'],
    'averages.progress': Events['averages.progress'],
  },
} as const;

export type EvaluatorProtocol = typeof EvaluatorProtocol;
