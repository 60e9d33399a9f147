/**
 * The one contract between the window and the main process. Three kinds of traffic:
 * - `Calls`: the window asks, main answers (ipcRenderer.invoke). Small, JSON-like.
 * - `PixelCalls`: the window asks for pixels over a MessagePort; answers carry Uint8Array.
 * - `Events`: main tells the window.
 * What the window asks is checked against its schema at the gate, with the sender's frame and origin. Calls and requests
 * for pixels can be cancelled while they are under way.
 */
import * as v from 'valibot';
import { ContinuationSchema } from '../../core/schedule/continuation.ts';
import { BestCheckpointSchema, EvaluationLineSchema } from '../../core/run/evaluation-line.ts';
import { type CurveKey, CURVES } from '../../core/run/curves.ts';
import { HistoryLineSchema } from '../../core/run/history-line.ts';
import { OutcomeSchema } from '../../core/run/outcome.ts';
import { AlarmSchema, DiagnosticsSchema } from '../../core/run/diagnostics.ts';
import { ErrorDataSchema } from '../../core/error-data.ts';
import { ModelConfigSchema, PresetSchema } from '../../core/config/model.ts';
import { NameSchema } from '../../core/data/dataset.ts';
import {
  DatasetCalls,
  DatasetEvents,
  DatasetPixelCalls,
  filePath,
  ImagesSchema,
} from './datasets-contract.ts';
import { DrawCalls, DrawEvents, DrawOrderSchema, DrawPixelCalls } from './draws-contract.ts';
import { ExportCalls, ExportEvents, ExportPixelCalls } from './export-contract.ts';
import { ExploreCalls, ExploreEvents, ExplorePixelCalls } from './explore-contract.ts';
import { EvaluationCalls, EvaluationEvents, EvaluationPixelCalls } from './evaluation-contract.ts';
import { PreferenceCalls, PreferenceEvents } from './preferences-contract.ts';
import { QueueCalls, QueueEvents } from './queue-contract.ts';
import { RunCalls, RunEvents } from './runs-contract.ts';
import { ShellCalls, ShellEvents } from './shell-contract.ts';
import {
  runId,
  seed,
  GridSchema,
  TrainerStatusSchema,
  TrainingCalls,
  TrainingEvents,
  TrainingStateSchema,
} from './training-contract.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const nothing = v.strictObject({});

/** Every failed call answers with what machines need to know of it, and one sentence for the person. */
export const FailureSchema = v.strictObject({ ok: v.literal(false), ...ErrorDataSchema.entries });

export const RunSummarySchema = v.strictObject({
  id: v.string(),
  name: v.string(),
  createdAt: v.string(),
  preset: v.nullable(v.string()),
  dataset: v.nullable(v.string()),
  seed: v.number(),
  steps: v.number(),
  step: v.number(),
  drawable: v.boolean(),
  lastLoss: v.nullable(v.number()),
  checkpoints: v.array(v.number()),
  best: v.nullable(BestCheckpointSchema),
  /** What it started from, in words. */
  startedFrom: v.exactOptional(v.string()),
  parent: v.exactOptional(
    v.strictObject({
      id: v.string(),
      step: v.nullable(v.number()),
      changed: v.nullable(v.array(v.strictObject({ key: v.string(), value: v.unknown() }))),
      average: v.exactOptional(v.number()),
    }),
  ),
  continued: v.exactOptional(v.array(ContinuationSchema)),
  fingerprint: v.exactOptional(v.string()),
  snapshots: v.exactOptional(v.number()),
  tags: v.array(v.string()),
  note: v.string(),
  variant: v.nullable(v.picklist(['covae', 's-covae', 'beta-vae'])),
  differs: v.array(v.strictObject({ key: v.string(), value: v.unknown() })),
  seconds: v.nullable(v.number()),
  bytes: v.number(),
  lastMeasured: v.nullable(BestCheckpointSchema),
  imageSize: v.number(),
  channels: v.picklist([1, 3]),
  parameters: v.nullable(v.number()),
  damage: v.nullable(v.string()),
  problem: v.nullable(v.string()),
  outcome: OutcomeSchema,
});

const curveKey = v.picklist(Object.keys(CURVES) as [CurveKey, ...CurveKey[]]);

const floats = v.custom<Float64Array>((value) => value instanceof Float64Array);

const CurveColumnSchema = v.strictObject({
  mean: floats,
  min: floats,
  max: floats,
});

/** The window asks, main answers: channel → {params, result}. */
export const Calls = {
  'app.info': {
    params: nothing,
    result: v.strictObject({
      version: v.string(),
      home: v.string(),
      /** Where it really is: the library's folder may be a link to another one. */
      folder: v.string(),
      electron: v.string(),
      /** Whether there was a window with this user data before: then there was a catalogue, too. */
      startedBefore: v.boolean(),
      trainer: TrainerStatusSchema,
      training: TrainingStateSchema,
    }),
  },
  /** Sentences for the person that have not been asked for yet; see the event `app.noticed`. */
  'app.notices': { params: nothing, result: v.array(v.string()) },
  /** Shows a file or folder of the library, or one exported in this session, in the file manager. */
  'app.reveal': { params: v.strictObject({ path: filePath }), result: nothing },

  ...DatasetCalls,
  'presets.list': { params: nothing, result: v.array(PresetSchema) },
  'runs.list': { params: nothing, result: v.array(RunSummarySchema) },
  /** Native save dialog, then writes curves as a table or a picture; null when cancelled. */
  'runs.exportCurves': {
    params: v.strictObject({
      runId,
      keys: v.pipe(v.array(curveKey), v.minLength(1)),
      as: v.picklist(['csv', 'svg', 'png']),
      axis: v.picklist(['step', 'images', 'epochs', 'time']),
      logarithmic: v.boolean(),
      smoothing: v.pipe(v.number(), v.minValue(0), v.ltValue(1)),
    }),
    result: v.nullable(v.strictObject({ path: v.string() })),
  },
  /** Alarms, what was measured over t and evaluations, oldest first; at most 200 of the latter two, evenly spaced. */
  'runs.diagnostics': {
    params: v.strictObject({ runId }),
    result: v.strictObject({
      variant: v.picklist(['covae', 's-covae', 'beta-vae']),
      /** The configured one, before warm-up and decay. */
      learningRate: v.number(),
      /** Step of the newest checkpoint before the one in use; 0 when there is none. */
      earlierStep: v.number(),
      alarms: v.array(AlarmSchema),
      diagnostics: v.array(DiagnosticsSchema),
      evaluations: v.array(EvaluationLineSchema),
      /** When it began, was gone on with, was changed and ended. */
      history: v.array(HistoryLineSchema),
    }),
  },
  /**
   * What is damaged in a run, with its newest checkpoints held to their hashes: `step` is that of the one in use, null
   * when there is none. `setAside` is what going back has set aside and `runs.bringBack` brings back.
   */
  'runs.health': {
    params: v.strictObject({ runId }),
    result: v.strictObject({
      step: v.nullable(count),
      remarks: v.array(v.string()),
      setAside: v.nullable(v.strictObject({ step: count, checkpoints: v.array(count) })),
    }),
  },
  /** Undoes going back to an earlier step; a training of the run that is under way ends without saving. */
  'runs.bringBack': { params: v.strictObject({ runId }), result: nothing },
  /** What can be chosen when a run draws. */
  'runs.drawing': {
    params: v.strictObject({ runId }),
    result: v.strictObject({
      /** The final time steps; index `middle` is where passes encode again by default. */
      timeSteps: v.array(v.number()),
      middle: v.number(),
      /** Names of the classes that the model knows; none for a model without classes. */
      classes: v.array(v.string()),
      /** Whether the first noise has a size that can be changed: categorical latents have none. */
      temperature: v.boolean(),
      /** Whether a prior can be fitted to the encodings of its training images. */
      fittable: v.boolean(),
      /** Shape of a latent: [h, w, channels], or [values] for a vector and for several levels. */
      latent: v.array(v.number()),
    }),
  },
  /** The pictures that a run's training drew from always the same noise and images, by rising step. */
  'runs.grids': { params: v.strictObject({ runId }), result: v.array(GridSchema) },

  ...RunCalls,
  ...QueueCalls,
  ...PreferenceCalls,
  ...ShellCalls,
  ...TrainingCalls,
  ...EvaluationCalls,
  ...ExploreCalls,
  ...ExportCalls,
  ...DrawCalls,
} as const;

/** Pixels, over the MessagePort: kind → {params, result}. */
export const PixelCalls = {
  ...DatasetPixelCalls,
  ...EvaluationPixelCalls,
  ...ExportPixelCalls,
  ...ExplorePixelCalls,
  ...DrawPixelCalls,
  /** A picture that the training of a run drew; see `runs.grids`. */
  'run.grid': {
    params: v.strictObject({ runId, ...GridSchema.entries }),
    result: v.strictObject({
      ...ImagesSchema.entries,
      columns: count,
      /** Of reconstructions, the time t of each row after the first, which has the images themselves. */
      times: v.array(v.number()),
      /** Of reconstructions, the number of each column's image in the data set. */
      images: v.array(v.number()),
    }),
  },
  /** All that was logged of a run, as columns. */
  'run.curves': {
    params: v.strictObject({ runId }),
    result: v.strictObject({
      steps: floats,
      seconds: floats,
      columns: v.record(curveKey, v.optional(CurveColumnSchema)),
      batchSize: v.number(),
      images: v.nullable(v.number()),
    }),
  },
  /** Draws, and keeps nothing. */
  'model.sample': { params: DrawOrderSchema, result: ImagesSchema },
  /** Images of a data set beside what a training of this configuration makes of them: row by row, each image and its copies. */
  'augment.preview': {
    params: v.strictObject({
      dataset: NameSchema,
      config: ModelConfigSchema,
      rows: v.pipe(count, v.minValue(1), v.maxValue(16)),
      copies: v.pipe(count, v.minValue(1), v.maxValue(16)),
      seed,
    }),
    result: v.strictObject({ ...ImagesSchema.entries, columns: count }),
  },
} as const;

/** Main tells the window. */
export const Events = {
  ...DatasetEvents,
  /** There are sentences to ask for with `app.notices`. */
  'app.noticed': nothing,
  /** The folder of data sets or runs changed; ask again. */
  'library.changed': v.strictObject({ what: v.picklist(['datasets', 'runs']) }),
  ...TrainingEvents,
  ...QueueEvents,
  ...PreferenceEvents,
  ...ShellEvents,
  ...EvaluationEvents,
  ...ExploreEvents,
  ...ExportEvents,
  ...DrawEvents,
  ...RunEvents,
} as const;

export type CallName = keyof typeof Calls;
export type CallParams<C extends CallName> = v.InferOutput<(typeof Calls)[C]['params']>;
export type CallResult<C extends CallName> = v.InferOutput<(typeof Calls)[C]['result']>;
export type PixelCallName = keyof typeof PixelCalls;
export type PixelParams<C extends PixelCallName> = v.InferOutput<(typeof PixelCalls)[C]['params']>;
export type PixelResult<C extends PixelCallName> = v.InferOutput<(typeof PixelCalls)[C]['result']>;
export type EventName = keyof typeof Events;
export type EventPayload<E extends EventName> = v.InferOutput<(typeof Events)[E]>;

/** For the window's sentences, too. */
export { descentOf } from '../../core/run/descent.ts';
export { changesClause, type HistoryLine } from '../../core/run/history-line.ts';
export { collapseSentence, outcomeText } from '../../core/run/outcome.ts';
export {
  CURVE_AXES,
  type CurveAxis,
  type CurveColumn,
  type CurveKey,
  type CurvePoint,
  curvesOf,
  CURVES,
  keysOf,
  placesOn,
  pointsOf,
  smoothed,
} from '../../core/run/curves.ts';
export { bandOf, type CurveBand } from '../../core/run/curve-groups.ts';
export { RunsViewSchema, type RunsView } from '../../core/run/runs-view.ts';
export { MEASURE_NAMES } from '../../core/run/evaluation-words.ts';
export { countOf, listOf, plural } from '../../core/words.ts';
export { changedMarks, MAX_DRAWN, MAX_NOTE, sortedPlaces } from '../../core/explore/draws/draw-record.ts';
export type {
  DrawMeasures,
  KeptDraw,
  MarkChange,
  Marks,
  MeasureBy,
} from '../../core/explore/draws/draw-record.ts';
export { commandOfView } from '../../core/explore/view-command.ts';
export { shellWord } from '../../core/shell-word.ts';
export {
  formatPoint,
  KeyPointSchema,
  parsePoint,
  partsOf,
  pointWords,
} from '../../core/explore/points/point.ts';
export { MAP_LIMITS, MAP_TITLES, type MapMethod } from '../../core/explore/map/map-order.ts';
export { framePositions } from '../../core/explore/paths/pace.ts';
export { type Area, areaOf, gridPlaces, MOST_BEYOND, WHOLE_AREA } from '../../core/explore/plane/places.ts';
export {
  MAX_SAVED_NAME,
  SAVED_WORDS,
  type SavedThing,
  SavedThingSchema,
} from '../../core/explore/saved/saved-thing.ts';
export { MAX_KEY_POINTS, picturesOf } from '../../core/explore/view.ts';
export { MEASURE_TABLE } from '../../core/evaluate/measure-table.ts';
export { MAX_MINUTES, stepsIn } from '../../core/schedule/steps-in.ts';
export { noiseWords } from '../../core/explore/noise-words.ts';
export { unusual } from '../../core/explore/unusual.ts';
export {
  againstWords,
  differencesOf,
  drawingKey,
  formatMeasure,
  measuredKeys,
  measureLabel,
  namesOf,
  protocolKey,
  sortEvaluations,
} from '../../core/evaluate/comparison.ts';
export type { QueueView } from './queue-contract.ts';
export type { EvaluationJob, EvaluationOrder, EvaluationProgress } from './evaluation-contract.ts';
export type { DrawFitting, DrawProgress } from './draws-contract.ts';
export type { ExportJob, ExportProgress, ExportRequest, Picture, Task } from './export-contract.ts';
export { LICENCE, type ModelFormat } from '../../core/takeout/model-formats.ts';
export * from '../../core/takeout/order.ts';
export { NAME_ENCODINGS, NAME_ENCODING_TITLES } from '../../core/data/readers/name-encoding.ts';
export { suitingRequest, suits } from '../../core/data/import/kind-options.ts';
export { KEPT_OVER_VARIANTS } from '../../core/config/defaults.ts';
export {
  broughtAlong,
  isEffective,
  refusalOf,
  switchedOff,
  switchedOn,
  valueAt,
} from '../../core/config/setting-rules.ts';
export { isOptionalKey, SETTING_GROUPS, SETTINGS } from '../../core/config/settings-table.ts';
export { factsOf } from '../../core/config/settings-text.ts';
export { ACTION_IDS, type ActionId, actionOf, isKey, KEYS_OF_PARTS, keyWords } from './actions.ts';
export {
  DEFAULT_PREFERENCES,
  LANGUAGES,
  type PreferenceChange,
  type Preferences,
} from '../../core/preferences.ts';
export { distinctName, FreeNameSchema } from '../../core/names.ts';
export { DEFAULT_SETTINGS, MAX_SIZE, MIN_SIZE, OFFERED_SIZES } from '../../core/data/import/settings.ts';
export {
  isActivePhase,
  TrainerStatusSchema,
  TrainingStateSchema,
  TrainProgressSchema,
} from './training-contract.ts';
export { DatasetEntrySchema, ImportSettingsSchema, SourceRequestSchema } from './datasets-contract.ts';
export type {
  ImageFlags,
  ImportJob,
  ImportOrder,
  ImportPreview,
  ImportProgress,
  ImportSettings,
  OriginKind,
  SourceKind,
  SourceRequest,
} from './datasets-contract.ts';

export type Failure = v.InferOutput<typeof FailureSchema>;
/** What `invoke` resolves to: the value, or the failure. It never rejects for a failed call. */
export type Answer<T> = { ok: true; value: T } | Failure;

/** `window.covae`, put there by the preload. */
export interface CovaeBridge {
  /** @param id a number that no other call of this page has, for {@link cancel} */
  invoke<C extends CallName>(channel: C, params: CallParams<C>, id?: number): Promise<Answer<CallResult<C>>>;
  /** Takes a call back: main stops working on it, within one call of the network where it draws. */
  cancel(id: number): void;
  on<E extends EventName>(event: E, listener: (payload: EventPayload<E>) => void): () => void;
  /** Path of a dropped file or folder. */
  pathForFile(file: File): string;
}

/**
 * The preload hands the window one MessagePort for pixels: `window` gets a message event with
 * `data === PIXEL_PORT_MESSAGE` and the port. Then, over the port:
 * request `{ id, kind, params }`, or `{ cancel: id }` to take one back; answer `{ id, ok: true, value }` or `{ id, ok: false, code, message, … }`.
 */
export { PIXEL_PORT_MESSAGE } from './channels.ts';

export interface PixelRequest<C extends PixelCallName = PixelCallName> {
  id: number;
  kind: C;
  params: PixelParams<C>;
}

export type PixelAnswer<C extends PixelCallName = PixelCallName> =
  { id: number; ok: true; value: PixelResult<C> } | ({ id: number } & Failure);
