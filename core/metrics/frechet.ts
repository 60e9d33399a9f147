import { product, symmetricEigenvalues } from '../tensor/doubles.ts';
import { pivotedCholesky } from './matrix.ts';
import type { Moments } from './moments.ts';

/**
 * Fréchet distance between two normal distributions, squared, as FID has it: |μ₁ − μ₂|² + tr(Σ₁ + Σ₂ − 2 (Σ₁Σ₂)^½)
 * (Dowson & Landau 1982; Heusel et al. 2017, arXiv 1706.08500, equation 6).
 *
 * The trace of the root is the sum of the roots of the eigenvalues of Lᵀ Σ₂ L, where Σ₁ = L Lᵀ: those of Σ₁Σ₂, of a
 * symmetric matrix. Covariances of fewer images than features are taken as they are; nothing is added to them.
 *
 * @throws RangeError for moments of different sizes
 */
export function frechetDistance(a: Moments, b: Moments): number {
  const { size } = a;
  if (b.size !== size) throw new RangeError(`features of ${size} values and of ${b.size}`);
  let distance = 0;
  for (let k = 0; k < size; k++) {
    distance += (a.mean[k]! - b.mean[k]!) ** 2 + a.covariance[k * size + k]! + b.covariance[k * size + k]!;
  }
  // Rounding makes a little less than nothing of equal ones.
  return Math.max(0, distance - 2 * traceOfRoot(a, b));
}

/** tr (Σ₁Σ₂)^½. */
function traceOfRoot(a: Moments, b: Moments): number {
  const { size } = a;
  // The one of lower rank: the matrix whose eigenvalues are sought is of that size.
  const [first, second] = a.count <= b.count ? [a, b] : [b, a];
  const { factor, rank } = pivotedCholesky(first.covariance, size);
  if (rank === 0) return 0;
  const left = { rows: rank, columns: size, values: factor };
  const half = product(left, { rows: size, columns: size, values: second.covariance });
  const whole = product({ ...left, values: half }, { ...left, transposed: true });
  let trace = 0;
  for (const value of symmetricEigenvalues(whole, rank)) trace += Math.sqrt(Math.max(0, value));
  return trace;
}
