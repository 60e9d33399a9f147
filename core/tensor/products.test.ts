import { describe, expect, it } from 'vitest';
import { compileProgram } from './compile.ts';
import { bfloat16Kernels, type Bfloat16Kernels } from './products.ts';
import type { ProgramFunction } from './program.ts';
import type { Precision } from './recorded-graph.ts';
import { tf, type Tensor4D } from './tf.ts';

/** One more than bfloat16's eight bits hold: rounded to it, it is 1. */
const FINE = 1 + 2 ** -10;

function compiled(functions: Record<string, ProgramFunction>, bfloat16: Bfloat16Kernels) {
  return compileProgram({ w: { shape: [2, 2], data: Float32Array.of(FINE, 0, 0, FINE) } }, functions, {
    bfloat16,
  });
}

function productOf(precision?: Precision): ProgramFunction {
  return {
    inputs: { x: { shape: [1, 2], dtype: 'float32' } },
    ...(precision && { precision }),
    run: ({ w }, { x }) => ({
      outputs: { y: tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), sum: tf.add(x!, FINE - 1) },
      state: { w: tf.mul(w!, 2) },
    }),
  };
}

describe.each(['native', 'rounded'] as const)('a function in bfloat16, %s', (kernels) => {
  it('rounds the factors of its products, and nothing else', () => {
    const program = compiled({ fine: productOf(), coarse: productOf('bfloat16') }, kernels);
    const x = Float32Array.of(3 * FINE, 5);
    const fine = program.call('fine', { x });
    expect(Array.from(fine['y']!.data)).toEqual([Math.fround(3 * FINE * FINE), 5 * FINE]);
    const coarse = program.call('coarse', { x });
    expect(Array.from(coarse['y']!.data)).toEqual([3 * 2, 5 * 2]);
    expect(Array.from(coarse['sum']!.data)).toEqual([4 * FINE - 1, 5 + FINE - 1].map(Math.fround));
    expect(Array.from(program.readState(['w'])['w']!.data)).toEqual([4 * FINE, 0, 0, 4 * FINE]);
    program.dispose();
  });

  it('rounds in the gradients of convolutions too, where their sizes are whole numbers', () => {
    const gradients = (precision: Precision): ProgramFunction => ({
      precision,
      inputs: {
        x: { shape: [1, 2, 2, 1], dtype: 'float32' },
        kernel: { shape: [3, 3, 1, 1], dtype: 'float32' },
      },
      run(_, { x, kernel }) {
        const [dx, dk] = tf.grads((image, kernel) =>
          tf.conv2d(image as Tensor4D, kernel as Tensor4D, 1, 'same'),
        )([x!, kernel!], tf.fill([1, 2, 2, 1], FINE));
        return { outputs: { dx: dx!, dk: dk! } };
      },
    });
    const program = compiled({ fine: gradients('float32'), coarse: gradients('bfloat16') }, kernels);
    const given = { x: new Float32Array(4).fill(FINE), kernel: new Float32Array(9).fill(FINE) };
    // Each pixel of a 2 × 2 image lies under four of the kernel's weights, and the weight in the middle over four pixels.
    const fine = program.call('fine', given);
    expect(fine['dx']!.data[0]).toBeCloseTo(4 * FINE * FINE, 5);
    const coarse = program.call('coarse', given);
    expect(Array.from(coarse['dx']!.data)).toEqual([4, 4, 4, 4]);
    expect(coarse['dk']!.data[4]).toBe(4);
    program.dispose();
  });
});

it('gives the same with kernels for bfloat16 as with rounded factors, up to how sums are made', () => {
  const numbers = (count: number, scale: number) =>
    new Float32Array(count).map((_, i) => Math.sin(i * scale));
  const given = { x: numbers(2 * 6 * 6 * 8, 0.37), kernel: numbers(3 * 3 * 8 * 4, 0.73) };
  const convolution: ProgramFunction = {
    precision: 'bfloat16',
    inputs: {
      x: { shape: [2, 6, 6, 8], dtype: 'float32' },
      kernel: { shape: [3, 3, 8, 4], dtype: 'float32' },
    },
    run(_, { x, kernel }) {
      const y = (image: tf.Tensor, weights: tf.Tensor) =>
        tf.conv2d(image as Tensor4D, weights as Tensor4D, 1, 'same');
      const [dx, dk] = tf.grads((image, weights) => tf.square(y(image, weights)))([x!, kernel!]);
      return { outputs: { y: y(x!, kernel!), dx: dx!, dk: dk! } };
    },
  };
  const [native, rounded] = (['native', 'rounded'] as const).map((bfloat16) => {
    const program = compileProgram(
      { w: { shape: [1], data: new Float32Array(1) } },
      { convolution },
      { bfloat16 },
    );
    const outputs = program.call('convolution', given);
    program.dispose();
    return outputs;
  });
  // Where there are no instructions for bfloat16, its kernels make parts of their sums in it.
  for (const name of ['y', 'dx', 'dk']) {
    const [a, b] = [native![name]!.data, rounded![name]!.data];
    const largest = Math.max(...a.map(Math.abs));
    a.forEach((value, i) => expect(Math.abs(value - b[i]!)).toBeLessThanOrEqual(largest / 32));
  }
});

describe('bfloat16Kernels', () => {
  it.each([
    [false, 'fpu sse2 avx avx2 fma', 'rounded'],
    [false, 'fpu avx2 avx512f avx512_bf16 amx_bf16', 'native'],
    [false, 'fp asimd i8mm bf16 dgh', 'native'],
    [false, '', 'rounded'],
    [true, 'fpu sse2', 'native'],
  ])('GPU %s, processor %j: %s', (gpu, flags, expected) => {
    expect(bfloat16Kernels(gpu, flags)).toBe(expected);
  });
});
