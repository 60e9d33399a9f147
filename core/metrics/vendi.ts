import { symmetricEigenvalues } from './eigenvalues.ts';
import { addProduct, transposed } from './matrix.ts';
import type { Features } from './moments.ts';

/**
 * Vendi score: how many images that have nothing in common are as varied as these, from 1 to their number. The
 * exponential of the entropy of the eigenvalues of K / count, where K holds the cosines between features (Friedman &
 * Dieng 2023, arXiv 2210.02410, definition 3.1).
 *
 * K and the smaller matrix of products between features have the same eigenvalues, so that one is taken.
 */
export function vendiScore({ count, size, values }: Features): number {
  const rows = normalised(values, count, size);
  const [matrix, length, depth] =
    count <= size ? [rows, count, size] : [transposed(rows, count, size), size, count];
  const products = new Float64Array(length * length);
  addProduct(products, matrix, matrix, { rows: length, columns: length, depth }, true);
  let entropy = 0;
  for (const eigenvalue of symmetricEigenvalues(products, length)) {
    const share = eigenvalue / count;
    if (share > 0) entropy -= share * Math.log(share);
  }
  return Math.exp(entropy);
}

function normalised(values: Float32Array, count: number, size: number): Float64Array {
  const rows = Float64Array.from(values);
  for (let i = 0; i < count; i++) {
    const row = rows.subarray(i * size, (i + 1) * size);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) for (let k = 0; k < size; k++) row[k] = row[k]! / length;
  }
  return rows;
}
