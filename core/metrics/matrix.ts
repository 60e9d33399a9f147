/** Products of matrices in double precision, outside TensorFlow, which gives none to JavaScript. Row by row throughout. */

/** Rows and columns of a product that are summed side by side: what a processor's registers hold. */
const TILE = 4;
/** Length of the sums at a time, so that the rows of a tile stay in the fastest cache. */
const DEPTH = 512;

/**
 * Adds A · Bᵀ to `out`.
 *
 * @param a `rows` × `depth`
 * @param b `columns` × `depth`
 * @param out `rows` × `columns`
 * @param onlyLower leaves out what lies above the diagonal, by whole tiles: for products that are symmetric
 */
export function addProduct(
  out: Float64Array,
  a: Float64Array,
  b: Float64Array,
  { rows, columns, depth }: { rows: number; columns: number; depth: number },
  onlyLower = false,
): void {
  for (let from = 0; from < depth; from += DEPTH) {
    const to = Math.min(depth, from + DEPTH);
    for (let i = 0; i < rows; i += TILE) {
      const end = onlyLower ? Math.min(columns, i + TILE) : columns;
      for (let j = 0; j < end; j += TILE) {
        if (i + TILE <= rows && j + TILE <= columns) addTile(out, a, b, columns, depth, i, j, from, to);
        else
          addEdge(
            out,
            a,
            b,
            columns,
            depth,
            i,
            Math.min(rows, i + TILE),
            j,
            Math.min(columns, j + TILE),
            from,
            to,
          );
      }
    }
  }
}

function addTile(
  out: Float64Array,
  a: Float64Array,
  b: Float64Array,
  columns: number,
  depth: number,
  i: number,
  j: number,
  from: number,
  to: number,
): void {
  const [a0, b0] = [i * depth, j * depth];
  const [a1, a2, a3] = [a0 + depth, a0 + 2 * depth, a0 + 3 * depth];
  const [b1, b2, b3] = [b0 + depth, b0 + 2 * depth, b0 + 3 * depth];
  let [s00, s01, s02, s03] = [0, 0, 0, 0];
  let [s10, s11, s12, s13] = [0, 0, 0, 0];
  let [s20, s21, s22, s23] = [0, 0, 0, 0];
  let [s30, s31, s32, s33] = [0, 0, 0, 0];
  for (let k = from; k < to; k++) {
    const x0 = a[a0 + k]!;
    const x1 = a[a1 + k]!;
    const x2 = a[a2 + k]!;
    const x3 = a[a3 + k]!;
    const y0 = b[b0 + k]!;
    const y1 = b[b1 + k]!;
    const y2 = b[b2 + k]!;
    const y3 = b[b3 + k]!;
    s00 += x0 * y0;
    s01 += x0 * y1;
    s02 += x0 * y2;
    s03 += x0 * y3;
    s10 += x1 * y0;
    s11 += x1 * y1;
    s12 += x1 * y2;
    s13 += x1 * y3;
    s20 += x2 * y0;
    s21 += x2 * y1;
    s22 += x2 * y2;
    s23 += x2 * y3;
    s30 += x3 * y0;
    s31 += x3 * y1;
    s32 += x3 * y2;
    s33 += x3 * y3;
  }
  let at = i * columns + j;
  out[at] = out[at]! + s00;
  out[at + 1] = out[at + 1]! + s01;
  out[at + 2] = out[at + 2]! + s02;
  out[at + 3] = out[at + 3]! + s03;
  at += columns;
  out[at] = out[at]! + s10;
  out[at + 1] = out[at + 1]! + s11;
  out[at + 2] = out[at + 2]! + s12;
  out[at + 3] = out[at + 3]! + s13;
  at += columns;
  out[at] = out[at]! + s20;
  out[at + 1] = out[at + 1]! + s21;
  out[at + 2] = out[at + 2]! + s22;
  out[at + 3] = out[at + 3]! + s23;
  at += columns;
  out[at] = out[at]! + s30;
  out[at + 1] = out[at + 1]! + s31;
  out[at + 2] = out[at + 2]! + s32;
  out[at + 3] = out[at + 3]! + s33;
}

function addEdge(
  out: Float64Array,
  a: Float64Array,
  b: Float64Array,
  columns: number,
  depth: number,
  i0: number,
  i1: number,
  j0: number,
  j1: number,
  from: number,
  to: number,
): void {
  for (let i = i0; i < i1; i++) {
    for (let j = j0; j < j1; j++) {
      let sum = 0;
      for (let k = from; k < to; k++) sum += a[i * depth + k]! * b[j * depth + k]!;
      out[i * columns + j] = out[i * columns + j]! + sum;
    }
  }
}

/** Copies the lower triangle of a square matrix onto the upper one. */
export function mirrorLower(matrix: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    for (let j = 0; j < i; j++) matrix[j * size + i] = matrix[i * size + j]!;
  }
}

/** The transpose of `rows` × `columns` numbers. */
export function transposed(matrix: ArrayLike<number>, rows: number, columns: number): Float64Array {
  const result = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) result[j * rows + i] = matrix[i * columns + j]!;
  }
  return result;
}

/**
 * A factor of a symmetric matrix without negative eigenvalues: A = L · Lᵀ, by Cholesky's method with pivoting, which
 * ends where nothing but rounding is left (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., §10.3).
 *
 * @param matrix `size` × `size`; only its lower triangle is read
 * @returns Lᵀ, `rank` × `size`
 */
export function pivotedCholesky(matrix: Float64Array, size: number): { factor: Float64Array; rank: number } {
  const diagonal = Float64Array.from({ length: size }, (_, i) => matrix[i * size + i]!);
  const tolerance = size * Number.EPSILON * diagonal.reduce((most, value) => Math.max(most, value), 0);
  const rows: Float64Array[] = [];
  const used = new Uint8Array(size);
  while (rows.length < size) {
    let pivot = -1;
    for (let i = 0; i < size; i++) {
      if (used[i] === 0 && (pivot < 0 || diagonal[i]! > diagonal[pivot]!)) pivot = i;
    }
    if (pivot < 0 || !(diagonal[pivot]! > tolerance)) break;
    used[pivot] = 1;
    const row = new Float64Array(size);
    for (let i = 0; i < size; i++) {
      row[i] = i >= pivot ? matrix[i * size + pivot]! : matrix[pivot * size + i]!;
    }
    for (const before of rows) {
      const weight = before[pivot]!;
      if (weight === 0) continue;
      for (let i = 0; i < size; i++) row[i] = row[i]! - weight * before[i]!;
    }
    const root = Math.sqrt(diagonal[pivot]!);
    for (let i = 0; i < size; i++) {
      row[i] = used[i] === 1 && i !== pivot ? 0 : row[i]! / root;
      diagonal[i] = diagonal[i]! - row[i]! * row[i]!;
    }
    row[pivot] = root;
    rows.push(row);
  }
  const factor = new Float64Array(rows.length * size);
  rows.forEach((row, i) => factor.set(row, i * size));
  return { factor, rank: rows.length };
}
