/** Boards from what was remembered, drawn or pointed at elsewhere. */
import * as v from 'valibot';
import type { KeyPoint, Look, View } from '../../../core/explore/view.ts';
import { areaOf, MAX_KEY_POINTS, WHOLE_AREA } from '../../../main/ipc/contract.ts';
import { type Board, BoardSchema, USUAL_BOARD } from './board.ts';
import { NO_FAMILY } from './family.ts';
import { paintedFrom } from './paint.ts';
import { LEAST_AREA } from './plane-area.ts';

const image = (index: number): KeyPoint => ({ kind: 'image', index });

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
    case 'plane':
      return { ...board, ...lookedAt(view.places), free: false, corners: view.corners, plane: view.plane };
    case 'along': {
      const { centre: subject, right, down, range } = view;
      return {
        ...board,
        ...lookedAt(view.places),
        free: true,
        subject,
        right,
        down,
        range: between(range, 0.1, 10),
      };
    }
    case 'points':
    case 'times':
      return withPoints(board, view.points);
  }
}

/** The part of a plane that a grid shows. */
function lookedAt(places: readonly (readonly [number, number])[]): Pick<Board, 'tab' | 'columns' | 'area'> {
  const columns = between(Math.round(Math.sqrt(places.length)), 2, 12);
  const [left, top, right, bottom] = areaOf(places);
  const isWide = right - left >= LEAST_AREA && bottom - top >= LEAST_AREA;
  return { tab: 'plane', columns, area: isWide ? [left, top, right, bottom] : [...WHOLE_AREA] };
}

/** Points as the tab that draws such has them. */
function withPoints(board: Board, points: KeyPoint[]): Board {
  const [first = image(0), second] = points;
  const painted = second === undefined ? paintedFrom(first) : null;
  if (painted !== null) return { ...board, tab: 'paint', ...painted };
  if (first.kind === 'moved') {
    const amounts =
      points.length > 1 ? {} : Object.fromEntries(first.by.map((by) => [by.direction, by.amount]));
    return { ...board, tab: 'directions', subject: first.of, amounts };
  }
  if (second?.kind === 'varied') {
    const { strength, seed } = second;
    return { ...board, tab: 'around', subject: first, strength, seed, family: NO_FAMILY };
  }
  if (second === undefined) return { ...board, tab: 'around', subject: first, family: NO_FAMILY };
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
  return { ...(found.success ? found.output : USUAL_BOARD), tab: 'around', subject, family: NO_FAMILY };
}

/** A remembered board with the plain way between two images on it, as `covae interpolate` draws it. */
export function withEnds(remembered: unknown, from: number, to: number): Board {
  const { path, loop, easing, pace } = USUAL_BOARD;
  const board = withEnd(remembered, 'a', from);
  return { ...board, path, loop, easing, pace, space: 'mu', passes: 0, points: [image(from), image(to)] };
}
