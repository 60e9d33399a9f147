/** The part of the contract that is about draws: made, listed, looked at, marked, measured, saved. */
import * as v from 'valibot';
import {
  DrawAskedSchema,
  DrawIdSchema,
  DrawMeasuresSchema,
  KeptDrawSchema,
  MarkChangeSchema,
  MarksSchema,
  MAX_DRAWN,
  MeasureBySchema,
} from '../../core/explore/draws/draw-record.ts';
import { ImagesSchema } from './datasets-contract.ts';
import { runId } from './training-contract.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const nothing = v.strictObject({});
const place = v.pipe(count, v.maxValue(MAX_DRAWN - 1));
const draw = { runId, id: DrawIdSchema };

/** The checkpoint that draws: the best one, or that of a step; when left out, the newest or the model in training. */
const checkpoint = v.optional(v.union([v.literal('best'), count]));

export const DrawOrderSchema = v.strictObject({
  runId,
  count: v.pipe(count, v.minValue(1), v.maxValue(MAX_DRAWN)),
  ...DrawAskedSchema.entries,
  checkpoint,
});

export const DrawProgressSchema = v.strictObject({
  runId: v.string(),
  /** What the window called the order. */
  orderId: v.string(),
  id: DrawIdSchema,
  done: count,
  total: count,
  perSecond: v.nullable(v.number()),
  secondsLeft: v.nullable(v.number()),
});

/** How many images are encoded for a fitted prior, before a draw begins. */
export const DrawFittingSchema = v.strictObject({ orderId: v.string(), done: count, total: count });

const orderId = v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/));

export const DrawCalls = {
  /** All draws that are kept of a run, newest first, and sentences on those that cannot be read. */
  'draws.list': {
    params: v.strictObject({ runId }),
    result: v.strictObject({ draws: v.array(KeptDrawSchema), problems: v.array(v.string()) }),
  },
  /** Draws and keeps as it goes, told by `draws.progress`; answers when it is done or was stopped, null when nothing came of it. */
  'draws.make': {
    params: v.strictObject({ ...DrawOrderSchema.entries, orderId }),
    result: v.nullable(KeptDrawSchema),
  },
  /** Stops a draw within one network call; what was drawn stays. */
  'draws.stop': { params: v.strictObject({ orderId }), result: nothing },
  'draws.mark': { params: v.strictObject({ ...draw, change: MarkChangeSchema }), result: MarksSchema },
  'draws.remove': { params: v.strictObject(draw), result: nothing },
  /** Undoes the removal of a draw. */
  'draws.bringBack': { params: v.strictObject(draw), result: nothing },
  /** The images of the run's data set that are nearest to a sample, pixel by pixel. */
  'draws.nearest': {
    params: v.strictObject({ ...draw, index: place, count: v.pipe(count, v.minValue(1), v.maxValue(24)) }),
    result: v.strictObject({
      images: v.array(v.strictObject({ index: count, distance: v.number() })),
      neighbourDistance: v.nullable(v.number()),
    }),
  },
  /** What was measured of a draw; null where nothing was. */
  'draws.measures': { params: v.strictObject(draw), result: v.nullable(DrawMeasuresSchema) },
  /** Measures every sample, told by `draws.measuring`, and keeps it. */
  'draws.measure': { params: v.strictObject({ ...draw, by: MeasureBySchema }), result: DrawMeasuresSchema },
  /** Native save dialog, then writes samples of a draw; null when cancelled. */
  'draws.save': {
    params: v.strictObject({
      ...draw,
      indices: v.pipe(v.array(place), v.minLength(1), v.maxLength(MAX_DRAWN)),
      as: v.picklist(['grid', 'png', 'zip', 'npz']),
    }),
    result: v.nullable(v.strictObject({ path: v.string() })),
  },
} as const;

export const DrawPixelCalls = {
  /** Samples of a draw, in the order of their places. */
  'draws.images': {
    params: v.strictObject({ ...draw, indices: v.pipe(v.array(place), v.minLength(1), v.maxLength(2_000)) }),
    result: ImagesSchema,
  },
} as const;

export const DrawEvents = {
  /** How far a draw is; at most ten times a second. */
  'draws.progress': DrawProgressSchema,
  'draws.fitting': DrawFittingSchema,
  /** How far the measuring of a draw is. */
  'draws.measuring': v.strictObject({ runId: v.string(), id: DrawIdSchema, done: count, total: count }),
  /** The draws of a run, or marks in them, are others than before. */
  'draws.changed': v.strictObject({ runId: v.string() }),
} as const;

export type DrawFitting = v.InferOutput<typeof DrawFittingSchema>;
export type DrawProgress = v.InferOutput<typeof DrawProgressSchema>;
