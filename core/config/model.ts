import * as v from 'valibot';
import { AugmentConfigSchema } from './augment.ts';
import { NetworkConfigSchema } from './network.ts';
import { ObjectiveConfigSchema } from './objective.ts';
import { MOST_STEPS, planned } from './planned.ts';
import { brokenRule } from './setting-rules.ts';
import { TRAIN_ONLY } from './trained.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MOST_STEPS));

/** Extractors that a training may look through: those that need no file of the user's. */
export const TRAINING_EXTRACTORS = ['mobilenet', 'pixels'] as const;

/** Numbers of an evaluation that can say which checkpoint is the best; of each, less is better. */
export const BEST_MEASURES = ['fd-1-pass', 'fd-2-passes', 'reconstruction'] as const;
export type BestMeasure = (typeof BEST_MEASURES)[number];

/** How the objective is optimised. A step is one batch. */
export const TrainingConfigSchema = v.strictObject({
  /** Steps of the whole training; the step schedule and the learning rate's decay are laid over them. */
  steps: count,
  batchSize: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_536)),
  learningRate: v.pipe(v.number(), v.finite(), v.gtValue(0), v.maxValue(1)),
  /** Steps over which the learning rate rises from 0, linearly. */
  warmupSteps: v.pipe(v.number(), v.integer(), v.minValue(0), planned({ max: MOST_STEPS })),
  /**
   * Steps over which the weight of the KL divergence rises from 0, linearly: without, a fast training often begins by
   * forgetting its latents (Bowman et al. 2016).
   */
  klWarmupSteps: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), planned({ max: MOST_STEPS })), 0),
  learningRateSchedule: v.picklist(['constant', 'cosine']),
  /** `radam` is the reference's. */
  optimizer: v.optional(v.picklist(['radam', 'adamw']), 'radam'),
  /** Decay rate of the mean of gradients, β₁, of the networks' optimiser and the discriminator's; PyTorch's default is 0.9. */
  beta1: v.optional(v.pipe(v.number(), v.minValue(0), v.ltValue(1)), 0.9),
  /** Decoupled for AdamW; added to the gradient for RAdam, as PyTorch does. */
  weightDecay: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0),
  /** Parts a batch is computed in, one after the other, to save memory; it must divide `batchSize`. */
  accumulate: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_536)), 1),
  /** Gradients are scaled down to this global L2 norm; 0: they are not. */
  clipNorm: v.pipe(v.number(), v.finite(), v.minValue(0), planned({ max: 1e6 })),
  /** Share of the old average kept a step. */
  emaRate: v.pipe(v.number(), v.minValue(0), v.ltValue(1)),
  /** Steps between two snapshots, from which averages of any length are made afterwards; 0: there are none. */
  snapshotEvery: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MOST_STEPS)), 0),
  /** Mirror half of the images left to right. */
  horizontalFlip: v.boolean(),
  /** Turn pixels into black and white at half brightness (binary MNIST). */
  binarise: v.optional(v.boolean(), false),
  /** Share of the class labels that are left out in training, so that guidance is possible. */
  labelDropout: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.1),
  /** Of convolutions and matrix products in training; all else, and drawing, is float32. */
  precision: v.optional(v.picklist(['float32', 'bfloat16']), 'float32'),
  /** What of the networks is trained; the rest stays as the weights that the run starts from have it. */
  trainOnly: v.optional(v.picklist(TRAIN_ONLY), 'all'),
  /** Steps between two lines in metrics.jsonl, two sample grids, two checkpoints. */
  logEvery: count,
  sampleEvery: count,
  checkpointEvery: count,
  /** Minutes after the last checkpoint when one is written in any case; 0: only every `checkpointEvery` steps. */
  checkpointMinutes: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1440)), 10),
  /** Steps between two evaluations; 0: there are none. What is learned does not depend on them. */
  evaluateEvery: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MOST_STEPS)), 0),
  /** Samples of an evaluation, for each number of passes. */
  evaluateCount: v.optional(v.pipe(v.number(), v.integer(), v.minValue(16), v.maxValue(50_000)), 500),
  /** What turns images into features. */
  evaluateExtractor: v.optional(v.picklist(TRAINING_EXTRACTORS), 'mobilenet'),
  /** The number by which a checkpoint is the best. */
  bestMeasure: v.optional(v.picklist(BEST_MEASURES), 'fd-1-pass'),
});

export type TrainingConfig = v.InferOutput<typeof TrainingConfigSchema>;

/** All that decides what a training does, but for its data and its seed. */
export const ModelConfigSchema = v.pipe(
  v.strictObject({
    network: NetworkConfigSchema,
    objective: ObjectiveConfigSchema,
    training: TrainingConfigSchema,
    augment: v.optional(AugmentConfigSchema, {}),
  }),
  v.check(
    (config) => brokenRule(config) === undefined,
    ({ input }) => brokenRule(input)?.sentence(input) ?? '',
  ),
);

export type ModelConfig = v.InferOutput<typeof ModelConfigSchema>;

/** A named configuration in `assets/presets/<name>.json`. */
export const PresetSchema = v.strictObject({
  format: v.literal('covae-preset'),
  version: v.literal(1),
  name: v.pipe(v.string(), v.regex(/^[a-z0-9][a-z0-9-]{0,39}$/)),
  /** What it needs and gives, in few words. */
  title: v.pipe(v.string(), v.maxLength(200)),
  /** It holds the settings of a command that the paper's authors published. */
  paper: v.exactOptional(v.literal(true)),
  /** One or two sentences for the person who chooses. */
  description: v.string(),
  config: ModelConfigSchema,
});

export type Preset = v.InferOutput<typeof PresetSchema>;
