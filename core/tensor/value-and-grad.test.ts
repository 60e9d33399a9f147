import { describe, expect, it } from 'vitest';
import { compileProgram } from './compile.ts';
import { tensorNamed } from './program.ts';
import { tf, type Scalar, type Tensor1D } from './tf.ts';
import { valueAndGrad } from './value-and-grad.ts';

/** Σ x³ with x², and what is no tensor, beside it. */
function cubes(x: Tensor1D) {
  const squares = tf.square(x);
  return {
    value: tf.sum(tf.mul(squares, x)) as Scalar,
    aux: { squares, parts: [{ doubled: tf.mul(squares, 2) }], none: null, name: 'cubes' },
  };
}

describe('valueAndGrad', () => {
  it('gives value, gradient and auxiliary outputs', () => {
    tf.tidy(() => {
      const { value, gradient, aux } = valueAndGrad(tf.tensor1d([1, -2, 3]), cubes);
      expect(value.dataSync()[0]).toBe(1 - 8 + 27);
      expect(Array.from(gradient.dataSync())).toEqual([3, 12, 27]);
      expect(Array.from(aux.squares.dataSync())).toEqual([1, 4, 9]);
      expect(Array.from(aux.parts[0]!.doubled.dataSync())).toEqual([2, 8, 18]);
      expect(aux).toMatchObject({ none: null, name: 'cubes' });
    });
  });

  it('leaks nothing and frees nothing that belongs to others', () => {
    const x = tf.tensor1d([1, 2]);
    const outside = tf.tensor1d([5]);
    const before = tf.memory();
    tf.tidy(() => {
      valueAndGrad(x, (at) => ({ ...cubes(at), aux: { at, outside, twice: [outside] } }));
    });
    expect(tf.memory()).toMatchObject({
      numTensors: before.numTensors,
      numDataBuffers: before.numDataBuffers,
    });
    expect(Array.from(outside.dataSync())).toEqual([5]);
    expect(Array.from(x.dataSync())).toEqual([1, 2]);
    tf.dispose([x, outside]);
  });

  it('leaks nothing where there is no gradient', () => {
    const x = tf.tensor1d([1, 2]);
    const before = tf.memory().numTensors;
    const constant = () => tf.tidy(() => valueAndGrad(x, (at) => ({ value: tf.scalar(1), aux: tf.neg(at) })));
    expect(constant).toThrow(/gradient/i);
    expect(tf.memory().numTensors).toBe(before);
    x.dispose();
  });

  it('is the same compiled', () => {
    const program = compileProgram(
      { x: { shape: [3], data: Float32Array.of(1, -2, 3) } },
      {
        cubes: {
          inputs: {},
          run(state) {
            const { value, gradient, aux } = valueAndGrad(tensorNamed<Tensor1D>(state, 'x'), cubes);
            return { outputs: { value, gradient, squares: aux.squares } };
          },
        },
      },
    );
    const { value, gradient, squares } = program.call('cubes', {});
    program.dispose();
    expect(Array.from(value!.data)).toEqual([20]);
    expect(Array.from(gradient!.data)).toEqual([3, 12, 27]);
    expect(Array.from(squares!.data)).toEqual([1, 4, 9]);
  });
});
