import { describe, expect, it } from 'vitest';
import { compileProgram } from './compile.ts';
import { eagerProgram } from './eager.ts';
import type { Initial, ProgramFunctions, Tensors } from './program.ts';
import { statelessNormal, streamSeed } from './random.ts';
import { both, disposed, get } from './test-programs.ts';
import { executeOp, tf } from './tf.ts';

describe('errors', () => {
  const x = { x: { shape: [2], dtype: 'float32' } } as const;
  const initial: Initial = { a: { shape: [2], data: new Float32Array(2) } };
  const run = (f: (state: tf.Tensor, input: tf.Tensor) => Tensors) =>
    ({
      f: {
        inputs: x,
        run: (state: Tensors, inputs: Tensors) => ({ outputs: f(get(state, 'a'), get(inputs, 'x')) }),
      },
    }) satisfies ProgramFunctions;

  it.each<[string, (state: tf.Tensor, input: tf.Tensor) => Tensors, RegExp]>([
    [
      'a result is read',
      (a) => ({ y: a.mul(a.add(1).dataSync()[0] ?? 0) }),
      /^f reads the values of a result of AddV?2? in/,
    ],
    [
      'state is read',
      (a) => ({ y: a.mul(a.arraySync() as number[]) }),
      /^f reads the values of state a in JavaScript/,
    ],
    [
      'an input is read',
      (_, input) => ({ y: input.mul(input.dataSync()[0] ?? 0) }),
      /^f reads the values of input x/,
    ],
    [
      'indices are checked',
      (a, input) => ({ y: tf.gather(a, input.cast('int32')) }),
      /f reads the values of a result of Cast.*GatherV2/,
    ],
    ['a bool goes out', (a) => ({ y: a.greater(0) }), /^output y of f is bool; cast it/],
    [
      'a disposed tensor is used',
      (a) => {
        const y = a.add(1);
        y.dispose();
        return { y };
      },
      /^f uses a tensor that is disposed/,
    ],
  ])('when %s', (_, f, message) => {
    expect(() => compileProgram(initial, run(f))).toThrow(message);
    // The recorder is gone again.
    expect([...tf.tidy(() => tf.scalar(1).add(1).dataSync())]).toEqual([2]);
  });

  it.each<[string, (a: tf.Tensor) => tf.Tensor]>([
    ['randomNormal', (a) => a.add(tf.randomNormal([2]))],
    ['randomUniform', (a) => a.add(tf.randomUniform([2]))],
    ['dropout', (a) => tf.dropout(a, 0.5)],
    ['Math.random', (a) => a.mul(Math.random())],
  ])('when noise would be frozen: %s', (_, f) => {
    const functions = run((a) => ({ y: f(a) }));
    expect(() => compileProgram(initial, functions)).toThrow('f draws random numbers in JavaScript');
    const eager = disposed(eagerProgram(initial, functions));
    expect(() => eager.call('f', { x: new Float32Array(2) })).toThrow('f draws random numbers in JavaScript');
    expect(Math.random()).toBeLessThan(1);
  });

  it('when the shape or type of state would change, or there is no such state', () => {
    const of = (name: string, f: (a: tf.Tensor) => tf.Tensor): ProgramFunctions => ({
      f: { inputs: {}, run: (state) => ({ state: { [name]: f(get(state, 'a')) } }) },
    });
    for (const attempt of [
      (functions: ProgramFunctions) => compileProgram(initial, functions),
      (functions: ProgramFunctions) => {
        const eager = disposed(eagerProgram(initial, functions));
        return eager.call('f', {});
      },
    ]) {
      expect(() => attempt(of('a', (a) => a.expandDims(0)))).toThrow(
        'f would change state a from float32 [2] to float32 [1, 2]',
      );
      expect(() => attempt(of('a', (a) => a.cast('int32')))).toThrow('from float32 [2] to int32 [2]');
      expect(() => attempt(of('b', (a) => a))).toThrow('there is no state b');
    }
  });

  it('when a variable from outside is assigned', () => {
    const variable = tf.variable(tf.scalar(1));
    expect(() =>
      compileProgram(
        initial,
        run((a, input) => {
          variable.assign(a.sum());
          return { y: a.add(input) };
        }),
      ),
    ).toThrow(/^f assigns to the variable .* not part of its state/);
    variable.dispose();
  });

  it('when a variable from outside would be frozen', () => {
    const variable = tf.variable(tf.scalar(1), true, 'rate');
    expect(() =>
      compileProgram(
        initial,
        run((a, input) => ({ y: a.sub(input.mul(variable)) })),
      ),
    ).toThrow(/^f uses the variable rate, the value of which compiling would freeze/);
    variable.dispose();
  });

  it.each<[string, (state: tf.Tensor, input: tf.Tensor) => Tensors, RegExp]>([
    ['an input has no effect', (a) => ({ y: a }), /^f makes no use of its input x$/],
    [
      'an output is always the same',
      (a, input) => ({ y: a.add(input), z: tf.scalar(3).add(1) }),
      /^output z of f is a constant/,
    ],
    [
      'a seed is always the same',
      (a, input) => ({
        y: a.add(input).add(statelessNormal([2], tf.tensor1d(streamSeed(1, 's', 0), 'int32'))),
      }),
      /^f draws the same numbers in every call: the seed of StatelessRandomNormal/,
    ],
    [
      'TensorFlow would draw on its own',
      (a, input) => ({ y: tf.multinomial(a.add(input).expandDims(0) as tf.Tensor2D, 2, 1).cast('float32') }),
      /^f runs Multinomial, the numbers of which no seed decides/,
    ],
    [
      'a shape depends on values',
      (a, input) => ({ y: executeOp('Where', {}, [a.add(input)]) }),
      /^f runs Where, the result of which has a shape that depends on values/,
    ],
    [
      'there is no such operation',
      (a, input) => ({ y: executeOp('Nonsense', {}, [a.add(input)]) }),
      /^f runs Nonsense on \[2\], which cannot be: .*Nonsense/,
    ],
    [
      'shapes do not fit',
      (a, input) => ({ y: executeOp('AddV2', {}, [a.add(input), tf.zeros([3])]) }),
      /^f runs AddV2 on \[2\], \[3\], which cannot be: shapes \[2\] and \[3\] do not fit/,
    ],
    [
      'the function itself fails',
      (a) => {
        throw new Error(`no layer for ${a.shape.join()}`);
      },
      /^f cannot be compiled: no layer for 2 \(core/,
    ],
  ])('when %s', (_, f, message) => {
    expect(() => compileProgram(initial, run(f))).toThrow(message);
  });

  it('when new state is always the same', () => {
    const functions = { f: { inputs: {}, run: () => ({ state: { a: tf.ones([2]) } }) } };
    expect(() => compileProgram(initial, functions)).toThrow('new state a of f is a constant');
  });

  it('with the place in the sources where it was called', () => {
    function deeper(x: tf.Tensor): tf.Tensor {
      return x.mul(x.dataSync()[0] ?? 0);
    }
    const place = String.raw`core/tensor/program-errors\.test\.ts:\d+`;
    for (const f of [
      (a: tf.Tensor, input: tf.Tensor) => ({ y: deeper(a.add(input)) }),
      (a: tf.Tensor, input: tf.Tensor) => ({ y: tf.grad((y) => deeper(y.square()).sum())(a.add(input)) }),
    ]) {
      expect(() => compileProgram(initial, run(f))).toThrow(new RegExp(`\\(${place} < ${place}`));
    }
    // Found only by the whole graph: an operation with a type attribute that nothing here knows of.
    expect(() =>
      compileProgram(
        initial,
        run((a, input) => ({ y: executeOp('Xlog1py', {}, [a.add(input), a]) })),
      ),
    ).toThrow(new RegExp(`f/1_Xlog1py.*\\(Xlog1py, ${place}`, 's'));
  });

  it('when a call does not fit', () => {
    const { eager, compiled } = both(
      initial,
      run((a, input) => ({ y: a.add(input) })),
    );
    for (const program of [eager, compiled]) {
      expect(() => program.call('g', {})).toThrow('there is no function g');
      expect(() => program.call('f', {})).toThrow('f needs the input x');
      expect(() => program.call('f', { x: new Float32Array(3) })).toThrow(
        'input x of f must have 2 elements (shape [2]), not 3',
      );
      expect(() => program.call('f', { x: new Int32Array(2) })).toThrow(
        'input x of f must be a Float32Array',
      );
      expect(() => program.call('f', { x: new Float32Array(2), z: new Float32Array(1) })).toThrow(
        'f has no input z',
      );
      expect(() => program.writeState({ a: new Float32Array(1) })).toThrow('state a must have 2 elements');
      expect(() => program.writeState({ b: new Float32Array(1) })).toThrow('there is no state b');
      expect(() => program.readState(['b'])).toThrow('there is no state b');
    }
    expect(() => compileProgram({ a: { shape: [3], data: new Float32Array(2) } }, {})).toThrow(
      'state a must have 3',
    );
    expect(() => compileProgram({}, { f: { inputs: {}, run: () => ({}) } })).toThrow('f gives neither');
    expect(() => compileProgram({}, { 'a b': { inputs: {}, run: () => ({}) } })).toThrow(
      'cannot be called a b',
    );
  });
});
