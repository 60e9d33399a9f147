import { describe, expect, it } from 'vitest';
import { compileProgram } from './compile.ts';
import { eagerProgram } from './eager.ts';
import type { Program, ProgramFunctions } from './program.ts';
import { both, compile, get, wave } from './test-programs.ts';
import { nativeBackend, tf } from './tf.ts';

describe('state', () => {
  const vector = (...values: number[]) => ({ shape: [values.length], data: Float32Array.from(values) });
  const dataOf = (program: Program) =>
    Object.fromEntries(Object.entries(program.readState()).map(([name, { data }]) => [name, [...data]]));

  it('can be swapped, and two names can get one value, then part again', () => {
    const { eager, compiled } = both(
      { a: vector(1, 2), b: vector(3, 4) },
      {
        swap: { inputs: {}, run: (state) => ({ state: { a: get(state, 'b'), b: get(state, 'a') } }) },
        same: { inputs: {}, run: (state) => ({ state: { b: tf.variable(get(state, 'a')).clone() } }) },
        addToA: { inputs: {}, run: (state) => ({ state: { a: get(state, 'a').add(1) } }) },
      },
    );
    for (const program of [eager, compiled]) {
      program.call('swap', {});
      expect(dataOf(program)).toEqual({ a: [3, 4], b: [1, 2] });
      program.call('same', {});
      program.call('addToA', {});
      program.call('addToA', {});
      expect(dataOf(program)).toEqual({ a: [5, 6], b: [3, 4] });
    }
  });

  it('does not share memory between two names that began with one array', () => {
    const shared = vector(1, 2);
    const { eager, compiled } = both(
      { a: shared, b: shared },
      { addToA: { inputs: {}, run: (state) => ({ state: { a: get(state, 'a').add(get(state, 'b')) } }) } },
    );
    for (const program of [eager, compiled]) {
      program.call('addToA', {});
      program.call('addToA', {});
      expect(dataOf(program)).toEqual({ a: [3, 6], b: [1, 2] });
    }
    expect([...shared.data]).toEqual([1, 2]);
  });

  it('does not share memory with arrays given or got', () => {
    const count = 1 << 12;
    const { eager, compiled } = both(
      { a: { shape: [count], data: new Float32Array(count).fill(1) } },
      {
        set: {
          inputs: { x: { shape: [count], dtype: 'float32' } },
          run: (_, inputs) => ({ state: { a: get(inputs, 'x') }, outputs: { x: get(inputs, 'x') } }),
        },
      },
    );
    for (const program of [eager, compiled]) {
      // TensorFlow uses an array in place where it is aligned to 64 bytes: one of these four is.
      const memory = new ArrayBuffer(4 * count + 64);
      for (const offset of [0, 16, 32, 48]) {
        const given = new Float32Array(memory, offset, count).fill(2);
        const got = program.call('set', { x: given })['x'];
        given.fill(7);
        got?.data.fill(8);
        program.readState()['a']?.data.fill(9);
        expect(program.readState(['a'])['a']?.data[123]).toBe(2);
        program.writeState({ a: given });
        given.fill(5);
        expect(program.readState(['a'])['a']?.data[123]).toBe(7);
      }
    }
  });

  it('is read before it is assigned', () => {
    const { eager, compiled } = both(
      { a: vector(1) },
      {
        step: {
          inputs: {},
          run: (state) => ({ outputs: { before: get(state, 'a') }, state: { a: get(state, 'a').mul(2) } }),
        },
      },
    );
    for (const program of [eager, compiled]) {
      const seen = Array.from({ length: 5 }, () => program.call('step', {})['before']?.data[0]);
      expect(seen).toEqual([1, 2, 4, 8, 16]);
    }
  });

  it('of two programs is apart', () => {
    const functions: ProgramFunctions = {
      add: { inputs: {}, run: (state) => ({ state: { a: get(state, 'a').add(1) } }) },
    };
    const first = compile({ a: vector(1) }, functions);
    const second = compile({ a: vector(10) }, functions);
    first.call('add', {});
    first.dispose();
    second.call('add', {});
    expect(dataOf(second)).toEqual({ a: [11] });
    expect(() => first.readState()).toThrow('disposed');
  });

  it('may be written in part', () => {
    const { eager, compiled } = both({ a: vector(1, 2), n: { shape: [], data: Int32Array.of(3) } }, {});
    for (const program of [eager, compiled]) {
      program.writeState({ n: Int32Array.of(-5) });
      expect(program.readState()).toEqual({
        a: { shape: [2], data: Float32Array.of(1, 2) },
        n: { shape: [], data: Int32Array.of(-5) },
      });
      program.writeState({});
      expect(program.readState([])).toEqual({});
    }
  });
});

describe('memory', () => {
  it('does not grow, neither by compiling nor by calling', () => {
    const functions: ProgramFunctions = {
      step: {
        inputs: { x: { shape: [64], dtype: 'float32' } },
        run(state, inputs) {
          const variable = tf.variable(get(inputs, 'x'));
          const a = get(state, 'a').add(variable);
          return { outputs: { sum: a.sum(), a }, state: { a } };
        },
      },
    };
    const initial = { a: wave([64], 0) };
    const x = wave([64], 1).data;
    const count = () => ({
      tfjs: tf.memory().numTensors,
      native: nativeBackend().getNumOfTFTensors(),
      models: nativeBackend().getNumOfSavedModels(),
    });
    const before = count();
    const compiled = compileProgram(initial, functions);
    const eager = eagerProgram(initial, functions);
    eager.call('step', { x });
    const during = count();
    for (let i = 0; i < 200; i += 1) {
      compiled.call('step', { x });
      compiled.readState();
      compiled.writeState({ a: x });
      eager.call('step', { x });
    }
    expect(count()).toEqual(during);
    compiled.dispose();
    eager.dispose();
    expect(count()).toEqual(before);
  });
});
