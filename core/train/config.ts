import * as v from 'valibot';
import { NetworkConfigSchema } from '../nn/config.ts';
import { ObjectiveConfigSchema } from '../covae/config.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000_000));

/** How the objective is optimised. A step is one batch. */
export const TrainingConfigSchema = v.strictObject({
  /** Steps of the whole training; the step schedule and the learning rate's decay are laid over them. */
  steps: count,
  batchSize: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_536)),
  learningRate: v.pipe(v.number(), v.finite(), v.gtValue(0), v.maxValue(1)),
  /** Steps over which the learning rate rises from 0, linearly. */
  warmupSteps: v.pipe(v.number(), v.integer(), v.minValue(0)),
  learningRateSchedule: v.picklist(['constant', 'cosine']),
  /** Gradients are scaled down to this global L2 norm. */
  clipNorm: v.pipe(v.number(), v.gtValue(0)),
  /** Share of the old average kept a step. */
  emaRate: v.pipe(v.number(), v.minValue(0), v.ltValue(1)),
  /** Mirror half of the images left to right. */
  horizontalFlip: v.boolean(),
  /** Steps between two lines in metrics.jsonl, two sample grids, two checkpoints. */
  logEvery: count,
  sampleEvery: count,
  checkpointEvery: count,
});

export type TrainingConfig = v.InferOutput<typeof TrainingConfigSchema>;

/** All that decides what a training does, but for its data and its seed. */
export const ModelConfigSchema = v.pipe(
  v.strictObject({
    network: NetworkConfigSchema,
    objective: ObjectiveConfigSchema,
    training: TrainingConfigSchema,
  }),
  v.check(
    ({ network }) => network.imageSize % 2 ** (network.multipliers.length - 1) === 0,
    'imageSize must be divisible by 2 once for every level after the first',
  ),
  v.check(
    ({ network }) => network.finalDim === null || network.finalDim === network.zChannels,
    'finalDim must be null or equal to zChannels',
  ),
);

export type ModelConfig = v.InferOutput<typeof ModelConfigSchema>;

/** A named configuration in `assets/presets/<name>.json`. */
export const PresetSchema = v.strictObject({
  format: v.literal('covae-preset'),
  version: v.literal(1),
  name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,39}$/)),
  title: v.string(),
  /** One or two sentences for the person who chooses. */
  description: v.string(),
  config: ModelConfigSchema,
});

export type Preset = v.InferOutput<typeof PresetSchema>;
