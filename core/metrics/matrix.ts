import { product } from '../tensor/doubles.ts';

/** Rows of the factor that are made before they are taken from all of the matrix at once. */
const PANEL = 256;

/**
 * A factor of a symmetric matrix without negative eigenvalues: A = L · Lᵀ, by Cholesky's method with pivoting, which
 * ends where nothing but rounding is left (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., §10.3), in
 * panels as LAPACK's dpstrf makes it.
 *
 * @param matrix `size` × `size`
 * @returns Lᵀ, `rank` × `size`
 */
export function pivotedCholesky(matrix: Float64Array, size: number): { factor: Float64Array; rank: number } {
  const rest = matrix.slice();
  const diagonal = Float64Array.from({ length: size }, (_, i) => matrix[i * size + i]!);
  const tolerance = size * Number.EPSILON * diagonal.reduce((most, value) => Math.max(most, value), 0);
  const used = new Uint8Array(size);
  const factor = new Float64Array(size * size);
  let [rank, taken] = [0, 0];
  for (; rank < size; rank++) {
    if (rank - taken === PANEL) {
      const values = factor.subarray(taken * size, rank * size);
      const panel = { rows: PANEL, columns: size, values };
      const share = product({ ...panel, transposed: true }, panel);
      for (let at = 0; at < rest.length; at++) rest[at] = rest[at]! - share[at]!;
      taken = rank;
    }
    let pivot = -1;
    for (let i = 0; i < size; i++) {
      if (used[i] === 0 && (pivot < 0 || diagonal[i]! > diagonal[pivot]!)) pivot = i;
    }
    if (pivot < 0 || !(diagonal[pivot]! > tolerance)) break;
    used[pivot] = 1;
    const row = factor.subarray(rank * size, (rank + 1) * size);
    row.set(rest.subarray(pivot * size, (pivot + 1) * size));
    for (let before = taken; before < rank; before++) {
      const start = before * size;
      const weight = factor[start + pivot]!;
      if (weight === 0) continue;
      for (let i = 0; i < size; i++) row[i] = row[i]! - weight * factor[start + i]!;
    }
    const root = Math.sqrt(diagonal[pivot]!);
    for (let i = 0; i < size; i++) {
      row[i] = used[i] === 1 && i !== pivot ? 0 : row[i]! / root;
      diagonal[i] = diagonal[i]! - row[i]! * row[i]!;
    }
    row[pivot] = root;
  }
  return { factor: factor.slice(0, rank * size), rank };
}
