/**
 * Products and eigenvalues of matrices in double precision by TensorFlow's own kernels, for which tfjs has no type:
 * numbers go in and out as pairs of 32-bit words, bit for bit, and are tensors only for the native library in between.
 * Matrices lie row by row throughout.
 */
import { toNativeAttrs, type OpAttrs } from './op-attr.ts';
import { nativeBackend } from './tf.ts';

const DOUBLE = { T: { type: 'float64' } } as const;

/** Native tensors that are let go of together. */
class Scope {
  readonly #binding = nativeBackend().binding;
  readonly #ids: number[] = [];

  run(name: string, attrs: OpAttrs, inputs: readonly number[], outputs = 1): number[] {
    const made = this.#binding.executeOp(name, toNativeAttrs(attrs), [...inputs], outputs);
    const ids = made.map(({ id }) => id!);
    this.#ids.push(...ids);
    return ids;
  }

  enter(values: Float64Array, rows: number, columns: number): number {
    const words = new Int32Array(values.buffer, values.byteOffset, 2 * rows * columns);
    const id = this.#binding.createTensor([rows, columns, 2], this.#binding.TF_INT32, words);
    this.#ids.push(id);
    return this.run('Bitcast', { T: { type: 'int32' }, type: { type: 'float64' } }, [id])[0]!;
  }

  leave(id: number): Float64Array {
    const [words] = this.run('Bitcast', { ...DOUBLE, type: { type: 'int32' } }, [id]);
    const { buffer, byteOffset, length } = this.#binding.tensorDataSync(words!) as Int32Array;
    return new Float64Array(buffer, byteOffset, length / 2);
  }

  close(): void {
    for (const id of this.#ids) this.#binding.deleteTensor(id);
  }
}

function inScope<T>(work: (scope: Scope) => T): T {
  const scope = new Scope();
  try {
    return work(scope);
  } finally {
    scope.close();
  }
}

export interface Matrix {
  rows: number;
  columns: number;
  /** At least rows × columns; what is beyond is not read. */
  values: Float64Array;
  /** Its transpose is the factor. */
  transposed?: boolean;
}

/**
 * A · B.
 *
 * @returns rows of A × columns of B, both as they are after transposing
 * @throws Error with TensorFlow's message when the two do not fit together
 */
export function product(a: Matrix, b: Matrix): Float64Array {
  const attrs = {
    ...DOUBLE,
    transpose_a: { bool: a.transposed ?? false },
    transpose_b: { bool: b.transposed ?? false },
  };
  return inScope((scope) => {
    const left = scope.enter(a.values, a.rows, a.columns);
    const right = a.values === b.values ? left : scope.enter(b.values, b.rows, b.columns);
    return scope.leave(scope.run('MatMul', attrs, [left, right])[0]!);
  });
}

/**
 * All eigenvalues of a symmetric matrix, rising.
 *
 * @param matrix size × size; only the lower triangle counts
 * @throws Error when numbers are not finite
 */
export function symmetricEigenvalues(matrix: Float64Array, size: number): Float64Array {
  if (size === 0) return new Float64Array(0);
  if (!matrix.every(Number.isFinite)) throw new Error('a matrix has numbers that are not finite');
  return inScope((scope) => {
    const entered = scope.enter(matrix, size, size);
    const attrs = { ...DOUBLE, compute_v: { bool: false } };
    return scope.leave(scope.run('SelfAdjointEigV2', attrs, [entered], 2)[0]!);
  });
}
