import { describe, expect, it } from 'vitest';
import { compileProgram } from './compile.ts';
import type { Precision } from './products.ts';
import type { ProgramFunction } from './program.ts';
import { tf, type Tensor4D } from './tf.ts';

/** One more than bfloat16's eight bits hold: rounded to it, it is 1. */
const FINE = 1 + 2 ** -10;

function compiled(functions: Record<string, ProgramFunction>) {
  return compileProgram({ w: { shape: [2, 2], data: Float32Array.of(FINE, 0, 0, FINE) } }, functions);
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

describe('a function in bfloat16', () => {
  it('rounds the factors of its products, and nothing else', () => {
    const program = compiled({ fine: productOf(), coarse: productOf('bfloat16') });
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
    const program = compiled({ fine: gradients('float32'), coarse: gradients('bfloat16') });
    const given = { x: new Float32Array(4).fill(FINE), kernel: new Float32Array(9).fill(FINE) };
    // Each pixel of a 2 × 2 picture lies under four of the kernel's weights, and the weight in the middle over four pixels.
    const fine = program.call('fine', given);
    expect(fine['dx']!.data[0]).toBeCloseTo(4 * FINE * FINE, 5);
    const coarse = program.call('coarse', given);
    expect(Array.from(coarse['dx']!.data)).toEqual([4, 4, 4, 4]);
    expect(coarse['dk']!.data[4]).toBe(4);
    program.dispose();
  });
});
