/** Panning and zooming on a plane: which part of it is looked at. */
import { type Area, MOST_BEYOND } from '../../../main/ipc/contract.ts';

/** Smallest side of an area. */
export const LEAST_AREA = 0.01;
/** Largest side. */
const MOST_AREA = 2 * MOST_BEYOND;
/** Digits that are kept: a command names the area. */
const DIGITS = 4;

export type Spot = readonly [x: number, y: number];

/** The area moved by shares of its sides. */
export function panned([left, top, right, bottom]: Area, dx: number, dy: number): Area {
  const [x, y] = [dx * (right - left), dy * (bottom - top)];
  return within([left + x, top + y, right + x, bottom + y]);
}

/**
 * The area enlarged or reduced around a place that stays where it is seen.
 *
 * @param factor of its sides: below 1 goes nearer
 * @param around as shares of the area's sides; default: its middle
 */
export function zoomed([left, top, right, bottom]: Area, factor: number, around: Spot = [0.5, 0.5]): Area {
  const [width, height] = [right - left, bottom - top];
  const size = Math.min(MOST_AREA, Math.max(LEAST_AREA, width * factor));
  const [x, y] = [left + around[0] * width, top + around[1] * height];
  const tall = (size * height) / width;
  const begin = [x - around[0] * size, y - around[1] * tall] as const;
  return within([begin[0], begin[1], begin[0] + size, begin[1] + tall]);
}

/** The place of the plane that is seen at a share of the area. */
export function placeIn([left, top, right, bottom]: Area, [x, y]: Spot): Spot {
  return [left + x * (right - left), top + y * (bottom - top)];
}

/** Where a place of the plane is seen, as shares of the area. */
export function shareIn([left, top, right, bottom]: Area, [x, y]: Spot): Spot {
  return [(x - left) / (right - left), (y - top) / (bottom - top)];
}

/** So near to an end, as a share of the area, a place snaps to it. */
export const SNAP = 0.04;

/** A place that has snapped to the ends, 0 and 1, or to the others given, where it comes near. */
export function snapped(place: Spot, area: Area, others: readonly number[] = []): Spot {
  const sides = [area[2] - area[0], area[3] - area[1]];
  const [x = 0, y = 0] = place.map((value, axis) => {
    const reach = SNAP * (sides[axis] ?? 1);
    return [0, 1, ...others].find((end) => Math.abs(end - value) < reach) ?? value;
  });
  return [x, y];
}

function within(area: Area): Area {
  const [least, most] = [0.5 - MOST_BEYOND, 0.5 + MOST_BEYOND];
  const shift = (low: number, high: number): number =>
    low < least ? least - low : high > most ? most - high : 0;
  const [dx, dy] = [shift(area[0], area[2]), shift(area[1], area[3])];
  const [left, top, right, bottom] = area;
  return [rounded(left + dx), rounded(top + dy), rounded(right + dx), rounded(bottom + dy)];
}

function rounded(value: number): number {
  const clamped = Math.min(0.5 + MOST_BEYOND, Math.max(0.5 - MOST_BEYOND, value));
  return Number(clamped.toFixed(DIGITS));
}
