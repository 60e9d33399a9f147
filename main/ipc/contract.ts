/**
 * The one contract between the window and the main process. Three kinds of traffic:
 * - `Calls`: the window asks, main answers (ipcRenderer.invoke). Small, JSON-like.
 * - `PixelCalls`: the window asks for pixels over a MessagePort; answers carry Uint8Array.
 * - `Events`: main tells the window.
 * Every message is checked against its schema at the gate, with the sender's frame and origin.
 */
import * as v from 'valibot';
import { DatasetRecordSchema, NameSchema } from '../../core/data/dataset.ts';
import { MetricsLineSchema } from '../../core/run/manifest.ts';
import { PresetSchema } from '../../core/train/config.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const seed = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff));
const runId = v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._ -]{0,80}$/));
const nothing = v.strictObject({});
const imageIndex = count;

/** Every failed call answers with one sentence for the person. */
export const FailureSchema = v.strictObject({ ok: v.literal(false), message: v.string() });

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
  imageSize: v.number(),
  channels: v.picklist([1, 3]),
  parameters: v.nullable(v.number()),
  problem: v.nullable(v.string()),
});

export const ImportSourceSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('sample') }),
  /** A folder chosen in the dialog or dropped on the window. */
  v.strictObject({ kind: v.literal('folder'), path: v.pipe(v.string(), v.minLength(1)) }),
]);

/** What the trainer is doing. One training at a time. */
export const TrainingStateSchema = v.strictObject({
  phase: v.picklist(['idle', 'preparing', 'running', 'paused', 'stopping', 'finished', 'failed']),
  runId: v.nullable(v.string()),
  /** Few words on what takes time while preparing; the sentence when failed. */
  detail: v.nullable(v.string()),
});

export const TrainerStatusSchema = v.strictObject({
  state: v.picklist(['starting', 'ready', 'dead']),
  /** Why it died, in one sentence. */
  reason: v.nullable(v.string()),
  /** `CPU` or the name of the GPU; null while unknown. */
  device: v.nullable(v.string()),
});

export const TrainProgressSchema = v.strictObject({
  ...MetricsLineSchema.entries,
  runId: v.string(),
  steps: v.number(),
  secondsLeft: v.nullable(v.number()),
});

export const ImportEventSchema = v.strictObject({
  jobId: v.string(),
  name: v.string(),
  done: v.number(),
  total: v.nullable(v.number()),
  skipped: v.number(),
  imagesPerSecond: v.number(),
  secondsLeft: v.nullable(v.number()),
});

/** A set of images drawn earlier and kept in the run folder. */
export const SavedSamplesSchema = v.strictObject({
  runId: v.string(),
  /** File name inside the run's `samples/`. */
  file: v.string(),
  step: v.number(),
  seed: v.nullable(v.number()),
  count: v.number(),
  passes: v.number(),
  createdAt: v.string(),
});

const sampleParams = v.strictObject({
  runId,
  count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)),
  seed,
  passes: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16)),
});

/** Two images of the run's data set. */
const interpolationEnds = { runId, a: imageIndex, b: imageIndex, timeIndex: v.optional(count) };

/** The window asks, main answers: channel → {params, result}. */
export const Calls = {
  'app.info': {
    params: nothing,
    result: v.strictObject({
      version: v.string(),
      home: v.string(),
      electron: v.string(),
      trainer: TrainerStatusSchema,
      training: TrainingStateSchema,
    }),
  },
  /** Shows a file or folder of the library, or one exported in this session, in the file manager. */
  'app.reveal': { params: v.strictObject({ path: v.string() }), result: nothing },

  'datasets.list': {
    params: nothing,
    /** `problem` is a sentence when the folder is damaged; such a data set cannot be used. */
    result: v.array(
      v.strictObject({
        record: v.nullable(DatasetRecordSchema),
        name: v.string(),
        problem: v.nullable(v.string()),
      }),
    ),
  },
  /** Native folder dialog; null when cancelled. */
  'datasets.chooseFolder': { params: nothing, result: v.nullable(v.string()) },
  /** Answers when the import is done; progress comes as `datasets.progress` with the same jobId (chosen by the window). */
  'datasets.import': {
    params: v.strictObject({
      jobId: v.pipe(v.string(), v.minLength(1), v.maxLength(64)),
      source: ImportSourceSchema,
      name: NameSchema,
      /** Side in pixels; null keeps the sample's own 28. */
      size: v.nullable(v.pipe(v.number(), v.integer(), v.minValue(8), v.maxValue(256))),
      channels: v.picklist([1, 3]),
    }),
    result: DatasetRecordSchema,
  },
  'datasets.cancelImport': { params: v.strictObject({ jobId: v.string() }), result: nothing },
  /** Moves the data set's folder to the system's trash. */
  'datasets.remove': { params: v.strictObject({ name: NameSchema }), result: nothing },

  'presets.list': { params: nothing, result: v.array(PresetSchema) },
  'runs.list': { params: nothing, result: v.array(RunSummarySchema) },
  /** Logged lines, thinned to at most 2,000 evenly spaced ones. */
  'runs.metrics': { params: v.strictObject({ runId }), result: v.array(MetricsLineSchema) },
  'runs.savedSamples': { params: nothing, result: v.array(SavedSamplesSchema) },
  'runs.remove': { params: v.strictObject({ runId }), result: nothing },

  'training.start': {
    params: v.strictObject({
      dataset: NameSchema,
      preset: v.string(),
      name: v.optional(NameSchema),
      seed: v.optional(seed),
      steps: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(100_000_000))),
      batchSize: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(65_536))),
      learningRate: v.optional(v.pipe(v.number(), v.gtValue(0), v.maxValue(1))),
    }),
    result: v.strictObject({ runId: v.string() }),
  },
  /** Goes on with a run that was stopped, from its newest checkpoint. */
  'training.resumeRun': { params: v.strictObject({ runId }), result: nothing },
  'training.pause': { params: nothing, result: nothing },
  'training.resume': { params: nothing, result: nothing },
  'training.stop': { params: nothing, result: nothing },
  'trainer.restart': { params: nothing, result: nothing },

  /** Draws, keeps the grid in the run's `samples/` folder and returns its entry (pixels: `model.sample`). */
  'samples.keep': { params: sampleParams, result: SavedSamplesSchema },
  /** Native save dialog, then writes; null when cancelled. `grid` one PNG, `singles` a folder of PNGs. */
  'samples.export': {
    params: v.strictObject({ ...sampleParams.entries, as: v.picklist(['grid', 'singles']) }),
    result: v.nullable(v.strictObject({ path: v.string(), files: v.number() })),
  },
  'interpolate.export': {
    params: v.strictObject({
      ...interpolationEnds,
      frames: v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(256)),
    }),
    result: v.nullable(v.strictObject({ path: v.string() })),
  },
} as const;

const imagesResult = v.strictObject({
  count,
  height: count,
  width: count,
  channels: v.picklist([1, 3]),
  data: v.custom<Uint8Array>((value) => value instanceof Uint8Array, 'Expected bytes'),
});

/** Pixels, over the MessagePort: kind → {params, result}. */
export const PixelCalls = {
  /** Images `start` … `start + count − 1` of a data set (fewer at its end). Served by main from disk. */
  'dataset.images': {
    params: v.strictObject({
      name: NameSchema,
      start: count,
      count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(2_000)),
    }),
    result: imagesResult,
  },
  /** The newest fixed-noise grid of the run being trained or of one on disk: 64 one-step images; count 0 when none yet. */
  'run.latestSamples': {
    params: v.strictObject({ runId }),
    result: v.strictObject({ ...imagesResult.entries, step: count }),
  },
  'model.sample': { params: sampleParams, result: imagesResult },
  /** One picture a position, 0 … 1 on the way from image a to image b. */
  'model.interpolate': {
    params: v.strictObject({
      ...interpolationEnds,
      positions: v.pipe(
        v.array(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
        v.minLength(1),
        v.maxLength(64),
      ),
    }),
    result: imagesResult,
  },
} as const;

/** Main tells the window. */
export const Events = {
  'datasets.progress': ImportEventSchema,
  /** The folder of data sets or runs changed; ask again. */
  'library.changed': v.strictObject({ what: v.picklist(['datasets', 'runs', 'samples']) }),
  'training.state': TrainingStateSchema,
  /** At most ten a second. */
  'training.progress': TrainProgressSchema,
  /** A new fixed-noise grid can be fetched with `run.latestSamples`. */
  'training.samples': v.strictObject({ runId: v.string(), step: v.number() }),
  'trainer.status': TrainerStatusSchema,
} as const;

export type CallName = keyof typeof Calls;
export type CallParams<C extends CallName> = v.InferOutput<(typeof Calls)[C]['params']>;
export type CallResult<C extends CallName> = v.InferOutput<(typeof Calls)[C]['result']>;
export type PixelCallName = keyof typeof PixelCalls;
export type PixelParams<C extends PixelCallName> = v.InferOutput<(typeof PixelCalls)[C]['params']>;
export type PixelResult<C extends PixelCallName> = v.InferOutput<(typeof PixelCalls)[C]['result']>;
export type EventName = keyof typeof Events;
export type EventPayload<E extends EventName> = v.InferOutput<(typeof Events)[E]>;

/** What `invoke` resolves to: the value, or the sentence for the person. It never rejects for a failed call. */
export type Answer<T> = { ok: true; value: T } | v.InferOutput<typeof FailureSchema>;

/** `window.covae`, put there by the preload. */
export interface CovaeBridge {
  invoke<C extends CallName>(channel: C, params: CallParams<C>): Promise<Answer<CallResult<C>>>;
  on<E extends EventName>(event: E, listener: (payload: EventPayload<E>) => void): () => void;
  /** Path of a dropped file or folder. */
  pathForFile(file: File): string;
}

/**
 * The preload hands the window one MessagePort for pixels: `window` gets a message event with
 * `data === PIXEL_PORT_MESSAGE` and the port. Then, over the port:
 * request `{ id, kind, params }`, answer `{ id, ok: true, value }` or `{ id, ok: false, message }`.
 */
export { PIXEL_PORT_MESSAGE } from './channels.ts';

export interface PixelRequest<C extends PixelCallName = PixelCallName> {
  id: number;
  kind: C;
  params: PixelParams<C>;
}

export type PixelAnswer<C extends PixelCallName = PixelCallName> =
  { id: number; ok: true; value: PixelResult<C> } | { id: number; ok: false; message: string };
