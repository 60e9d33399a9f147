/** What lies on the board, as plain data: it is kept, undone and copied whole. */
import * as v from 'valibot';
import type { KeyPoint, Look, View } from '../../../core/explore/view.ts';
import {
  framePositions,
  gridPlaces,
  KeyPointSchema,
  MAX_KEY_POINTS,
  MOST_BEYOND,
  WHOLE_AREA,
} from '../../../main/ipc/contract.ts';
import type { DrawingInfo } from '../samples/options.ts';
import { firstPlace } from '../samples/options.ts';
import { FamilySchema, NO_FAMILY } from './family.ts';
import { ExchangeSchema, NudgesSchema } from './paint.ts';
import { LEAST_AREA } from './plane-area.ts';

export const TABS = [
  { value: 'path', label: 'Path' },
  { value: 'plane', label: 'Plane' },
  { value: 'directions', label: 'Directions' },
  { value: 'paint', label: 'Paint' },
  { value: 'around', label: 'Around a picture' },
  { value: 'map', label: 'Map' },
  { value: 'compare', label: 'Side by side' },
  { value: 'saved', label: 'Saved' },
] as const;
export type Tab = (typeof TABS)[number]['value'];
const TAB_NAMES = TABS.map(({ value }) => value);

const image = (index: number): KeyPoint => ({ kind: 'image', index });
const whole = (usual: number, least: number, most: number) =>
  v.fallback(v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most)), usual);
const edge = v.pipe(v.number(), v.minValue(0.5 - MOST_BEYOND), v.maxValue(0.5 + MOST_BEYOND));
/** Broad and high enough to be looked at. */
const AreaSchema = v.pipe(
  v.tuple([edge, edge, edge, edge]),
  v.check(([left, top, right, bottom]) => right - left >= LEAST_AREA && bottom - top >= LEAST_AREA),
);
const points = (least: number, most: number, usual: KeyPoint[]) =>
  v.fallback(v.pipe(v.array(KeyPointSchema), v.minLength(least), v.maxLength(most)), usual);

export const BoardSchema = v.object({
  tab: v.fallback(v.picklist(TAB_NAMES), 'path'),
  /** Index of the time step at which images are encoded; null for the middle. */
  place: v.fallback(v.nullable(v.number()), null),
  space: v.fallback(v.picklist(['mu', 'z']), 'mu'),
  /** How many further passes, and where they encode again; null for the middle. */
  passes: whole(0, 0, 4),
  passPlace: v.fallback(v.nullable(v.number()), null),

  /** Key points of the path. */
  points: points(2, MAX_KEY_POINTS, [image(0), image(1)]),
  path: v.fallback(v.picklist(['spherical', 'linear', 'positions', 'cubic']), 'spherical'),
  loop: v.fallback(v.boolean(), false),
  easing: v.fallback(v.picklist(['none', 'ends', 'points']), 'none'),
  pace: v.fallback(v.picklist(['even', 'pixels', 'features']), 'even'),
  frames: whole(12, 2, 120),
  /** Walks in a circle of noise instead. */
  noise: v.fallback(v.boolean(), false),
  radius: v.fallback(v.pipe(v.number(), v.minValue(0.05), v.maxValue(3)), 0.5),
  noiseSeed: whole(0, 0, 0xffffffff),

  corners: points(3, 4, [image(0), image(1), image(2), image(3)]),
  plane: v.fallback(v.picklist(['spherical', 'linear']), 'spherical'),
  columns: whole(5, 2, 12),
  /** Whether the plane goes along two directions through the picture, instead of between corners. */
  free: v.fallback(v.boolean(), false),
  right: v.fallback(v.string(), ''),
  down: v.fallback(v.string(), ''),
  /** Standard deviations to either side. */
  range: v.fallback(v.pipe(v.number(), v.gtValue(0), v.maxValue(10)), 2),
  /** Which part of the plane is looked at. */
  area: v.fallback(AreaSchema, () => [...WHOLE_AREA]),

  /** What is varied, moved and bred. */
  subject: v.fallback(KeyPointSchema, image(0)),
  /** Standard deviations along directions, by name. */
  amounts: v.fallback(v.record(v.string(), v.number()), {}),
  strength: v.fallback(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.35),
  seed: whole(0, 0, 0xffffffff),
  minus: v.fallback(KeyPointSchema, image(1)),
  plus: v.fallback(KeyPointSchema, image(2)),
  /** Generations of nine pictures that were bred from one another, and the one that is looked at. */
  family: v.fallback(FamilySchema, NO_FAMILY),

  /** What is painted onto the picture, see `paint.ts`. */
  nudges: v.fallback(NudgesSchema, {}),
  exchange: v.fallback(ExchangeSchema, []),
  partner: v.fallback(KeyPointSchema, image(1)),
});
export type Board = v.InferOutput<typeof BoardSchema>;

export const USUAL_BOARD: Board = v.parse(BoardSchema, {});

/** Index of a time step that a run has. */
export function placeOf(place: number | null, info: DrawingInfo): number {
  return Math.min(info.timeSteps.length - 1, Math.max(firstPlace(info), place ?? info.middle));
}

/** How latents are made and decoded. */
export function lookOf(board: Board, info: DrawingInfo): Look {
  const again = placeOf(board.passPlace, info);
  return {
    at: { timeIndex: placeOf(board.place, info) },
    ...(board.space === 'z' && { space: 'z' }),
    ...(board.passes > 0 && {
      again: Array.from({ length: board.passes }, () => ({ timeIndex: again })),
    }),
  };
}

/** The path, or the circle of noise, at some positions; default: those of its frames. */
export function pathView(
  board: Board,
  positions = framePositions(board.frames, board.loop || board.noise),
): View {
  if (board.noise) {
    const [around = null] = board.points;
    return { kind: 'noise', around, radius: board.radius, seed: board.noiseSeed, positions };
  }
  const { path, loop, easing, pace } = board;
  return { kind: 'path', points: board.points, path, loop, easing, pace, positions };
}

/** The plane at some places; default: those of its grid in the area that is looked at. */
export function planeView(
  board: Board,
  places: [number, number][] = gridPlaces(board.columns, board.columns, board.area),
): View {
  const { free, subject: centre, right, down, range } = board;
  if (free && right !== '' && down !== '') return { kind: 'along', centre, right, down, range, places };
  return { kind: 'plane', corners: board.corners, plane: board.plane, places };
}

/** The subject moved along all directions that are not at 0. */
export function movedSubject({ subject, amounts }: Board): KeyPoint {
  const by = Object.entries(amounts)
    .filter(([, amount]) => amount !== 0)
    .map(([direction, amount]) => ({ direction, amount }));
  return by.length === 0 ? subject : { kind: 'moved', of: subject, by };
}

/** The subject at −2, 0 and +2 standard deviations along each direction, row by row. */
export function effectsView({ subject }: Board, directions: readonly string[]): View | null {
  if (directions.length === 0) return null;
  return {
    kind: 'points',
    points: directions.flatMap((direction) =>
      [-2, 0, 2].map((amount): KeyPoint =>
        amount === 0 ? subject : { kind: 'moved', of: subject, by: [{ direction, amount }] },
      ),
    ),
  };
}

/** Eight variations of the subject. */
export function variations({ subject, strength, seed }: Board): KeyPoint[] {
  return Array.from({ length: 8 }, (_, i) => ({ kind: 'varied', of: subject, strength, seed: seed + i }));
}

/** A − B + C. */
export function sumOf({ subject, minus, plus }: Board): KeyPoint {
  return { kind: 'sum', a: subject, minus, plus };
}

/** An item moved to another place. */
export function movedTo<T>(items: readonly T[], from: number, to: number): T[] {
  const rest = items.filter((_, i) => i !== from);
  const item = items[from];
  return item === undefined ? [...items] : [...rest.slice(0, to), item, ...rest.slice(to)];
}
