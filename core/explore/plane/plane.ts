/** Planes of latent space: a place (x, y), each 0 … 1 between the corners, to a latent. */
import { linear } from '../paths/interpolation.ts';
import { sphericalInterpolation } from '../paths/spherical.ts';

export type Plane = (x: number, y: number) => Float32Array;

/** From corner to corner: along lines, or along great circles. */
export type PlaneKind = 'linear' | 'spherical';

/**
 * The plane between corners. Four are top left, top right, bottom left, bottom right, and the rest lies between them, row by
 * row; with three the fourth completes the parallelogram: top right + bottom left − top left.
 */
export function planeBetween(corners: readonly Float32Array[], kind: PlaneKind): Plane {
  const [a, b, c, given] = corners;
  if (a === undefined || b === undefined || c === undefined)
    throw new RangeError('a plane has three corners or four');
  const d = given ?? b.map((value, i) => value + c[i]! - a[i]!);
  const between = kind === 'linear' ? linear : sphericalInterpolation;
  return (x, y) => between(between(a, b, x), between(c, d, x), y);
}

/**
 * The plane through a point along two directions: (0.5, 0.5) is the point, and 0 and 1 lie `range` to either side.
 *
 * @param range in lengths of the directions
 */
export function planeAlong(
  centre: Float32Array,
  right: Float32Array,
  down: Float32Array,
  range: number,
): Plane {
  return (x, y) => {
    const [u, v] = [(2 * x - 1) * range, (2 * y - 1) * range];
    return centre.map((value, i) => value + u * right[i]! + v * down[i]!);
  };
}
