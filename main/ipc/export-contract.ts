/** The part of the contract that is about taking things home: exports, single pictures, and files that say where they come from. */
import * as v from 'valibot';
import { ExportOrderSchema } from '../../core/takeout/order.ts';
import { runId } from './training-contract.ts';

const nothing = v.strictObject({});
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const jobId = v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/));

/** What is to be exported of which run. */
export const ExportRequestSchema = v.strictObject({ jobId, runId, order: ExportOrderSchema });

/** How far an export is. */
export const ExportProgressSchema = v.strictObject({
  /** What is done now, `Writing 64 samples as a zip file` for instance. */
  phase: v.string(),
  done: whole,
  /** Null while it is not known. */
  total: v.nullable(whole),
  perSecond: v.nullable(v.number()),
  secondsLeft: v.nullable(v.number()),
});

export const ExportJobSchema = v.strictObject({
  ...ExportRequestSchema.entries,
  /** File or folder that is written. */
  path: v.string(),
  state: v.picklist(['waiting', 'running', 'cancelling', 'failed']),
  progress: v.nullable(ExportProgressSchema),
  /** Why it failed, in one sentence. */
  problem: v.nullable(v.string()),
});

export const ExportCalls = {
  /** Native save dialog, then the export is put at the end of the queue; null when cancelled. */
  'exports.start': { params: ExportRequestSchema, result: v.nullable(v.strictObject({ path: v.string() })) },
  'exports.jobs': { params: nothing, result: v.array(ExportJobSchema) },
  /** Takes an export out of the queue; one under way is stopped and leaves nothing. */
  'exports.stop': { params: v.strictObject({ jobId }), result: nothing },
} as const;

export const ExportEvents = {
  /** The queue of exports changed. */
  'exports.jobs': v.array(ExportJobSchema),
  /** How far the export under way is; at most ten times a second. */
  'exports.progress': v.strictObject({ jobId, progress: ExportProgressSchema }),
  /** An export is there. */
  'exports.done': v.strictObject({
    jobId,
    images: whole,
    /** What they are, one of it: `sample`. */
    word: v.string(),
    files: v.array(v.string()),
    /** What a person should know of it. */
    remarks: v.array(v.string()),
  }),
} as const;

export type ExportRequest = v.InferOutput<typeof ExportRequestSchema>;
export type ExportProgress = v.InferOutput<typeof ExportProgressSchema>;
export type ExportJob = v.InferOutput<typeof ExportJobSchema>;
