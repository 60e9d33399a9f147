/** The part of the contract that is about runs as they lie in the library: going on with them, forking them. */
import * as v from 'valibot';
import { MOST_STEPS } from '../../core/config/planned.ts';
import { SettingsSchema } from '../../core/config/settings.ts';
import { FreeNameSchema } from '../../core/names.ts';
import { EvaluationLineSchema } from '../../core/run/evaluation-line.ts';
import { RunsViewSchema } from '../../core/run/runs-view.ts';
import { LONGEST, SHORTEST } from '../../core/run/average-lengths.ts';
import { runId, seed } from './training-contract.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const steps = v.pipe(count, v.minValue(1), v.maxValue(MOST_STEPS));
const rate = v.pipe(v.number(), v.gtValue(0), v.maxValue(1));

const nothing = v.strictObject({});
const runIds = v.pipe(v.array(runId), v.minLength(1), v.maxLength(10_000));
const tags = v.optional(v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(100)));
/** Of a run in the trash. */
const token = v.pipe(v.string(), v.maxLength(40));

/** Which checkpoints are kept beside the newest; see core/run/prune.ts. */
const rule = v.strictObject({
  last: v.optional(count),
  every: v.optional(count),
  best: v.optional(v.boolean()),
});

const checkpointSize = v.strictObject({ step: count, bytes: count });
const PlannedPruneSchema = v.strictObject({
  keep: v.array(checkpointSize),
  remove: v.array(checkpointSize),
  /** Bytes of the run's folder. */
  before: count,
  after: count,
});

const MeasuredValueSchema = v.strictObject({ step: count, value: v.number() });
const TriedAveragesSchema = v.strictObject({
  step: count,
  snapshot: v.strictObject({ step: count, count }),
  tried: v.array(
    v.strictObject({
      /** null for the EMA weights of the training. */
      length: v.nullable(v.number()),
      evaluation: EvaluationLineSchema,
    }),
  ),
  /** Index of the best; null when none has the run's measure. */
  best: v.nullable(count),
});

export const RunEvents = {
  /** How far the measuring of a run's averages is, in images; at most ten times a second. */
  'averages.progress': v.strictObject({ runId: v.string(), done: count, total: count }),
} as const;

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
  /** Measures averages of several lengths, made from a run's snapshots; told by `averages.progress`. */
  'runs.averages': { params: v.strictObject({ runId }), result: TriedAveragesSchema },
  /** Makes a run with an average of a length as its EMA weights. */
  'runs.average': {
    params: v.strictObject({
      runId,
      /** Standard deviation of the average as a share of the training. */
      length: v.pipe(v.number(), v.minValue(SHORTEST), v.maxValue(LONGEST)),
      name: v.optional(FreeNameSchema),
    }),
    result: v.strictObject({ runId: v.string() }),
  },
  'runs.rename': { params: v.strictObject({ runId, name: FreeNameSchema }), result: nothing },
  /** Gives tags to runs, or takes some away; a note takes the place of that before. */
  'runs.describe': {
    params: v.strictObject({
      runIds,
      add: tags,
      remove: tags,
      note: v.optional(v.pipe(v.string(), v.maxLength(10_000))),
    }),
    result: nothing,
  },
  /** What pruning the checkpoints of a run would remove; nothing is changed. */
  'runs.planPrune': { params: v.strictObject({ runId, rule }), result: PlannedPruneSchema },
  'runs.prune': { params: v.strictObject({ runId, rule }), result: PlannedPruneSchema },
  /** Moves a run to the library's trash. */
  'runs.remove': { params: v.strictObject({ runId }), result: v.strictObject({ token: v.string() }) },
  'runs.restore': { params: v.strictObject({ token }), result: v.strictObject({ runId: v.string() }) },
  /** The runs in the trash, the last removed first. */
  'runs.removed': {
    params: nothing,
    result: v.array(
      v.strictObject({ token: v.string(), id: v.string(), removedAt: v.string(), bytes: v.number() }),
    ),
  },
  /** Removes runs of the trash for good: one, or all. */
  'runs.discard': { params: v.strictObject({ token: v.nullable(token) }), result: nothing },
  /** Shows the folder of a run in the file manager. */
  'runs.reveal': { params: v.strictObject({ runId }), result: nothing },
  /** The command that starts a training like that of a run once more; null where none does. */
  'runs.command': {
    params: v.strictObject({ runId }),
    result: v.strictObject({ command: v.nullable(v.string()) }),
  },
  /** All settings of runs, by dotted keys; runs that cannot be read are left out. */
  'runs.settings': {
    params: v.strictObject({ runIds }),
    result: v.array(v.strictObject({ runId: v.string(), settings: v.record(v.string(), v.unknown()) })),
  },
  /** What stored evaluations say of runs: of each measure the best and the last value. */
  'runs.measures': {
    params: v.strictObject({ runIds }),
    result: v.strictObject({
      columns: v.array(
        v.strictObject({
          key: v.string(),
          title: v.string(),
          about: v.string(),
          better: v.picklist(['lower', 'higher']),
        }),
      ),
      runs: v.array(
        v.strictObject({
          runId: v.string(),
          measures: v.array(
            v.strictObject({ key: v.string(), best: MeasuredValueSchema, last: MeasuredValueSchema }),
          ),
        }),
      ),
    }),
  },
  /** Native save dialog, then writes how runs are compared; null when cancelled. */
  'runs.saveView': {
    params: v.strictObject({ view: RunsViewSchema }),
    result: v.nullable(v.strictObject({ path: v.string() })),
  },
  /** Native dialog for such a file; null when cancelled. `missing` are ids of runs that are not here. */
  'runs.openView': {
    params: nothing,
    result: v.nullable(v.strictObject({ view: RunsViewSchema, missing: v.array(v.string()) })),
  },
  /** Native save dialog, then writes a comparison of two to eight runs as one page; null when cancelled. */
  'runs.writeComparison': {
    params: v.strictObject({ runIds }),
    result: v.nullable(v.strictObject({ path: v.string() })),
  },
} as const;
