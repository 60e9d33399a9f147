/** Distances between points and between images, outside TensorFlow, in double precision. */
import type { ImageBatch } from '../data/dataset.ts';

/** Points in a space of `size` dimensions, row by row. */
export interface Points {
  count: number;
  size: number;
  /** count × size. */
  values: ArrayLike<number>;
}

/**
 * Squared Euclidean distances of all pairs.
 *
 * @returns the upper triangle row by row, (0,1), (0,2), … (1,2), …: count · (count − 1) / 2 numbers
 */
export function squaredDistances({ count, size, values }: Points): Float64Array {
  const out = new Float64Array((count * (count - 1)) / 2);
  let at = 0;
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      let sum = 0;
      for (let k = 0; k < size; k++) {
        const difference = values[i * size + k]! - values[j * size + k]!;
        sum += difference * difference;
      }
      out[at++] = sum;
    }
  }
  return out;
}

/** Mean Euclidean distance of all pairs; NaN for fewer than two points. */
export function meanDistance(points: Points): number {
  const squares = squaredDistances(points);
  let sum = 0;
  for (const square of squares) sum += Math.sqrt(square);
  return sum / squares.length;
}

/** Images as points: one dimension a pixel and channel, from 0 (black) to 1. */
export function imagePoints({ count, height, width, channels, data }: ImageBatch): Points {
  return { count, size: height * width * channels, values: Float64Array.from(data, (value) => value / 255) };
}

/**
 * Share of the points whose nearest other point has the same class (leave-one-out 1-nearest-neighbour accuracy);
 * among points at the same distance the first counts. Points without a class do not count. NaN for fewer than two
 * points with one.
 *
 * @param labels class of each point; null for none
 */
export function neighbourAgreement(points: Points, labels: ArrayLike<number | string | null>): number {
  const { count } = points;
  const labelled = Array.from({ length: count }, (_, i) => i).filter((i) => labels[i] !== null);
  if (labelled.length < 2) return NaN;
  const nearest = new Float64Array(count).fill(Infinity);
  const neighbour = new Int32Array(count);
  const squares = squaredDistances(points);
  let at = 0;
  for (let i = 0; i < count; i++) {
    for (let j = i + 1; j < count; j++) {
      const square = squares[at++]!;
      if (labels[i] === null || labels[j] === null) continue;
      if (square < nearest[i]!) {
        nearest[i] = square;
        neighbour[i] = j;
      }
      if (square < nearest[j]!) {
        nearest[j] = square;
        neighbour[j] = i;
      }
    }
  }
  return labelled.filter((i) => labels[i] === labels[neighbour[i]!]).length / labelled.length;
}
