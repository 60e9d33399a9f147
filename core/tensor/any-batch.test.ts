/** One function for all sizes of a batch: the same numbers as op by op, and a refusal where that cannot be. */
import { afterEach, describe, expect, it } from 'vitest';
import { RECORDED_BATCHES, recordFunction } from './any-batch.ts';
import { compileProgram } from './compile.ts';
import { eagerProgram } from './eager.ts';
import { inLanes } from './lanes.ts';
import { ANY, type FunctionResult, type Initial, type Program, type ProgramFunction } from './program.ts';
import { tf, type Tensor, type Tensor4D } from './tf.ts';

const open: Program[] = [];
afterEach(() => {
  for (const program of open.splice(0)) program.dispose();
});

const wave = (count: number, phase: number) =>
  Float32Array.from({ length: count }, (_, i) => Math.sin(1.7 * i + phase));

const initial: Initial = { w: { shape: [3, 3, 2, 6], data: wave(108, 1) } };

/** Convolution, reshapes with the batch first, attention, splits and lanes: what networks are made of. */
const network: ProgramFunction = {
  inputs: { x: { shape: [ANY, 4, 4, 2], dtype: 'float32' }, t: { shape: [ANY], dtype: 'float32' } },
  run({ w }, inputs) {
    return {
      outputs: inLanes(
        inputs,
        (part) => {
          const x = part['x'] as Tensor4D;
          const [batch] = x.shape;
          const h = tf.conv2d(x, w as Tensor4D, 1, 'same').reshape([batch, 16, 6]);
          const [q, k, v] = tf.split(h, 3, 2) as [Tensor, Tensor, Tensor];
          const mixed = tf.softmax(q.matMul(k, false, true)).matMul(v);
          const [a, b] = tf.split(mixed.reshape([batch, 32]), 2, 1) as [Tensor, Tensor];
          return {
            y: a.add(part['t']!.reshape([-1, 1])),
            z: tf.image.resizeNearestNeighbor(x, [8, 8]).sum([1, 2]),
            b,
          };
        },
        2,
      ),
    };
  },
};

function refused(run: (x: Tensor) => FunctionResult) {
  const definition: ProgramFunction = {
    inputs: { x: { shape: [ANY, 2], dtype: 'float32' } },
    run: (_, { x }) => run(x!),
  };
  return () => recordFunction('f', definition, new Map());
}

describe('a function for a batch of any size', () => {
  it('gives what it gives op by op, for sizes that it was not recorded for', () => {
    const eager = eagerProgram(initial, { network });
    const compiled = compileProgram(initial, { network });
    open.push(eager, compiled);
    for (const batch of [2, ...RECORDED_BATCHES, 10, 64, 8]) {
      const inputs = { x: wave(32 * batch, batch), t: wave(batch, 2) };
      const expected = eager.call('network', inputs);
      const actual = compiled.call('network', inputs);
      expect(Object.keys(actual)).toEqual(['y', 'z', 'b']);
      for (const [name, { shape, data }] of Object.entries(expected)) {
        expect(actual[name]?.shape, name).toEqual(shape);
        expect(shape[0]).toBe(batch);
        const worst = Math.max(...Array.from(data, (value, i) => Math.abs(value - actual[name]!.data[i]!)));
        expect(worst, name).toBeLessThan(1e-5);
      }
    }
  });

  it('says of an input that its batch is another one', () => {
    const program = compileProgram(initial, { network });
    open.push(program);
    const x = wave(64, 0);
    expect(() => program.call('network', { x, t: wave(3, 0) })).toThrow(
      'input t of network must have 2 elements (shape [2]), not 3',
    );
    expect(() => program.call('network', { x: wave(65, 0), t: wave(2, 0) })).toThrow(
      'input x of network must have 64 elements (shape [2, 4, 4, 2]), not 65',
    );
    expect(() => program.call('network', { x: wave(0, 0), t: wave(0, 0) })).toThrow('must have 32 elements');
  });

  it('leaves the first length of its outputs open, and counts the work of the first batch it is recorded for', () => {
    const { outputs, ops } = recordFunction(
      'network',
      network,
      new Map([['w', { shape: [3, 3, 2, 6], dtype: 'float32' }]]),
    );
    expect([...outputs].map(([name, { shape }]) => [name, shape])).toEqual([
      ['y', [ANY, 16]],
      ['z', [ANY, 2]],
      ['b', [ANY, 16]],
    ]);
    const [convolution] = ops.filter(({ name }) => name === 'Conv2D');
    expect(convolution?.outputs).toEqual([{ dtype: 'float32', shape: [RECORDED_BATCHES[0] / 2, 4, 4, 6] }]);
  });

  it('is refused where a number follows from the batch', () => {
    const wants = 'f is to take a batch of any size, but';
    expect(refused((x) => ({ outputs: { y: x.mul(1 / x.shape[0]!) } }))).toThrow(
      `${wants} Mul computes with a number that depends on the size of the batch`,
    );
    expect(refused((x) => ({ outputs: { y: x.add(tf.zeros(x.shape)) } }))).toThrow(`${wants} Add computes`);
    expect(refused((x) => ({ outputs: { y: x.slice(0, x.shape[0]! - 1) } }))).toThrow(
      `${wants} Slice computes`,
    );
    expect(refused((x) => ({ outputs: { y: tf.concat(tf.unstack(x)) } }))).toThrow(
      /^f is to take a batch of any size, but \w+ /,
    );
    expect(refused((x) => ({ outputs: { y: tf.square(x.shape[0]! > 4 ? x.exp() : x) } }))).toThrow(
      `${wants} Square is there for some batches only`,
    );
    expect(refused((x) => ({ outputs: { y: x.shape[0]! > 4 ? x.exp().add(x) : x.exp() } }))).toThrow(
      'is there for some batches only',
    );
    expect(
      refused((x) => ({ outputs: { y: x.shape[0]! > 4 ? tf.mul(x.exp(), x) : tf.mul(x, x.exp()) } })),
    ).toThrow(`${wants} Mul computes`);
  });

  it('names the place of what it refuses', () => {
    expect(refused((x) => ({ outputs: { y: x.mul(x.shape[0]!) } }))).toThrow(/any-batch\.test\.ts:\d+/);
  });
});
