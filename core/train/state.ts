import * as v from 'valibot';
import type { Checkpoint, CheckpointContents } from '../run/checkpoint.ts';
import { UserError, sentenceOf } from '../errors.ts';
import { fromTorch, initialValues, toTorch, type ParameterLayout } from '../nn/parameters.ts';
import type { Initial, Program } from '../tensor/program.ts';
import { STATE } from './program.ts';

type Vectors = Record<(typeof STATE)[number], Float32Array>;

/** What a checkpoint's state.json holds beside the tensors. */
const ProgressSchema = v.strictObject({ step: v.number(), seconds: v.number() });

export type Progress = v.InferOutput<typeof ProgressSchema>;

/** The state of a run that has not begun. */
export function initialVectors(layout: ParameterLayout, seed: number): Vectors {
  const parameters = initialValues(layout, seed);
  return {
    parameters,
    ema: parameters.slice(),
    m: new Float32Array(layout.size),
    v: new Float32Array(layout.size),
  };
}

/** Vectors as a program takes them at its start. */
export function asInitial(vectors: Partial<Vectors>): Initial {
  return Object.fromEntries(
    Object.entries(vectors).map(([name, data]) => [name, { shape: [data.length], data }]),
  );
}

/**
 * The state in a checkpoint.
 * @throws UserError naming a tensor that is missing or has another shape than the run's network
 */
export function fromCheckpoint(
  layout: ParameterLayout,
  checkpoint: Checkpoint,
): { vectors: Vectors; progress: Progress } {
  try {
    return {
      vectors: {
        parameters: fromTorch(layout, checkpoint.model),
        ema: fromTorch(layout, checkpoint.ema),
        m: fromTorch(layout, checkpoint.optimizer, 'm.'),
        v: fromTorch(layout, checkpoint.optimizer, 'v.'),
      },
      progress: v.parse(ProgressSchema, checkpoint.state),
    };
  } catch (error) {
    throw new UserError(`${checkpoint.folder} does not suit its run: ${sentenceOf(error)}.`);
  }
}

/**
 * The state of a program, ready to be written.
 * @throws UserError when a value is not finite: such a checkpoint would be of no use to anyone
 */
export function toCheckpoint(
  layout: ParameterLayout,
  program: Program,
  progress: Progress,
): CheckpointContents {
  const state = program.readState(STATE);
  const vector = (name: (typeof STATE)[number]): Float32Array => {
    const data = state[name]?.data;
    if (!(data instanceof Float32Array)) throw new Error(`the program has no state ${name}`);
    if (!data.every(Number.isFinite)) {
      throw new UserError(
        `The weights of step ${progress.step} are not finite and were not written; go on from the checkpoint before.`,
      );
    }
    return data;
  };
  return {
    model: toTorch(layout, vector('parameters')),
    ema: toTorch(layout, vector('ema')),
    optimizer: { ...toTorch(layout, vector('m'), 'm.'), ...toTorch(layout, vector('v'), 'v.') },
    state: { ...progress },
  };
}
