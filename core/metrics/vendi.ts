import { product, symmetricEigenvalues } from '../tensor/doubles.ts';
import type { Features } from './moments.ts';

/** Rows at a time that are held in double precision. */
const CHUNK = 1024;

/**
 * Vendi score: how many images that have nothing in common are as varied as these, from 1 to their number. The
 * exponential of the entropy of the eigenvalues of K / count, where K holds the cosines between features (Friedman &
 * Dieng 2023, arXiv 2210.02410, definition 3.1).
 *
 * K and the smaller matrix of products between features have the same eigenvalues, so that one is taken.
 */
export function vendiScore({ count, size, values }: Features): number {
  const length = Math.min(count, size);
  const products = new Float64Array(length * length);
  for (let from = 0; from < count; from += CHUNK) {
    // Between images all are taken at once: there are no more of them than features.
    const rows = count <= size ? count : Math.min(CHUNK, count - from);
    const matrix = {
      rows,
      columns: size,
      values: normalised(values.subarray(from * size, (from + rows) * size), size),
    };
    const some = product({ ...matrix, transposed: count > size }, { ...matrix, transposed: count <= size });
    for (let at = 0; at < some.length; at++) products[at] = products[at]! + some[at]!;
    if (count <= size) break;
  }
  let entropy = 0;
  for (const eigenvalue of symmetricEigenvalues(products, length)) {
    const share = eigenvalue / count;
    if (share > 0) entropy -= share * Math.log(share);
  }
  return Math.exp(entropy);
}

/** Rows of length 1, but for those that are 0. */
function normalised(values: Float32Array, size: number): Float64Array {
  const rows = Float64Array.from(values);
  for (let start = 0; start < rows.length; start += size) {
    const row = rows.subarray(start, start + size);
    const length = Math.sqrt(row.reduce((sum, value) => sum + value * value, 0));
    if (length > 0) for (let k = 0; k < size; k++) row[k] = row[k]! / length;
  }
  return rows;
}
