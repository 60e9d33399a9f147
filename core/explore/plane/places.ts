/** A part of a plane: left, top, right, bottom; 0 … 1 lies between the corners. */
export type Area = readonly [left: number, top: number, right: number, bottom: number];

export const WHOLE_AREA: Area = [0, 0, 1, 1];
/** How far from its middle a plane is looked at. */
export const MOST_BEYOND = 8;

/** Places of a grid in an area, row by row; a single column or row lies in the middle. */
export function gridPlaces(columns: number, rows: number, area: Area = WHOLE_AREA): [x: number, y: number][] {
  const [left, top, right, bottom] = area;
  return Array.from({ length: columns * rows }, (_, i) => [
    between(left, right, i % columns, columns),
    between(top, bottom, Math.floor(i / columns), rows),
  ]);
}

/** Number `i` of `n` places; the last one is `to` itself, without a rounding. */
function between(from: number, to: number, i: number, n: number): number {
  if (n === 1) return (from + to) / 2;
  return i === n - 1 ? to : from + (to - from) * (i / (n - 1));
}

/** The area that the places of a grid lie in, see {@link gridPlaces}. */
export function areaOf(places: readonly (readonly [x: number, y: number])[]): Area {
  const [first = [0, 0]] = places;
  const last = places.at(-1) ?? [1, 1];
  return [first[0], first[1], last[0], last[1]];
}
