/** The part of the contract that is about evaluating runs: asking for it, following it, what came of it. */
import * as v from 'valibot';
import { NameSchema } from '../../core/data/dataset.ts';
import { EXTRACTORS } from '../../core/evaluate/extractors/extractor.ts';
import { EvaluationRecordSchema } from '../../core/evaluate/record.ts';
import { ImagesSchema } from './datasets-contract.ts';
import { runId, seed } from './training-contract.ts';

const nothing = v.strictObject({});
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const jobId = v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/));
/** Name of a record's file in the run's `evaluations/`. */
const file = v.pipe(v.string(), v.maxLength(250), v.regex(/^[^./\\\0][^/\\\0]*\.json$/));
const evaluation = v.strictObject({ runId, file });

/** The real images: those of the run's data set that were trained on, those that were not, or another data set. */
const AgainstSchema = v.variant('kind', [
  v.strictObject({ kind: v.picklist(['train', 'holdout']) }),
  v.strictObject({ kind: v.literal('dataset'), name: NameSchema }),
]);

/** What is to be measured of which run. */
export const EvaluationOrderSchema = v.strictObject({
  jobId,
  runId,
  extractor: v.picklist(EXTRACTORS),
  passes: v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16))), v.maxLength(8)),
  count: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(1_000_000)),
  against: AgainstSchema,
  weights: v.picklist(['ema', 'raw']),
  /** Of the checkpoint; null for the newest. */
  step: v.nullable(whole),
  protocol: v.picklist(['standard', 'paper']),
  seed,
});

/** How far an evaluation is. Null: not known. */
export const EvaluationProgressSchema = v.strictObject({
  /** What is done now, `Drawing samples` for instance. */
  phase: v.string(),
  done: v.nullable(v.number()),
  total: v.nullable(v.number()),
  /** Images a second. */
  perSecond: v.nullable(v.number()),
  /** Until the end of this phase. */
  secondsLeft: v.nullable(v.number()),
});

export const EvaluationJobSchema = v.strictObject({
  ...EvaluationOrderSchema.entries,
  state: v.picklist(['waiting', 'running', 'cancelling', 'failed']),
  progress: v.nullable(EvaluationProgressSchema),
  /** Why it failed, in one sentence. */
  problem: v.nullable(v.string()),
});

export const EvaluationCalls = {
  /** What was measured of a run, by step; damaged files are told of and left out. */
  'evaluations.list': {
    params: v.strictObject({ runId }),
    result: v.strictObject({
      evaluations: v.array(v.strictObject({ file: v.string(), record: EvaluationRecordSchema })),
      damaged: v.array(v.string()),
    }),
  },
  /** What can be chosen for an evaluation of a run. */
  'evaluations.choices': {
    params: v.strictObject({ runId }),
    result: v.strictObject({
      /** Steps of the checkpoints there are, the newest first. */
      steps: v.array(whole),
      /** Step of the checkpoint kept as the best; null when none is. */
      best: v.nullable(whole),
      /** Images held out of training in the run's data set. */
      heldOut: whole,
      /** `problem`: why it cannot be used now, in one sentence. */
      extractors: v.array(v.strictObject({ name: v.picklist(EXTRACTORS), problem: v.nullable(v.string()) })),
    }),
  },
  /** Puts an evaluation at the end of the queue; what becomes of it comes as events. */
  'evaluations.start': { params: EvaluationOrderSchema, result: nothing },
  'evaluations.jobs': { params: nothing, result: v.array(EvaluationJobSchema) },
  /** Takes an evaluation out of the queue; one under way is stopped, and what is not written yet is given up. */
  'evaluations.stop': { params: v.strictObject({ jobId }), result: nothing },
  'evaluations.remove': { params: evaluation, result: nothing },
  /** Native save dialog, then writes these evaluations as a table in this order; null when cancelled. */
  'evaluations.export': {
    params: v.strictObject({
      evaluations: v.pipe(v.array(evaluation), v.minLength(1), v.maxLength(10_000)),
      /** Keys of the measures that are its columns. */
      measures: v.pipe(v.array(v.pipe(v.string(), v.maxLength(60))), v.maxLength(60)),
      as: v.picklist(['csv', 'markdown']),
    }),
    result: v.nullable(v.strictObject({ path: v.string() })),
  },
} as const;

export const EvaluationPixelCalls = {
  /** Samples of an evaluation, drawn again with the weights that it was made of. */
  'evaluation.samples': {
    params: v.strictObject({
      ...evaluation.entries,
      samples: v.pipe(v.array(whole), v.minLength(1), v.maxLength(200)),
    }),
    result: ImagesSchema,
  },
} as const;

export const EvaluationEvents = {
  /** The queue of evaluations changed. */
  'evaluations.jobs': v.array(EvaluationJobSchema),
  /** How far the evaluation under way is; at most ten times a second. */
  'evaluations.progress': v.strictObject({ jobId, progress: EvaluationProgressSchema }),
  /** An evaluation is done: so many measurements were written. */
  'evaluations.done': v.strictObject({ jobId, runId: v.string(), count: whole }),
  /** The evaluations of a run are others than before; ask again. */
  'evaluations.changed': v.strictObject({ runId: v.string() }),
} as const;

export type EvaluationOrder = v.InferOutput<typeof EvaluationOrderSchema>;
export type EvaluationProgress = v.InferOutput<typeof EvaluationProgressSchema>;
export type EvaluationJob = v.InferOutput<typeof EvaluationJobSchema>;
