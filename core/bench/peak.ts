/** The most arithmetic that this machine does in a second, as one large matrix product shows it. */
import { compileProgram } from '../tensor/compile.ts';
import { tensorNamed } from '../tensor/program.ts';
import { tf } from '../tensor/tf.ts';

const FIRST_SIZE = 1024;
const LARGEST_SIZE = 16_384;
/** A product that takes this long is large enough for its set-up not to count. */
const LONG_ENOUGH_MS = 100;
const REPEATS = 5;

/**
 * FLOP a second of the fastest of several products of two square float32 matrices, which grow until one product
 * takes a tenth of a second.
 */
export function peakFlopsPerSecond(): number {
  for (let size = FIRST_SIZE; ; size *= 2) {
    const ms = fastestProductMs(size);
    if (ms >= LONG_ENOUGH_MS || size === LARGEST_SIZE) return (2 * size ** 3 * 1000) / ms;
  }
}

function fastestProductMs(size: number): number {
  const shape = [size, size];
  const program = compileProgram(
    { a: { shape, data: new Float32Array(size * size).fill(1 / size) } },
    {
      // The sum is there to have something small to read: until then the product is not surely done.
      product: {
        inputs: {},
        run: (state) => ({
          outputs: {
            sum: tf.sum(
              tf.matMul(tensorNamed<tf.Tensor2D>(state, 'a'), tensorNamed<tf.Tensor2D>(state, 'a')),
            ),
          },
        }),
      },
    },
  );
  try {
    let fastest = Infinity;
    // The first one also optimises the graph.
    for (let i = 0; i <= REPEATS; i++) {
      const started = performance.now();
      program.call('product', {});
      if (i > 0) fastest = Math.min(fastest, performance.now() - started);
    }
    return fastest;
  } finally {
    program.dispose();
  }
}
