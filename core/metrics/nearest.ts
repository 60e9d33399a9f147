/** Nearest neighbours among features, exactly, and what follows from them. */
import { sliceRows, squaredDistanceBlocks } from './gram.ts';
import type { Features } from './moments.ts';

export interface Nearest {
  k: number;
  /** Number of the neighbour, count × k, nearest first; −1 where there are fewer. */
  indices: Int32Array;
  /** Euclidean distances, likewise; infinite where there are fewer. */
  distances: Float32Array;
}

/**
 * The `k` nearest of `others` of each of `points`.
 *
 * @param options.areSame `others` are `points` themselves: none is its own neighbour
 * @throws the signal's reason when it is aborted
 */
export async function nearest(
  points: Features,
  others: Features,
  { k, areSame = false, signal }: { k: number; areSame?: boolean; signal?: AbortSignal },
): Promise<Nearest> {
  const indices = new Int32Array(points.count * k).fill(-1);
  const distances = new Float32Array(points.count * k).fill(Infinity);
  for await (const { row, column, rows, columns, values } of squaredDistanceBlocks(points, others, signal)) {
    for (let i = 0; i < rows; i++) {
      const start = (row + i) * k;
      for (let j = 0; j < columns; j++) {
        const square = values[i * columns + j]!;
        if (square >= distances[start + k - 1]! || (areSame && row + i === column + j)) continue;
        insert(indices, distances, start, k, column + j, square);
      }
    }
  }
  return { k, indices, distances: distances.map(Math.sqrt) };
}

function insert(
  indices: Int32Array,
  squares: Float32Array,
  start: number,
  k: number,
  index: number,
  square: number,
): void {
  let at = start + k - 1;
  for (; at > start && squares[at - 1]! > square; at--) {
    squares[at] = squares[at - 1]!;
    indices[at] = indices[at - 1]!;
  }
  squares[at] = square;
  indices[at] = index;
}

/**
 * Distances of points to the nearest of some others and of as many of a second set, so that neither is nearer for being
 * larger: of the larger one the first count.
 *
 * @throws the signal's reason when it is aborted
 */
export async function distancesToAsMany(
  points: Features,
  first: Features,
  second: Features,
  signal?: AbortSignal,
): Promise<{ first: Float32Array; second: Float32Array; count: number }> {
  const count = Math.min(first.count, second.count);
  const to = async (others: Features): Promise<Float32Array> =>
    (await nearest(points, sliceRows(others, 0, count), { k: 1, ...(signal && { signal }) })).distances;
  return { first: await to(first), second: await to(second), count };
}

/** Distance of each point to the farthest of its `k` nearest: the radius of its ball. */
export function radii({ k, distances }: Nearest): Float32Array {
  return Float32Array.from({ length: distances.length / k }, (_, i) => distances[i * k + k - 1]!);
}
