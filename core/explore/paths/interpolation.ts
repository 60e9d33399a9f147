/** Ways through points of latent space: functions from a position, 0 (the first) … 1 (the last), to a latent. */
import * as v from 'valibot';
import { sphericalInterpolation } from './spherical.ts';

/** How a way goes from one key point to the next. */
export const PathKindSchema = v.picklist(['spherical', 'linear', 'positions', 'cubic']);
export type PathKind = v.InferOutput<typeof PathKindSchema>;
export const PATH_KINDS = PathKindSchema.options;

export interface PathShape {
  kind: PathKind;
  /** Goes back from the last key point to the first: position 1 is position 0. */
  loop: boolean;
  /** Values of a position of the latent, for `positions`; 1 for a vector latent. */
  channels: number;
}

/** A latent at a position, 0 … 1. */
export type Way = (position: number) => Float32Array;

/**
 * The way through key points, which are passed at even positions.
 * - `linear`: straight lines.
 * - `spherical`: great circles ({@link sphericalInterpolation}).
 * - `positions`: great circles for each position of a spatial latent by itself; of a vector latent, which has none, the whole.
 * - `cubic`: one smooth curve through all, a Catmull-Rom spline (Catmull and Rom 1974; of a way that is open, the tangents
 *   at its ends are those of a natural end: half the way to the neighbour).
 *
 * @param keys two or more latents of one size
 */
export function wayThrough(keys: readonly Float32Array[], { kind, loop, channels }: PathShape): Way {
  const stations = loop ? [...keys, ...keys.slice(0, 1)] : keys;
  const segments = stations.length - 1;
  if (segments < 1) throw new RangeError('a way needs two points');
  return (position) => {
    const along = Math.min(1, Math.max(0, position)) * segments;
    // What closes a way is its beginning itself, to the last bit.
    const segment = loop && along === segments ? 0 : Math.min(segments - 1, Math.floor(along));
    const share = loop && along === segments ? 0 : along - segment;
    const a = stations[segment]!;
    const b = stations[segment + 1]!;
    switch (kind) {
      case 'linear':
        return linear(a, b, share);
      case 'spherical':
        return sphericalInterpolation(a, b, share);
      case 'positions':
        return byPosition(a, b, share, channels);
      case 'cubic':
        return cubic(stations, segment, share, loop);
    }
  };
}

export function linear(a: Float32Array, b: Float32Array, share: number): Float32Array {
  return a.map((value, i) => value + ((b[i] ?? 0) - value) * share);
}

/** Great circles, position by position. */
export function byPosition(a: Float32Array, b: Float32Array, share: number, channels: number): Float32Array {
  // Directions of single numbers are their signs, between which there is no circle.
  if (channels < 2) return sphericalInterpolation(a, b, share);
  const out = new Float32Array(a.length);
  for (let start = 0; start < a.length; start += channels) {
    const end = start + channels;
    out.set(sphericalInterpolation(a.subarray(start, end), b.subarray(start, end), share), start);
  }
  return out;
}

/** A cubic Hermite curve between two stations, whose tangents are half the difference of the stations around each. */
function cubic(
  stations: readonly Float32Array[],
  segment: number,
  share: number,
  loop: boolean,
): Float32Array {
  const a = stations[segment]!;
  const b = stations[segment + 1]!;
  const last = stations.length - 1;
  // In a loop the first and the last station are one.
  const before = segment > 0 ? stations[segment - 1]! : loop ? stations[last - 1]! : null;
  const after = segment + 2 <= last ? stations[segment + 2]! : loop ? stations[1]! : null;
  const s = share;
  const [h00, h10, h01, h11] = [
    (1 + 2 * s) * (1 - s) ** 2,
    s * (1 - s) ** 2,
    s * s * (3 - 2 * s),
    s * s * (s - 1),
  ];
  return a.map((value, i) => {
    const next = b[i]!;
    const out = before === null ? next - value : (next - before[i]!) / 2;
    const into = after === null ? next - value : (after[i]! - value) / 2;
    return h00 * value + h10 * out + h01 * next + h11 * into;
  });
}
