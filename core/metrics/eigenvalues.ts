/** Eigenvalues of symmetric matrices, without eigenvectors, which none of the measures needs. */

/** Rounds of the QL method for one eigenvalue; it takes two or three. */
const MAX_ROUNDS = 50;

/**
 * All eigenvalues of a symmetric matrix, in no order: Householder's reduction to three diagonals, then the QL method
 * with implicit shifts (Golub & Van Loan, Matrix Computations, 4th ed., §8.3). About 4/3 size³ operations.
 *
 * @param matrix size × size, row by row; only the lower triangle is read, and it is used up
 * @throws Error when the method does not converge, as with numbers that are not finite
 */
export function symmetricEigenvalues(matrix: Float64Array, size: number): Float64Array {
  const diagonal = new Float64Array(size);
  const beside = new Float64Array(size);
  reduce(matrix, size, diagonal, beside);
  return implicitQl(diagonal, beside);
}

/** Leaves the three diagonals: `beside[i]` stands between i − 1 and i. */
function reduce(a: Float64Array, size: number, diagonal: Float64Array, beside: Float64Array): void {
  const u = new Float64Array(size);
  const p = new Float64Array(size);
  for (let k = size - 1; k > 0; k--) {
    const start = k * size;
    diagonal[k] = a[start + k]!;
    let scale = 0;
    for (let j = 0; j < k; j++) scale += Math.abs(a[start + j]!);
    if (k === 1 || scale === 0) {
      beside[k] = a[start + k - 1]!;
      continue;
    }
    let squares = 0;
    for (let j = 0; j < k; j++) {
      const value = a[start + j]! / scale;
      u[j] = value;
      squares += value * value;
    }
    const last = u[k - 1]!;
    const length = last >= 0 ? -Math.sqrt(squares) : Math.sqrt(squares);
    beside[k] = scale * length;
    u[k - 1] = last - length;
    const half = squares - last * length;
    applyReflection(a, size, k, u, p, half);
  }
  diagonal[0] = a[0]!;
  beside[0] = 0;
}

/** A ← H A H on the leading k × k, with H = 1 − u uᵀ / half, on the lower triangle. */
function applyReflection(
  a: Float64Array,
  size: number,
  k: number,
  u: Float64Array,
  p: Float64Array,
  half: number,
): void {
  p.fill(0, 0, k);
  for (let i = 0; i < k; i++) {
    const row = i * size;
    const ui = u[i]!;
    let sum = 0;
    for (let j = 0; j < i; j++) {
      const value = a[row + j]!;
      sum += value * u[j]!;
      p[j] = p[j]! + value * ui;
    }
    p[i] = p[i]! + sum + a[row + i]! * ui;
  }
  let overlap = 0;
  for (let i = 0; i < k; i++) {
    p[i] = p[i]! / half;
    overlap += u[i]! * p[i]!;
  }
  const share = overlap / (2 * half);
  for (let i = 0; i < k; i++) p[i] = p[i]! - share * u[i]!;
  for (let i = 0; i < k; i++) {
    const row = i * size;
    const ui = u[i]!;
    const pi = p[i]!;
    for (let j = 0; j <= i; j++) a[row + j] = a[row + j]! - ui * p[j]! - pi * u[j]!;
  }
}

/** The eigenvalues of a matrix of three diagonals; both arrays are used up. */
function implicitQl(d: Float64Array, e: Float64Array): Float64Array {
  const size = d.length;
  e.copyWithin(0, 1);
  if (size > 0) e[size - 1] = 0;
  for (let l = 0; l < size; l++) {
    for (let round = 0; ; round++) {
      let m = l;
      for (; m < size - 1; m++) {
        const near = Math.abs(d[m]!) + Math.abs(d[m + 1]!);
        if (Math.abs(e[m]!) <= Number.EPSILON * near) break;
      }
      if (m === l) break;
      if (round === MAX_ROUNDS || !Number.isFinite(d[l]!)) {
        throw new Error('the eigenvalues of a matrix were not found');
      }
      sweep(d, e, l, m);
    }
  }
  return d;
}

/** One QL step with an implicit shift on rows l to m. */
function sweep(d: Float64Array, e: Float64Array, l: number, m: number): void {
  let g = (d[l + 1]! - d[l]!) / (2 * e[l]!);
  let r = Math.hypot(g, 1);
  g = d[m]! - d[l]! + e[l]! / (g + (g >= 0 ? r : -r));
  let [sine, cosine, p] = [1, 1, 0];
  for (let i = m - 1; i >= l; i--) {
    const f = sine * e[i]!;
    const b = cosine * e[i]!;
    r = Math.hypot(f, g);
    e[i + 1] = r;
    if (r === 0) {
      d[i + 1] = d[i + 1]! - p;
      e[m] = 0;
      return;
    }
    sine = f / r;
    cosine = g / r;
    g = d[i + 1]! - p;
    const next = (d[i]! - g) * sine + 2 * cosine * b;
    p = sine * next;
    d[i + 1] = g + p;
    g = cosine * next - b;
  }
  d[l] = d[l]! - p;
  e[l] = g;
  e[m] = 0;
}
