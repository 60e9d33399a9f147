import * as v from 'valibot';
import { FreeNameSchema, NameSchema } from '../names.ts';
import { type ModelConfig, ModelConfigSchema } from '../config/model.ts';
import { SettingsSchema } from '../config/settings.ts';
import { type Continuation, ContinuationSchema } from '../schedule/continuation.ts';
import type { BestCheckpoint } from './evaluation-line.ts';
import { OriginSchema } from './start-point.ts';
import type { Outcome } from './outcome.ts';

/** Names of earlier versions may end in a space or a dot. */
const RunNameSchema = v.union([FreeNameSchema, NameSchema]);

const RunDatasetSchema = v.strictObject({
  name: NameSchema,
  fingerprint: v.string(),
  count: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Number of images that the training does not see; none when left out. */
  heldOut: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1))),
});

/** The data set that a run is trained on. */
export type RunDataset = v.InferOutput<typeof RunDatasetSchema>;

/** `runs/<id>/run.json`: all that is needed to repeat or resume a training. */
export const RunManifestSchema = v.strictObject({
  format: v.literal('covae-run'),
  version: v.literal(1),
  /** Folder name: `<name>-<short id>`. */
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._ -]{0,80}$/)),
  name: RunNameSchema,
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
  /** The preset the configuration began as; null when given whole. */
  preset: v.nullable(v.string()),
  seed: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff)),
  /** The run began with imported weights: without a checkpoint there is nothing to train. */
  startsFrom: v.exactOptional(v.literal('weights')),
  /** Where these weights came from, for a run that started from those of another model. */
  origin: v.exactOptional(OriginSchema),
  /** Of a fork, which has the whole state of the run in `origin`: what was changed of its settings from there on. */
  forked: v.exactOptional(v.strictObject({ settings: SettingsSchema })),
  /** Its EMA weights were made after the training of the run in `origin`: an average of that length, σ_rel. */
  averaged: v.exactOptional(v.strictObject({ length: v.pipe(v.number(), v.gtValue(0), v.ltValue(1)) })),
  /** null for a run made from weights that came without their data. */
  dataset: v.nullable(RunDatasetSchema),
  config: ModelConfigSchema,
  /** Where the training was given more steps than it began with, which `config` has by now; by rising step. */
  continued: v.exactOptional(v.array(ContinuationSchema)),
  /** Number of trained values. */
  parameters: v.pipe(v.number(), v.integer(), v.minValue(1)),
  versions: v.strictObject({ app: v.string(), tensorflow: v.string(), tfjs: v.string() }),
});

export type RunManifest = v.InferOutput<typeof RunManifestSchema>;

/** Whether a run began with imported weights; those made before this was noted down have no preset. */
export function startsFromWeights({ startsFrom, preset }: RunManifest): boolean {
  return startsFrom === 'weights' || preset === null;
}

/** Mean, smallest and largest value over the steps of a logged interval. */
const over = v.exactOptional(v.tuple([v.number(), v.number(), v.number()]));

/**
 * One line of `runs/<id>/metrics.jsonl`, of the step that it names; `over` is of all steps since the line before. Losses are
 * means over the batch's rows, unweighted but `loss`.
 */
export const MetricsLineSchema = v.strictObject({
  step: v.pipe(v.number(), v.integer(), v.minValue(0)),
  /** The weighted objective. */
  loss: v.number(),
  recLoss: v.number(),
  denoiserLoss: v.nullable(v.number()),
  /** null for s-CoVAE, which has `norm` in its place: ‖z₀‖², and `codeStd`, the standard deviation of its values. */
  klLoss: v.nullable(v.number()),
  /** Of a latent with two levels: what each brings to `klLoss`. */
  klTop: v.exactOptional(v.number()),
  klLower: v.exactOptional(v.number()),
  norm: v.optional(v.number()),
  codeStd: v.optional(v.number()),
  /** Of adversarial runs; 0 before the discriminator comes in. */
  generatorLoss: v.optional(v.number()),
  discriminatorLoss: v.optional(v.number()),
  /** Of runs whose discriminator judges samples from noise too: the same term for these, before its weight. */
  sampleLoss: v.exactOptional(v.number()),
  /** Of trainings that transform their images: with which probability each kind was applied. */
  augmentStrength: v.exactOptional(v.number()),
  gradNorm: v.number(),
  learningRate: v.number(),
  /** Number of intervals N between time steps at this step. */
  intervals: v.number(),
  stepsPerSecond: v.number(),
  /** Seconds of training so far, over all sessions of the run. */
  seconds: v.number(),
  /** Bytes of memory that the process had. */
  memory: v.exactOptional(v.number()),
  /** Of the steps since the line before, this one among them; lines of older versions have none. */
  over: v.exactOptional(
    v.strictObject({
      steps: v.pipe(v.number(), v.integer(), v.minValue(1)),
      ...{ loss: over, recLoss: over, denoiserLoss: over, klLoss: over, klTop: over, klLower: over },
      ...{ norm: over, codeStd: over, generatorLoss: over, sampleLoss: over, discriminatorLoss: over },
      ...{ gradNorm: over },
    }),
  ),
});

export type MetricsLine = v.InferOutput<typeof MetricsLineSchema>;

/** The run that another began from. */
export interface Parent {
  id: string;
  /** Of its checkpoint. */
  step: number | null;
  /** Settings that a fork changed, by dotted keys; null where only the weights were taken. */
  changed: { key: string; value: unknown }[] | null;
  /** Length, σ_rel, of the average that its EMA weights are; left out for others. Such a run changes no settings. */
  average?: number;
}

/** A run as lists show it, read from its folder. */
export interface RunSummary {
  id: string;
  name: string;
  createdAt: string;
  preset: string | null;
  /** null for a run without one, and for a damaged run. */
  dataset: string | null;
  seed: number;
  steps: number;
  /** Step of the newest checkpoint that verifies; 0 when there is none. */
  step: number;
  /** It has such a checkpoint (of step 0 when it was made from weights), so it can draw. */
  drawable: boolean;
  lastLoss: number | null;
  /** Steps of the checkpoints that can be used, judged by manifest and sizes, oldest first. */
  checkpoints: number[];
  /** The best checkpoint by the evaluations on the way; null when there is none, or their log is damaged. */
  best: BestCheckpoint | null;
  /** What it started from, in words; left out where from nothing. */
  startedFrom?: string;
  /** The run whose weights or, as a fork or an average, whose whole state it began with. */
  parent?: Parent;
  /** Of the data set that it is trained on. */
  fingerprint?: string;
  /** Where it was given more steps than it began with. */
  continued?: Continuation[];
  /** Number of snapshots that averages can be made from; left out where there are none. */
  snapshots?: number;
  /** What people say of it. */
  tags: string[];
  note: string;
  /** null for a damaged run. */
  variant: ModelConfig['objective']['variant'] | null;
  /** In what its configuration differs from its preset, by dotted keys; not of a preset that is not known here. */
  differs: { key: string; value: unknown }[];
  /** Seconds of training, pauses left out. */
  seconds: number | null;
  /** Bytes that it takes on the disk. */
  bytes: number;
  /** By the measure of `best`, of the newest evaluation of the training; null where there is none. */
  lastMeasured: BestCheckpoint | null;
  imageSize: number;
  channels: 1 | 3;
  parameters: number | null;
  /**
   * What to tell when an older checkpoint is used than the newest, judged by manifest and sizes; null when none is.
   */
  damage: string | null;
  /** Why the run cannot be used (damaged manifest or checkpoint); null when it can. */
  problem: string | null;
  /** What came of it. */
  outcome: Outcome;
}
