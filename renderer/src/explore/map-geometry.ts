/** Arithmetic of a map: where its points lie on the screen, which one is meant, which a lasso holds. All in CSS pixels. */

/** Which part of the map is seen: the map's place in the middle, and pixels to one unit of the map. */
export interface Sight {
  x: number;
  y: number;
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

export const MOST_ZOOM = 200;

/** x and y of each point between two times; `at` is a place among the times, 0 the first. */
export function positionsAt(
  positions: ArrayLike<number>,
  count: number,
  times: number,
  at: number,
): Float64Array {
  const place = Math.min(times - 1, Math.max(0, at));
  const before = Math.min(times - 1, Math.floor(place));
  const after = Math.min(times - 1, before + 1);
  const share = place - before;
  const found = new Float64Array(2 * count);
  for (let i = 0; i < 2 * count; i++) {
    const a = positions[before * 2 * count + i] ?? 0;
    const b = positions[after * 2 * count + i] ?? 0;
    found[i] = a + share * (b - a);
  }
  return found;
}

/** Sees all points at all times. */
export function wholeSight(positions: ArrayLike<number>, { width, height }: Size): Sight {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i + 1 < positions.length; i += 2) {
    const [x, y] = [positions[i]!, positions[i + 1]!];
    left = Math.min(left, x);
    right = Math.max(right, x);
    top = Math.min(top, y);
    bottom = Math.max(bottom, y);
  }
  if (!Number.isFinite(left)) return { x: 0, y: 0, scale: 1 };
  const room = 0.92;
  const scale = Math.min(
    (room * width) / Math.max(1e-9, right - left),
    (room * height) / Math.max(1e-9, bottom - top),
  );
  return { x: (left + right) / 2, y: (top + bottom) / 2, scale };
}

export function onScreen(x: number, y: number, sight: Sight, { width, height }: Size): [number, number] {
  return [width / 2 + (x - sight.x) * sight.scale, height / 2 + (y - sight.y) * sight.scale];
}

/** Zooms so that what is under a place of the screen stays there. @param least, most bounds of the scale */
export function zoomed(
  sight: Sight,
  factor: number,
  [px, py]: readonly [number, number],
  { width, height }: Size,
  [least, most]: readonly [number, number],
): Sight {
  const scale = Math.min(most, Math.max(least, sight.scale * factor));
  const [dx, dy] = [px - width / 2, py - height / 2];
  return {
    scale,
    x: sight.x + dx / sight.scale - dx / scale,
    y: sight.y + dy / sight.scale - dy / scale,
  };
}

/** The point nearest to a place of the screen, no farther than so many pixels; null for none. */
export function pointAt(
  points: ArrayLike<number>,
  sight: Sight,
  size: Size,
  [px, py]: readonly [number, number],
  radius: number,
): number | null {
  let [nearest, bound] = [null as number | null, radius * radius];
  for (let i = 0; 2 * i + 1 < points.length; i++) {
    const [x, y] = onScreen(points[2 * i]!, points[2 * i + 1]!, sight, size);
    const square = (x - px) ** 2 + (y - py) ** 2;
    if (square > bound) continue;
    nearest = i;
    bound = square;
  }
  return nearest;
}

/** The points inside a loop on the screen, by the even-odd rule. */
export function pointsInside(
  points: ArrayLike<number>,
  sight: Sight,
  size: Size,
  loop: readonly (readonly [number, number])[],
): number[] {
  const inside: number[] = [];
  if (loop.length < 3) return inside;
  for (let i = 0; 2 * i + 1 < points.length; i++) {
    const [x, y] = onScreen(points[2 * i]!, points[2 * i + 1]!, sight, size);
    let odd = false;
    for (let a = 0, b = loop.length - 1; a < loop.length; b = a++) {
      const [ax, ay] = loop[a]!;
      const [bx, by] = loop[b]!;
      if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) odd = !odd;
    }
    if (odd) inside.push(i);
  }
  return inside;
}

/** The point that an arrow key leads to: the nearest one in that direction, straight ahead before aside; null for none. */
export function neighbourTowards(points: ArrayLike<number>, from: number, key: string): number | null {
  const direction = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
  if (!direction) return null;
  const [ux = 0, uy = 0] = direction;
  let [best, least] = [null as number | null, Infinity];
  for (let i = 0; 2 * i + 1 < points.length; i++) {
    const [dx, dy] = [points[2 * i]! - points[2 * from]!, points[2 * i + 1]! - points[2 * from + 1]!];
    const ahead = dx * ux + dy * uy;
    if (i === from || ahead <= 0) continue;
    const aside = Math.abs(dx * uy - dy * ux);
    const distance = ahead + 2 * aside;
    if (distance < least) [best, least] = [i, distance];
  }
  return best;
}
