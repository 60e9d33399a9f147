/**
 * What is looked at in latent space, as data: single points, ways through several, loops of noise, planes, one pair across
 * times. The window's board, its undo, the command line and files all speak of these.
 */
import * as v from 'valibot';
import type { DrawingOptions, TimePoint } from './api.ts';
import { EasingSchema } from './paths/pace.ts';
import { PathKindSchema } from './paths/interpolation.ts';
import { MOST_BEYOND } from './plane/places.ts';
import { type KeyPoint, KeyPointSchema } from './points/point.ts';
import { TimePointSchema } from './time-point.ts';
import type { Kernel } from '../export/enlarge.ts';
import type { FormatName } from '../export/sets/formats.ts';

const seed = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff));
const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
/** Most pictures of one request. */
export const MAX_PICTURES = 4096;
export const MAX_KEY_POINTS = 12;
const positions = v.pipe(v.array(share), v.minLength(1), v.maxLength(MAX_PICTURES));
/** On a plane, also beyond its corners. */
const reach = v.pipe(v.number(), v.minValue(0.5 - MOST_BEYOND), v.maxValue(0.5 + MOST_BEYOND));
const places = v.pipe(v.array(v.tuple([reach, reach])), v.minLength(1), v.maxLength(MAX_PICTURES));
const range = v.pipe(v.number(), v.gtValue(0), v.maxValue(100));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
const someTimes = v.array(TimePointSchema);

/** How latents are made and decoded. */
export const LookSchema = v.strictObject({
  /** Where images are encoded and latents decoded; default: the middle of the time steps. */
  at: v.optional(TimePointSchema),
  /** `mu` (default), the posterior's mean, or `z`, drawn from the posterior with noise of the seed. */
  space: v.optional(v.picklist(['mu', 'z'])),
  seed: v.optional(seed),
  /** Where each further pass encodes again; none by default. */
  again: v.optional(v.pipe(someTimes, v.maxLength(15))),
  weights: v.optional(v.picklist(['ema', 'raw'])),
  label: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  guidance: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(100))),
});

/** See {@link LookSchema}. */
export interface Look extends Pick<DrawingOptions, 'weights' | 'guidance'> {
  at?: TimePoint;
  space?: 'mu' | 'z';
  seed?: number;
  again?: readonly TimePoint[];
  label?: number;
}

/** How frames follow one another: evenly in latent space, or by as much picture change, in pixels or in features. */
export const PaceSchema = v.picklist(['even', 'pixels', 'features']);
export type Pace = v.InferOutput<typeof PaceSchema>;
export const PACES = PaceSchema.options;

const somePoints = v.pipe(v.array(KeyPointSchema), v.minLength(1), v.maxLength(MAX_PICTURES));

export const ViewSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('points'), points: somePoints }),
  v.strictObject({
    kind: v.literal('path'),
    points: v.pipe(v.array(KeyPointSchema), v.minLength(2), v.maxLength(MAX_KEY_POINTS)),
    path: PathKindSchema,
    loop: v.boolean(),
    easing: EasingSchema,
    pace: PaceSchema,
    /** Places in time, 0 … 1. */
    positions,
  }),
  v.strictObject({
    kind: v.literal('noise'),
    /** What is circled; null: the middle of the prior. */
    around: v.nullable(KeyPointSchema),
    radius: range,
    /** Of the circle. */
    seed,
    positions,
  }),
  v.strictObject({
    kind: v.literal('plane'),
    corners: v.pipe(v.array(KeyPointSchema), v.minLength(3), v.maxLength(4)),
    plane: v.picklist(['linear', 'spherical']),
    places,
  }),
  v.strictObject({
    kind: v.literal('along'),
    centre: KeyPointSchema,
    /** Names of directions. */
    right: name,
    down: name,
    /** Standard deviations to either side. */
    range,
    places,
  }),
  v.strictObject({
    kind: v.literal('times'),
    points: somePoints,
    times: v.pipe(someTimes, v.minLength(1), v.maxLength(64)),
  }),
]);

export type View = v.InferOutput<typeof ViewSchema>;
export type PathView = Extract<View, { kind: 'path' }>;
export type { KeyPoint };

/** The points that a view is made of. */
export function pointsOf(view: View): KeyPoint[] {
  switch (view.kind) {
    case 'points':
    case 'path':
    case 'times':
      return view.points;
    case 'noise':
      return view.around === null ? [] : [view.around];
    case 'plane':
      return view.corners;
    case 'along':
      return [view.centre];
  }
}

/** How many pictures a view has. */
export function picturesOf(view: View): number {
  switch (view.kind) {
    case 'points':
      return view.points.length;
    case 'path':
    case 'noise':
      return view.positions.length;
    case 'plane':
    case 'along':
      return view.places.length;
    case 'times':
      return view.points.length * view.times.length;
  }
}

/** As what the pictures of a view are written. */
export interface ViewFiles {
  as?: FormatName;
  scale?: number | undefined;
  resize?: Kernel | undefined;
  /** Of a grid: pixels between the pictures. */
  gap?: number | undefined;
  /** Of an animation: frames a second, seconds that both ends stay longer, whether it goes back the way it came. */
  rate?: number | undefined;
  hold?: number | undefined;
  pingPong?: boolean | undefined;
}

/** Pictures in a row of a way's grid. */
const WAY_WIDTH = 16;

/** How many pictures of a view stand in a row of its grid; undefined: as many as make it square. */
export function gridWidth(view: View, asked: number | undefined): number | undefined {
  if (view.kind === 'path' || view.kind === 'noise') return Math.min(WAY_WIDTH, view.positions.length);
  return asked ?? (view.kind === 'times' ? view.points.length : undefined);
}
