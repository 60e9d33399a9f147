/** What is kept of a draw beside its pixels: how it was made, and what a person marked in it. */
import * as v from 'valibot';
import { TimePointSchema } from '../time-point.ts';

/** Most samples of one kept draw. */
export const MAX_DRAWN = 50_000;
/** Longest note on a sample or a draw, in characters. */
export const MAX_NOTE = 2_000;

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const temperature = v.pipe(v.number(), v.minValue(0), v.maxValue(100));
const place = v.pipe(whole, v.maxValue(MAX_DRAWN - 1));

export const DrawIdSchema = v.pipe(v.string(), v.regex(/^[a-z0-9][\w-]{0,99}$/i));

/** How a draw was asked for, see SampleOptions in ../api.ts; what is as usual is left out. */
export const DrawAskedSchema = v.object({
  seed: v.pipe(whole, v.maxValue(0xffffffff)),
  passes: v.pipe(whole, v.minValue(1), v.maxValue(16)),
  start: v.optional(whole),
  prior: v.optional(v.literal('fitted')),
  temperature: v.optional(temperature),
  laterTemperature: v.optional(temperature),
  weights: v.optional(v.picklist(['ema', 'raw'])),
  label: v.optional(whole),
  guidance: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(100))),
  reencodeAt: v.optional(v.array(TimePointSchema)),
});

/** `draw.json` in the folder of a draw. */
export const DrawRecordSchema = v.object({
  format: v.literal('covae-draw'),
  version: v.literal(1),
  /** The run that drew, and the step of the weights of the first image, and of the last where the model learned meanwhile. */
  run: v.string(),
  step: whole,
  lastStep: v.optional(whole),
  createdAt: v.string(),
  /** How many samples were asked for: a draw that was stopped has fewer. */
  asked: v.pipe(whole, v.minValue(1), v.maxValue(MAX_DRAWN)),
  height: v.pipe(whole, v.minValue(1), v.maxValue(4096)),
  width: v.pipe(whole, v.minValue(1), v.maxValue(4096)),
  channels: v.picklist([1, 3]),
  ...DrawAskedSchema.entries,
});
export type DrawRecord = v.InferOutput<typeof DrawRecordSchema>;

/** What a person has marked. Numbers are places in the draw, 0 the first, by rising number. */
export const MarksSchema = v.object({
  starred: v.optional(v.array(place), []),
  /** Samples that were deleted: they are shown and exported nowhere, and can be brought back. */
  removed: v.optional(v.array(place), []),
  notes: v.optional(v.record(v.pipe(v.string(), v.regex(/^\d{1,6}$/)), v.string()), {}),
  /** On the draw as a whole. */
  note: v.optional(v.string(), ''),
});
export type Marks = v.InferOutput<typeof MarksSchema>;

const places = v.optional(v.pipe(v.array(place), v.maxLength(MAX_DRAWN)));
const note = v.pipe(v.string(), v.maxLength(MAX_NOTE));

/** A change of marks: what is not named stays. */
export const MarkChangeSchema = v.strictObject({
  star: places,
  unstar: places,
  remove: places,
  bringBack: places,
  /** Note on each of these samples; an empty one removes it. */
  notes: v.optional(v.record(v.pipe(v.string(), v.regex(/^\d{1,6}$/)), note)),
  note: v.optional(note),
});
export type MarkChange = v.InferOutput<typeof MarkChangeSchema>;

/** A kept draw as it lies on the disk. */
export const KeptDrawSchema = v.object({
  ...DrawRecordSchema.entries,
  id: DrawIdSchema,
  /** Samples that there are. */
  count: whole,
  marks: MarksSchema,
});
export type KeptDraw = v.InferOutput<typeof KeptDrawSchema>;

/** What was measured of each sample of a draw; see core/evaluate/draws. */
export const DrawMeasuresSchema = v.object({
  /** By which images of which data set, and which classifier: measured anew for others. */
  dataset: v.string(),
  closeness: v.optional(
    v.object({
      /** Number of the nearest training image of each sample, and the distance to it: root mean square of pixels, 0 … 1. */
      image: v.array(whole),
      distance: v.array(v.number()),
    }),
  ),
  classes: v.optional(
    v.object({
      classifier: v.string(),
      names: v.array(v.string()),
      /** Likeliest class of each sample, and its probability. */
      label: v.array(whole),
      probability: v.array(v.number()),
    }),
  ),
});
export type DrawMeasures = v.InferOutput<typeof DrawMeasuresSchema>;

export const MeasureBySchema = v.picklist(['closeness', 'class']);
export type MeasureBy = v.InferOutput<typeof MeasureBySchema>;

/** Marks after a change. @throws RangeError for a sample that the draw does not have */
export function changedMarks(marks: Marks, change: MarkChange, count: number): Marks {
  const { star = [], unstar = [], remove = [], bringBack = [], notes = {}, note = marks.note } = change;
  const asked = [...star, ...unstar, ...remove, ...bringBack, ...Object.keys(notes).map(Number)];
  const missing = asked.find((index) => index >= count);
  if (missing !== undefined) throw new RangeError(`a draw of ${count} has no sample ${missing}`);
  const kept = Object.entries({ ...marks.notes, ...notes }).filter(([, text]) => text.trim() !== '');
  return {
    starred: without(marks.starred, star, unstar),
    removed: without(marks.removed, remove, bringBack),
    notes: Object.fromEntries(kept),
    note: note.trim() === '' ? '' : note,
  };
}

function without(before: readonly number[], more: readonly number[], less: readonly number[]): number[] {
  const all = new Set([...before, ...more]);
  less.forEach((index) => all.delete(index));
  return [...all].sort((a, b) => a - b);
}

/**
 * Places of a draw in the order of what was measured: the nearest to the data set first; or class by class, each with the surest
 * first. As they were drawn where it was not measured.
 */
export function sortedPlaces({ closeness, classes }: DrawMeasures, by: MeasureBy, count: number): number[] {
  const all = Array.from({ length: count }, (_, i) => i);
  if (by === 'closeness') {
    if (closeness === undefined) return all;
    return all.sort((a, b) => (closeness.distance[a] ?? 2) - (closeness.distance[b] ?? 2) || a - b);
  }
  if (classes === undefined) return all;
  const { label, probability } = classes;
  return all.sort(
    (a, b) => (label[a] ?? 1e9) - (label[b] ?? 1e9) || (probability[b] ?? 0) - (probability[a] ?? 0) || a - b,
  );
}
