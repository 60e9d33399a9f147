/** Nearest neighbours of one point among many, exactly. */
import type { Features } from '../../metrics/moments.ts';

export interface Neighbour {
  /** Row among the features. */
  index: number;
  /** Euclidean distance. */
  distance: number;
}

/** Values that are summed up between two looks at the bound. */
const STRIDE = 8;

/**
 * Answers by looking at every row, but seldom at all of one: dimensions are ordered by variance, and a row is left as soon as
 * what has been summed up lies above the nearest found (partial distance search, Bei and Gray 1985). Nothing is approximated.
 */
export class NeighbourIndex {
  readonly count: number;
  readonly size: number;
  /** Dimensions, the one with the largest variance first. */
  readonly #order: Uint32Array;
  /** Rows with their values in that order. */
  readonly #rows: Float32Array;

  constructor({ count, size, values }: Features) {
    this.count = count;
    this.size = size;
    this.#order = byVariance(count, size, values);
    this.#rows = new Float32Array(count * size);
    for (let row = 0; row < count; row++) {
      for (let k = 0; k < size; k++) this.#rows[row * size + k] = values[row * size + this.#order[k]!]!;
    }
  }

  /** The nearest rows, nearest first; of two as near the one with the smaller number. */
  nearest(point: Float32Array, wanted: number): Neighbour[] {
    const { size, count } = this;
    const rows = this.#rows;
    const asked = Float32Array.from(this.#order, (k) => point[k] ?? 0);
    const found: { index: number; square: number }[] = [];
    let bound = Infinity;
    for (let row = 0; row < count; row++) {
      let square = 0;
      let at = row * size;
      for (let k = 0; k < size && square <= bound;) {
        const end = Math.min(size, k + STRIDE);
        for (; k < end; k++) {
          const difference = rows[at++]! - asked[k]!;
          square += difference * difference;
        }
      }
      if (square >= bound) continue;
      insert(found, { index: row, square });
      if (found.length > wanted) found.pop();
      if (found.length === wanted) bound = found[wanted - 1]!.square;
    }
    return found.map(({ index, square }) => ({ index, distance: Math.sqrt(square) }));
  }
}

function insert(found: { index: number; square: number }[], entry: { index: number; square: number }): void {
  let at = found.length;
  while (at > 0 && found[at - 1]!.square > entry.square) at--;
  found.splice(at, 0, entry);
}

function byVariance(count: number, size: number, values: Float32Array): Uint32Array {
  const sums = new Float64Array(size);
  const squares = new Float64Array(size);
  for (let row = 0; row < count; row++) {
    for (let k = 0; k < size; k++) {
      const value = values[row * size + k]!;
      sums[k]! += value;
      squares[k]! += value * value;
    }
  }
  const variance = (k: number): number => squares[k]! / count - (sums[k]! / count) ** 2;
  return Uint32Array.from({ length: size }, (_, k) => k).sort((a, b) => variance(b) - variance(a));
}
