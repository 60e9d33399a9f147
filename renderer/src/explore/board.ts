/** What lies on the board, as plain data: it is kept, undone and copied whole. */
import * as v from 'valibot';
import type { KeyPoint, Look, View } from '../../../core/explore/view.ts';
import { framePositions, gridPlaces, KeyPointSchema, MAX_KEY_POINTS } from '../../../main/ipc/contract.ts';
import type { DrawingInfo } from '../samples/options.ts';
import { firstPlace } from '../samples/options.ts';

export const TABS = [
  { value: 'path', label: 'Path' },
  { value: 'plane', label: 'Plane' },
  { value: 'directions', label: 'Directions' },
  { value: 'around', label: 'Around a picture' },
  { value: 'map', label: 'Map' },
  { value: 'compare', label: 'Side by side' },
  { value: 'saved', label: 'Saved' },
] as const;
export type Tab = (typeof TABS)[number]['value'];

const image = (index: number): KeyPoint => ({ kind: 'image', index });
const whole = (usual: number, least: number, most: number) =>
  v.fallback(v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(most)), usual);
const points = (least: number, most: number, usual: KeyPoint[]) =>
  v.fallback(v.pipe(v.array(KeyPointSchema), v.minLength(least), v.maxLength(most)), usual);

export const BoardSchema = v.object({
  tab: v.fallback(v.picklist(['path', 'plane', 'directions', 'around', 'map', 'compare', 'saved']), 'path'),
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

  /** What is varied, moved and bred. */
  subject: v.fallback(KeyPointSchema, image(0)),
  /** Standard deviations along directions, by name. */
  amounts: v.fallback(v.record(v.string(), v.number()), {}),
  strength: v.fallback(v.pipe(v.number(), v.minValue(0), v.maxValue(1)), 0.35),
  seed: whole(0, 0, 0xffffffff),
  minus: v.fallback(KeyPointSchema, image(1)),
  plus: v.fallback(KeyPointSchema, image(2)),
  /** Nine pictures to breed from; none before the first. */
  children: v.fallback(v.array(KeyPointSchema), []),
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

/** The plane at some places; default: those of its grid. */
export function planeView(
  board: Board,
  places: [number, number][] = gridPlaces(board.columns, board.columns),
): View {
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

/** Nine children of some parents; with one parent, nine variations of it. */
export function childrenOf(parents: readonly KeyPoint[], seed: number): KeyPoint[] {
  const [only] = parents;
  return Array.from({ length: 9 }, (_, i): KeyPoint =>
    parents.length > 1
      ? { kind: 'child', parents: [...parents], seed: seed + i, mutation: 0.15 }
      : { kind: 'varied', of: only ?? image(0), strength: 0.45, seed: seed + i },
  );
}

/** An item moved to another place. */
export function movedTo<T>(items: readonly T[], from: number, to: number): T[] {
  const rest = items.filter((_, i) => i !== from);
  const item = items[from];
  return item === undefined ? [...items] : [...rest.slice(0, to), item, ...rest.slice(to)];
}

/** A remembered board with a view on it, as it was drawn; what a board cannot say is left as near as it gets. */
export function boardOf(remembered: unknown, view: View, { at, space = 'mu', again = [] }: Look): Board {
  const found = v.safeParse(BoardSchema, remembered ?? {});
  const usual = found.success ? found.output : USUAL_BOARD;
  const board: Board = {
    ...usual,
    ...{ place: indexOf(at), space, passes: Math.min(4, again.length), passPlace: indexOf(again[0]) },
  };
  switch (view.kind) {
    case 'path': {
      const { points, path, loop, easing, pace, positions } = view;
      const frames = between(positions.length, 2, 120);
      return { ...board, tab: 'path', noise: false, points, path, loop, easing, pace, frames };
    }
    case 'noise': {
      const { around, seed, positions } = view;
      return {
        ...{ ...board, tab: 'path', noise: true, noiseSeed: seed, radius: between(view.radius, 0.05, 3) },
        points: around === null ? board.points : [around, ...board.points.slice(1)],
        frames: between(positions.length, 2, 120),
      };
    }
    case 'plane': {
      const columns = between(Math.round(Math.sqrt(view.places.length)), 2, 12);
      return { ...board, tab: 'plane', corners: view.corners, plane: view.plane, columns };
    }
    case 'along':
      return { ...board, tab: 'directions', subject: view.centre, amounts: {} };
    case 'points':
    case 'times':
      return withPoints(board, view.points);
  }
}

/** Points as the tab that draws such has them. */
function withPoints(board: Board, points: KeyPoint[]): Board {
  const [first = image(0), second] = points;
  if (first.kind === 'moved') {
    const amounts =
      points.length > 1 ? {} : Object.fromEntries(first.by.map((by) => [by.direction, by.amount]));
    return { ...board, tab: 'directions', subject: first.of, amounts };
  }
  if (second?.kind === 'varied') {
    const { strength, seed } = second;
    return { ...board, tab: 'around', subject: first, strength, seed, children: [] };
  }
  if (second === undefined) return { ...board, tab: 'around', subject: first, children: [] };
  return { ...board, tab: 'path', noise: false, points: points.slice(0, MAX_KEY_POINTS) };
}

/** Index of a time step; null for a time, which stands for the middle. */
function indexOf(at: Look['at']): number | null {
  return at !== undefined && 'timeIndex' in at ? at.timeIndex : null;
}

function between(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value));
}

/** A remembered board whose path begins or ends with an image, with the path before one's eyes. */
export function withEnd(remembered: unknown, end: 'a' | 'b', index: number): Board {
  const found = v.safeParse(BoardSchema, remembered ?? {});
  const board = found.success ? found.output : USUAL_BOARD;
  const place = end === 'a' ? 0 : board.points.length - 1;
  const points = board.points.map((point, i) => (i === place ? image(index) : point));
  return { ...board, tab: 'path', noise: false, points };
}

/**
 * A remembered board whose path begins or ends with a point, or has one more at its end, with the path before one's eyes.
 *
 * @returns null where there is no room for one more
 */
export function withPoint(remembered: unknown, as: 'first' | 'last' | 'next', point: KeyPoint): Board | null {
  const found = v.safeParse(BoardSchema, remembered ?? {});
  const board = found.success ? found.output : USUAL_BOARD;
  if (as === 'next' && board.points.length >= MAX_KEY_POINTS) return null;
  const place = as === 'first' ? 0 : as === 'last' ? board.points.length - 1 : board.points.length;
  const points = [...board.points];
  points[place] = point;
  return { ...board, tab: 'path', noise: false, points };
}

/** A remembered board with a point whose variations and neighbours are looked at. */
export function aroundPoint(remembered: unknown, subject: KeyPoint): Board {
  const found = v.safeParse(BoardSchema, remembered ?? {});
  return { ...(found.success ? found.output : USUAL_BOARD), tab: 'around', subject, children: [] };
}

/** A remembered board with the plain way between two images on it, as `covae interpolate` draws it. */
export function withEnds(remembered: unknown, from: number, to: number): Board {
  const { path, loop, easing, pace } = USUAL_BOARD;
  const board = withEnd(remembered, 'a', from);
  return { ...board, path, loop, easing, pace, space: 'mu', passes: 0, points: [image(from), image(to)] };
}
