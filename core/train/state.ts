import * as v from 'valibot';
import { RunChangesSchema } from '../run/history-line.ts';
import type { Checkpoint, CheckpointContents } from '../run/checkpoint.ts';
import { UserError, sentenceOf } from '../errors.ts';
import type { CovaeModel } from '../covae/model.ts';
import {
  fromTorch,
  initialValues,
  toTorch,
  type NamedArrays,
  type ParameterLayout,
} from '../nn/parameters.ts';
import type { Initial } from '../tensor/program.ts';
import type { TrainingConfig } from '../config/model.ts';
import { type DISCRIMINATOR_STATE, type STATE, TRACKED_STATE } from './program.ts';

/** The state of a run as flat vectors, by name. */
export type Vectors = Record<(typeof STATE)[number], Float32Array> &
  Partial<Record<(typeof DISCRIMINATOR_STATE)[number] | (typeof TRACKED_STATE)[number], Float32Array>>;

/** Before the discriminator's names in checkpoints, as in the reference's whole module. */
export const DISCRIMINATOR_PREFIX = 'discriminator.';

/** What a checkpoint's state.json holds beside the tensors. */
const ProgressSchema = v.strictObject({
  step: v.number(),
  seconds: v.number(),
  /** Factor on the configured learning rate, set when a diverged run goes on. */
  learningRateFactor: v.optional(v.pipe(v.number(), v.gtValue(0)), 1),
  /** Step at which the optimiser began, from which its bias corrections count: that of weights from elsewhere. */
  optimizerFrom: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
  /** Of the augmentation, where it follows from overfitting; default: the configured one. */
  augmentStrength: v.exactOptional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  /** What was changed while it trained, beside the learning rate; in place of the configured ones. */
  changed: v.exactOptional(v.omit(RunChangesSchema, ['learningRate'])),
});

export type Progress = v.InferOutput<typeof ProgressSchema>;

/** Whether a training keeps what averages are made from afterwards. */
type Tracks = Pick<TrainingConfig, 'snapshotEvery'>;
const UNTRACKED: Tracks = { snapshotEvery: 0 };

/** Where each vector's values belong: which file of a checkpoint, which names. */
function places(
  model: CovaeModel,
  tracked: boolean,
): {
  vector: keyof Vectors;
  file: 'model' | 'ema' | 'optimizer';
  layout: ParameterLayout;
  prefix: string;
}[] {
  const { layout } = model.plan;
  const disc = model.discriminator;
  return [
    { vector: 'parameters', file: 'model', layout, prefix: '' },
    { vector: 'ema', file: 'ema', layout, prefix: '' },
    { vector: 'm', file: 'optimizer', layout, prefix: 'm.' },
    { vector: 'v', file: 'optimizer', layout, prefix: 'v.' },
    ...(disc
      ? ([
          { vector: 'disc', file: 'model', layout: disc.layout, prefix: DISCRIMINATOR_PREFIX },
          { vector: 'discStatistics', file: 'model', layout: disc.statistics, prefix: DISCRIMINATOR_PREFIX },
          { vector: 'discM', file: 'optimizer', layout: disc.layout, prefix: `m.${DISCRIMINATOR_PREFIX}` },
          { vector: 'discV', file: 'optimizer', layout: disc.layout, prefix: `v.${DISCRIMINATOR_PREFIX}` },
        ] as const)
      : []),
    ...(tracked
      ? TRACKED_STATE.map((vector) => ({ vector, file: 'optimizer', layout, prefix: `${vector}.` }) as const)
      : []),
  ];
}

/** Names of a model's state that checkpoints hold. */
export function stateNames(model: CovaeModel, { snapshotEvery }: Tracks = UNTRACKED): (keyof Vectors)[] {
  return places(model, snapshotEvery > 0).map(({ vector }) => vector);
}

/** Bytes of the numbers in a checkpoint. */
export function checkpointBytes(model: CovaeModel, { snapshotEvery }: Tracks): number {
  const values = places(model, snapshotEvery > 0).reduce((sum, { layout }) => sum + layout.size, 0);
  return values * Float32Array.BYTES_PER_ELEMENT;
}

/** The state of a run that has not begun. */
export function initialVectors(
  model: CovaeModel,
  seed: number,
  { snapshotEvery }: Tracks = UNTRACKED,
): Vectors {
  const { layout } = model.plan;
  const parameters = initialValues(layout, seed);
  const vectors: Vectors = {
    parameters,
    ema: parameters.slice(),
    m: new Float32Array(layout.size),
    v: new Float32Array(layout.size),
    // The first step overwrites them.
    ...(snapshotEvery > 0 && {
      shortAverage: new Float32Array(layout.size),
      longAverage: new Float32Array(layout.size),
    }),
  };
  if (!model.discriminator) return vectors;
  const disc = initialValues(model.discriminator.layout, seed);
  return {
    ...vectors,
    disc,
    discM: new Float32Array(disc.length),
    discV: new Float32Array(disc.length),
    discStatistics: initialValues(model.discriminator.statistics, seed),
  };
}

/** Vectors as a program takes them at its start. */
export function asInitial(vectors: Readonly<Partial<Record<string, Float32Array>>>): Initial {
  return Object.fromEntries(
    Object.entries(vectors).flatMap(([name, data]) => (data ? [[name, { shape: [data.length], data }]] : [])),
  );
}

/**
 * The state in a checkpoint.
 * @throws UserError naming a tensor that is missing or has another shape than the run's network
 */
export function fromCheckpoint(
  model: CovaeModel,
  checkpoint: Checkpoint,
): { vectors: Vectors; progress: Progress } {
  try {
    const tracked = Object.keys(checkpoint.optimizer).some((name) => name.startsWith(`${TRACKED_STATE[0]}.`));
    const entries = places(model, tracked).map(({ vector, file, layout, prefix }) => [
      vector,
      fromTorch(layout, checkpoint[file], prefix),
    ]);
    return {
      vectors: Object.fromEntries(entries) as Vectors,
      progress: v.parse(ProgressSchema, checkpoint.state),
    };
  } catch (error) {
    throw new UserError(`${checkpoint.folder} does not suit its run: ${sentenceOf(error)}.`, {
      code: 'unreadable',
      file: checkpoint.folder,
    });
  }
}

/**
 * State, ready to be written as a checkpoint.
 * @throws UserError when a value is not finite: such a checkpoint would be of no use to anyone
 */
export function toCheckpoint(model: CovaeModel, vectors: Vectors, progress: Progress): CheckpointContents {
  const files: Record<'model' | 'ema' | 'optimizer', NamedArrays> = { model: {}, ema: {}, optimizer: {} };
  for (const { vector, file, layout, prefix } of places(model, vectors.shortAverage !== undefined)) {
    const data = vectors[vector];
    if (!data) throw new Error(`the state ${vector} is missing`);
    if (!data.every(Number.isFinite)) {
      throw new UserError(
        `The weights of step ${progress.step} are not finite and were not written; go on from the checkpoint before.`,
      );
    }
    Object.assign(files[file], toTorch(layout, data, prefix));
  }
  return { ...files, state: { ...progress } };
}
