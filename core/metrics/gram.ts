/** Inner products and distances of all pairs of two sets of features, a block at a time, by TensorFlow in float32. */
import { setImmediate as turn } from 'node:timers/promises';
import { tf, tidyValues } from '../tensor/tf.ts';
import type { Features } from './moments.ts';

/** Rows of each side of a block. */
const BLOCK = 1024;

/** Inner products of some rows of one set with some of another. */
export interface Block {
  /** First row of either side. */
  row: number;
  column: number;
  rows: number;
  columns: number;
  /** rows × columns. */
  values: Float32Array;
}

/** Some rows of features, in their order. */
export function someRows({ size, values }: Features, indices: ArrayLike<number>): Features {
  const chosen = new Float32Array(indices.length * size);
  for (let i = 0; i < indices.length; i++) {
    chosen.set(values.subarray(indices[i]! * size, (indices[i]! + 1) * size), i * size);
  }
  return { count: indices.length, size, values: chosen };
}

/** The rows from `start` on, `count` of them; shares their memory. */
export function sliceRows({ size, values }: Features, start: number, count: number): Features {
  return { count, size, values: values.subarray(start * size, (start + count) * size) };
}

/** A · Bᵀ in float32, `a.count` × `b.count`. */
export function innerProducts(a: Features, b: Features): Float32Array {
  return tidyValues(() => {
    const [left, right] = [a, b].map(({ count, size, values }) => tf.tensor2d(values, [count, size]));
    return tf.matMul(left!, right!, false, true);
  });
}

/**
 * Squared Euclidean distances of all pairs, a block after the other, row by row of blocks. Features should lie around
 * 0 (see {@link centred}): distances come from inner products, and rounding grows with the features' lengths.
 *
 * @throws the signal's reason when it is aborted
 */
export async function* squaredDistanceBlocks(
  a: Features,
  b: Features,
  signal?: AbortSignal,
): AsyncGenerator<Block> {
  const [ownSquares, otherSquares] = [squares(a), squares(b)];
  for (let row = 0; row < a.count; row += BLOCK) {
    const rows = Math.min(BLOCK, a.count - row);
    for (let column = 0; column < b.count; column += BLOCK) {
      await turn();
      signal?.throwIfAborted();
      const columns = Math.min(BLOCK, b.count - column);
      const values = innerProducts(sliceRows(a, row, rows), sliceRows(b, column, columns));
      for (let i = 0; i < rows; i++) {
        const own = ownSquares[row + i]!;
        for (let j = 0; j < columns; j++) {
          const at = i * columns + j;
          values[at] = Math.max(0, own + otherSquares[column + j]! - 2 * values[at]!);
        }
      }
      yield { row, column, rows, columns, values };
    }
  }
}

function squares({ count, size, values }: Features): Float64Array {
  const result = new Float64Array(count);
  for (let i = 0; i < count; i++) {
    let sum = 0;
    for (let k = i * size; k < (i + 1) * size; k++) sum += values[k]! * values[k]!;
    result[i] = sum;
  }
  return result;
}

/** All sets moved by the mean of the first, which changes no distance between them. */
export function centred(sets: readonly Features[]): Features[] {
  const [first] = sets;
  if (first === undefined || first.count === 0) return [...sets];
  const { size } = first;
  const mean = new Float64Array(size);
  for (let at = 0; at < first.values.length; at++) mean[at % size] = mean[at % size]! + first.values[at]!;
  for (let k = 0; k < size; k++) mean[k] = mean[k]! / first.count;
  return sets.map(({ values, ...set }) => ({
    ...set,
    values: values.map((value, at) => value - mean[at % size]!),
  }));
}
