/** The most arithmetic that this machine does in a second, as large matrix products show it. */
import { compileProgram } from '../tensor/compile.ts';
import type { Precision } from '../tensor/recorded-graph.ts';
import { tensorNamed, type Tensors } from '../tensor/program.ts';
import { tf, type Tensor2D } from '../tensor/tf.ts';
import { LANES } from '../tensor/threads.ts';

const FIRST_SIZE = 1024;
const LARGEST_SIZE = 16_384;
/** Products that take this long are large enough for what surrounds them not to count. */
const LONG_ENOUGH_MS = 100;
const REPEATS = 5;

/**
 * FLOP a second of products of square matrices, one for each lane of operations, in float32 or in a precision, if
 * that is faster. They grow until they take a tenth of a second.
 */
export function peakFlopsPerSecond(precision: Precision = 'float32'): number {
  const float32 = peakIn('float32');
  return precision === 'float32' ? float32 : Math.max(float32, peakIn(precision));
}

function peakIn(precision: Precision): number {
  for (let size = FIRST_SIZE; ; size *= 2) {
    const ms = fastestMs(size, precision);
    if (ms >= LONG_ENOUGH_MS || size === LARGEST_SIZE) return (LANES * 2 * size ** 3 * 1000) / ms;
  }
}

function fastestMs(size: number, precision: Precision): number {
  const shape = [size, size];
  const lanes = Array.from({ length: LANES }, (_, lane) => `lane${lane}`);
  const matrix = (value: number) => ({ shape, data: new Float32Array(size * size).fill(value / size) });
  const program = compileProgram(Object.fromEntries(lanes.map((name, lane) => [name, matrix(lane + 1)])), {
    products: {
      inputs: {},
      precision,
      // The sums are there to have something small to read: until then a product is not surely done.
      run: (state) => ({ outputs: Object.fromEntries(lanes.map((name) => [name, squareSum(state, name)])) }),
    },
  });
  try {
    let fastest = Infinity;
    // The first one also optimises the graph.
    for (let i = 0; i <= REPEATS; i++) {
      const started = performance.now();
      program.call('products', {});
      if (i > 0) fastest = Math.min(fastest, performance.now() - started);
    }
    return fastest;
  } finally {
    program.dispose();
  }
}

function squareSum(state: Tensors, name: string): tf.Tensor {
  const matrix = tensorNamed<Tensor2D>(state, name);
  return tf.sum(tf.matMul(matrix, matrix));
}
