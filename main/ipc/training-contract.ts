/** The part of the contract that is about training: planning, starting and steering it, what it tells meanwhile. */
import * as v from 'valibot';
import { ModelConfigSchema, PresetSchema } from '../../core/config/model.ts';
import { SettingsSchema } from '../../core/config/settings.ts';
import { FreeNameSchema, NameSchema } from '../../core/names.ts';
import { ErrorDataSchema } from '../../core/error-data.ts';
import { AlarmSchema, DiagnosticsSchema } from '../../core/run/diagnostics.ts';
import { EvaluationLineSchema } from '../../core/run/evaluation-line.ts';
import { HistoryLineSchema, RunChangesSchema } from '../../core/run/history-line.ts';
import { GRID_KINDS } from '../../core/run/grid-kinds.ts';
import { MetricsLineSchema } from '../../core/run/manifest.ts';
import { StartPointSchema } from '../../core/run/start-point.ts';

const nothing = v.strictObject({});
const step = v.pipe(v.number(), v.integer(), v.minValue(0));
const learningRate = v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1)));

/** A seed of random numbers: 32 bits. */
export const seed = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff));
/** Id of a run, which is the name of its folder. */
export const runId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._ -]{0,80}$/));

/** A picture that a training draws from always the same noise, or of always the same images. */
export const GridSchema = v.strictObject({ step, kind: v.picklist(GRID_KINDS) });

/** What the trainer is doing. One training at a time. */
export const TrainingStateSchema = v.strictObject({
  /** `diverged`: a step was not finite; the weights before it are kept. */
  phase: v.picklist([
    'idle',
    'preparing',
    'running',
    // The disk is full; the training goes on when there is room.
    'waiting',
    'paused',
    'stopping',
    'finished',
    'diverged',
    'failed',
  ]),
  runId: v.nullable(v.string()),
  /** Few words on what takes time while preparing; the sentence when waiting, failed or diverged. */
  detail: v.nullable(v.string()),
});

/** The phases in which the trainer holds a training, paused or not. */
export function isActivePhase(phase: v.InferOutput<typeof TrainingStateSchema>['phase']): boolean {
  return ['preparing', 'running', 'waiting', 'paused', 'stopping'].includes(phase);
}

export const TrainerStatusSchema = v.strictObject({
  state: v.picklist(['starting', 'ready', 'dead']),
  /** Why it died, in one sentence. */
  reason: v.nullable(v.string()),
  /** `CPU` or `GPU`, then its name and memory; null while unknown. */
  device: v.nullable(v.string()),
});

export const TrainProgressSchema = v.strictObject({
  ...MetricsLineSchema.entries,
  runId: v.string(),
  steps: v.number(),
  secondsLeft: v.nullable(v.number()),
});

/** Name of a preset of the program or of the library, or `run:` and the id of a run whose configuration is taken. */
const presetName = v.pipe(v.string(), v.maxLength(200));

/** What a training is made from: a data set, a preset, and what is changed of it. */
const plannedTraining = {
  dataset: NameSchema,
  /** null: the configuration of what it starts from. */
  preset: v.nullable(presetName),
  settings: v.optional(SettingsSchema),
  /** Weights to start from; default: none. */
  from: v.optional(StartPointSchema),
};

/** What two configurations have differently; `other` is left out where the other one has no such setting. */
const differences = v.array(
  v.strictObject({ key: v.string(), value: v.unknown(), other: v.optional(v.unknown()) }),
);

/** See `TrainingPlan` of core/train/plan/training-plan.ts. */
const TrainingPlanSchema = v.strictObject({
  parameters: v.number(),
  latent: v.array(v.number()),
  memory: v.strictObject({
    needed: v.number(),
    available: v.nullable(v.number()),
    remedy: v.nullable(
      v.strictObject({ batchSize: v.nullable(v.number()), accumulate: v.nullable(v.number()) }),
    ),
  }),
  step: v.nullable(
    v.strictObject({
      seconds: v.number(),
      from: v.picklist(['run', 'trial', 'other']),
      runId: v.nullable(v.string()),
    }),
  ),
  seconds: v.nullable(v.number()),
  disk: v.strictObject({
    checkpoint: v.number(),
    checkpoints: v.number(),
    records: v.number(),
    snapshots: v.number(),
    total: v.number(),
    free: v.nullable(v.number()),
  }),
  images: v.number(),
  epochs: v.number(),
});

/** Calls that are about training: channel → {params, result}. */
export const TrainingCalls = {
  'training.start': {
    params: v.strictObject({ ...plannedTraining, name: v.optional(FreeNameSchema), seed: v.optional(seed) }),
    result: v.strictObject({ runId: v.string() }),
  },
  /**
   * What a training would be made from: the whole configuration, or the sentence that says why it cannot be, with
   * the configuration that it would have without the setting that is wrong, if there is one.
   */
  'training.check': {
    params: v.strictObject(plannedTraining),
    result: v.strictObject({
      config: v.nullable(ModelConfigSchema),
      problem: v.nullable(
        v.strictObject({
          code: ErrorDataSchema.entries.code,
          /** Dotted key of the setting that is wrong; null when it is none alone. */
          key: v.nullable(v.string()),
          text: v.string(),
        }),
      ),
      /** λ(t) and β(t) over the times of the levels; null for a variant without them. */
      curves: v.nullable(
        v.strictObject({ t: v.array(v.number()), rec: v.array(v.number()), kl: v.array(v.number()) }),
      ),
      /** What the preset has differently. */
      differs: differences,
      /** The paper's preset for images like these, and what it has differently; null where there is none. */
      paper: v.nullable(v.strictObject({ name: v.string(), title: v.string(), differs: differences })),
    }),
  },
  /** What to expect from a data set, and how to train on it. */
  'training.advice': {
    params: v.strictObject({ dataset: NameSchema }),
    result: v.strictObject({
      text: v.string(),
      preset: v.string(),
      fineTune: v.boolean(),
      settings: SettingsSchema,
      passesOverData: v.number(),
      /** Why this preset is recommended for these images on this machine. */
      reason: v.string(),
    }),
  },
  /** What a start was trained with, laid out as a preset is; null for a file that does not say. */
  'training.startConfig': {
    params: v.strictObject({ from: StartPointSchema }),
    result: v.nullable(ModelConfigSchema),
  },
  /** Native dialog for a file of weights (safetensors or PyTorch) to start from; null when cancelled. */
  'training.chooseStart': { params: nothing, result: v.nullable(v.strictObject({ file: v.string() })) },
  /** The starting points that come with the program. */
  'starters.list': {
    params: nothing,
    result: v.array(
      v.strictObject({
        name: v.string(),
        title: v.string(),
        description: v.string(),
        imageSize: v.number(),
        channels: v.picklist([1, 3]),
      }),
    ),
  },
  /** Makes a starting point a run of the library, unless it is one. */
  'starters.add': {
    params: v.strictObject({ name: v.string() }),
    result: v.strictObject({ runId: v.string() }),
  },
  /** What a training of this configuration will need and take; null while the trainer cannot be asked. */
  'training.plan': {
    params: v.strictObject({ dataset: NameSchema, config: ModelConfigSchema }),
    result: v.nullable(TrainingPlanSchema),
  },
  /** Trains three steps of this configuration on made-up images and forgets them; what they took is known from then on. */
  'training.trial': {
    params: v.strictObject({ config: ModelConfigSchema }),
    result: v.strictObject({ seconds: v.number(), startSeconds: v.number() }),
  },
  /** The presets of the library, and files among them that are damaged. */
  'presets.own': {
    params: nothing,
    result: v.strictObject({
      presets: v.array(PresetSchema),
      damaged: v.array(v.strictObject({ name: v.string(), file: v.string(), problem: v.string() })),
    }),
  },
  /** A run's configuration in the form of a preset. */
  'presets.ofRun': { params: v.strictObject({ runId }), result: PresetSchema },
  'presets.save': {
    params: v.strictObject({ title: FreeNameSchema, description: v.string(), config: ModelConfigSchema }),
    result: PresetSchema,
  },
  /** Native dialog for files of presets; null when cancelled. */
  'presets.import': {
    params: nothing,
    result: v.nullable(
      v.strictObject({
        taken: v.array(PresetSchema),
        /** Files that cannot be used, and why in a sentence. */
        refused: v.array(v.strictObject({ file: v.string(), problem: v.string() })),
      }),
    ),
  },
  /** Native dialog for a preset's file; null when cancelled. */
  'presets.export': {
    params: v.strictObject({ preset: presetName }),
    result: v.nullable(v.strictObject({ path: v.string() })),
  },
  'presets.remove': { params: v.strictObject({ preset: presetName }), result: nothing },
  /**
   * Goes on with a run that was stopped, from its newest checkpoint; with another learning rate if given, and from
   * the checkpoint of step `from`, whose successors are set aside.
   */
  'training.resumeRun': {
    params: v.strictObject({ runId, learningRate, from: v.optional(step) }),
    result: nothing,
  },
  /** Asks the training under way for something out of turn: done after the step at hand. */
  'training.ask': {
    params: v.strictObject({ what: v.picklist(['samples', 'checkpoint', 'evaluation']) }),
    result: nothing,
  },
  /** Changes settings of the training under way, from its next step on; its history keeps them with step and time. */
  'training.change': { params: RunChangesSchema, result: nothing },
  'training.pause': { params: nothing, result: nothing },
  'training.resume': { params: nothing, result: nothing },
  'training.stop': { params: nothing, result: nothing },
  'trainer.restart': { params: nothing, result: nothing },
} as const;

/** What main tells of a training. */
export const TrainingEvents = {
  'training.state': TrainingStateSchema,
  /** At most ten a second. */
  'training.progress': TrainProgressSchema,
  /** Lines that were logged since the last such event: the curves, complete. At most ten events a second. */
  'training.logged': v.strictObject({ runId: v.string(), lines: v.array(MetricsLineSchema) }),
  /** Something happened that the run's history keeps. */
  'training.history': v.strictObject({ runId: v.string(), line: HistoryLineSchema }),
  /** Samples were drawn in one pass: the model has learned on since the last ones. */
  'training.samples': v.strictObject({ runId: v.string(), step: v.number() }),
  /** A picture can be fetched with `run.grid`. */
  'training.grid': v.strictObject({ runId: v.string(), ...GridSchema.entries }),
  /** Something looks wrong in the run that is trained. */
  'training.alarm': v.strictObject({ runId: v.string(), alarm: AlarmSchema }),
  'training.diagnostics': v.strictObject({ runId: v.string(), diagnostics: DiagnosticsSchema }),
  'training.evaluation': v.strictObject({ runId: v.string(), evaluation: EvaluationLineSchema }),
  /** How far an evaluation amid the training is, in images; null when it is over. */
  'training.evaluating': v.strictObject({
    runId: v.string(),
    progress: v.nullable(v.strictObject({ done: v.number(), total: v.number() })),
  }),
  /** A sentence the person should know, such as that a damaged checkpoint was passed over. */
  'training.notice': v.strictObject({
    runId: v.string(),
    text: v.string(),
    /** `over`: a trouble that was told before is no more. Default: `trouble`. */
    kind: v.exactOptional(v.picklist(['trouble', 'over'])),
  }),
  'trainer.status': TrainerStatusSchema,
} as const;
