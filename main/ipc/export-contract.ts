/** The part of the contract that is about taking things home: exports, single pictures, and files that say where they come from. */
import * as v from 'valibot';
import { LICENCE, MODEL_FORMATS } from '../../core/takeout/model-formats.ts';
import { ExportOrderSchema } from '../../core/takeout/order.ts';
import { LookSchema, ViewSchema } from '../../core/explore/view.ts';
import { filePath, ImagesSchema } from './datasets-contract.ts';
import { runId, seed } from './training-contract.ts';

const nothing = v.strictObject({});
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const jobId = v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/));

/** What is to be exported of which run. */
export const ExportRequestSchema = v.strictObject({ jobId, runId, order: ExportOrderSchema });

/** What is done in the background. */
export const TaskSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('export'), runId, order: ExportOrderSchema }),
  /** The model itself, for other programs. */
  v.strictObject({
    kind: v.literal('model'),
    runId,
    as: v.picklist(MODEL_FORMATS),
    step: v.union([v.picklist(['newest', 'best']), whole]),
    weights: v.picklist(['ema', 'raw']),
    /** SPDX identifier that the model card names. */
    licence: v.exactOptional(v.pipe(v.string(), v.regex(LICENCE))),
  }),
  /** A run as one archive. */
  v.strictObject({ kind: v.literal('archive'), runId }),
  /** A run from an archive or a folder. */
  v.strictObject({ kind: v.literal('import'), from: v.picklist(['file', 'folder']) }),
  /** The whole library to another folder. */
  v.strictObject({ kind: v.literal('move') }),
]);

/** How far an export is. */
export const ExportProgressSchema = v.strictObject({
  /** What is done now, `Writing 64 samples as a zip file` for instance. */
  phase: v.string(),
  /** What is counted. */
  unit: v.picklist(['images', 'bytes']),
  done: whole,
  /** Null while it is not known. */
  total: v.nullable(whole),
  perSecond: v.nullable(v.number()),
  secondsLeft: v.nullable(v.number()),
});

export const ExportJobSchema = v.strictObject({
  jobId,
  task: TaskSchema,
  /** File or folder that is written, or read. */
  path: v.string(),
  state: v.picklist(['waiting', 'running', 'cancelling', 'failed']),
  progress: v.nullable(ExportProgressSchema),
  /** Why it failed, in one sentence. */
  problem: v.nullable(v.string()),
});

const pixels = v.pipe(
  v.custom<Uint8Array>((value) => value instanceof Uint8Array),
  v.maxLength(100_000_000),
);
const side = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(16_384));
const timePoint = v.union([
  v.strictObject({ timeIndex: whole }),
  v.strictObject({ t: v.pipe(v.number(), v.finite(), v.gtValue(0)) }),
]);

/** The checkpoint that drew; when left out, the newest. */
const checkpoint = v.optional(v.union([v.literal('best'), whole]));

/** A picture of a draw of samples. */
const DrawOriginSchema = v.strictObject({
  runId,
  checkpoint,
  /** Place of the picture in the draw. */
  index: whole,
  count: whole,
  seed,
  passes: whole,
  start: v.optional(whole),
  prior: v.optional(v.literal('fitted')),
  temperature: v.optional(v.number()),
  laterTemperature: v.optional(v.number()),
  weights: v.optional(v.picklist(['ema', 'raw'])),
  label: v.optional(whole),
  guidance: v.optional(v.number()),
  reencodeAt: v.optional(v.array(timePoint)),
});

/** A picture of a view of latent space. */
const ViewOriginSchema = v.strictObject({
  runId,
  checkpoint,
  /** Place of the picture in the view. */
  index: whole,
  view: ViewSchema,
  look: LookSchema,
});

/** One picture as it is seen, and what it is of. */
export const PictureSchema = v.strictObject({
  height: side,
  width: side,
  channels: v.picklist([1, 3]),
  data: pixels,
  origin: v.nullable(v.union([ViewOriginSchema, DrawOriginSchema])),
});

const written = v.nullable(v.strictObject({ path: v.string() }));

/** What a file says of where it comes from. */
export const FileOriginSchema = v.strictObject({
  run: v.string(),
  /** Whether the run is in this library. */
  here: v.boolean(),
  /** Whether its checkpoint of that step is still there. */
  stepHere: v.boolean(),
  origin: v.record(v.string(), v.unknown()),
  /** The view of latent space that it is of; null for anything else. */
  view: v.nullable(v.strictObject({ view: ViewSchema, look: LookSchema })),
});

export const ExportCalls = {
  /** Native save dialog, then writes one picture as a PNG; null when cancelled. */
  'pictures.save': {
    params: v.strictObject({ picture: PictureSchema, name: v.pipe(v.string(), v.maxLength(200)) }),
    result: written,
  },
  /** Puts one picture into the clipboard. */
  'pictures.copy': { params: v.strictObject({ picture: PictureSchema }), result: nothing },
  /** Native save dialog, then writes the report of a run as one HTML file; null when cancelled. */
  'runs.report': { params: v.strictObject({ runId }), result: written },
  /** What a file says of itself; null when it says nothing of a run. */
  'files.origin': { params: v.strictObject({ path: filePath }), result: v.nullable(FileOriginSchema) },
  /** Native save dialog for a film that the window encodes; null when cancelled. */
  'films.choose': { params: ExportRequestSchema, result: written },
  /** Writes a film to where it was chosen for. */
  'films.write': { params: v.strictObject({ path: filePath, bytes: pixels }), result: nothing },
  /** Native dialog for where to, or where from, then the task is put at the end of the queue; null when cancelled. */
  'exports.start': { params: v.strictObject({ jobId, task: TaskSchema }), result: written },
  'exports.jobs': { params: nothing, result: v.array(ExportJobSchema) },
  /** Takes an export out of the queue; one under way is stopped and leaves nothing. */
  'exports.stop': { params: v.strictObject({ jobId }), result: nothing },
} as const;

export const ExportPixelCalls = {
  /** The frames of a film as they are shown, to be encoded, with the milliseconds of each and the text that goes with it. */
  'film.frames': {
    params: ExportRequestSchema,
    result: v.strictObject({
      frames: ImagesSchema,
      delaysMs: v.array(v.number()),
      text: v.record(v.string(), v.string()),
    }),
  },
} as const;

export const ExportEvents = {
  /** The queue of exports changed. */
  'exports.jobs': v.array(ExportJobSchema),
  /** How far the export under way is; at most ten times a second. */
  'exports.progress': v.strictObject({ jobId, progress: ExportProgressSchema }),
  /** A task is done. */
  'exports.done': v.strictObject({
    jobId,
    /** What came of it. */
    sentence: v.string(),
    /** What was written, what is wanted first. */
    files: v.array(v.string()),
    /** What a person should know of it. */
    remarks: v.array(v.string()),
  }),
} as const;

export type ExportRequest = v.InferOutput<typeof ExportRequestSchema>;
export type Task = v.InferOutput<typeof TaskSchema>;
export type ExportProgress = v.InferOutput<typeof ExportProgressSchema>;
export type ExportJob = v.InferOutput<typeof ExportJobSchema>;
export type Picture = v.InferOutput<typeof PictureSchema>;
