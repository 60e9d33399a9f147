import { afterEach, describe, expect, it } from 'vitest';
import { elementCount } from '../shape.ts';
import { compileProgram } from './compile.ts';
import { eagerProgram } from './eager.ts';
import type { Initial, NumberArray, Program, ProgramFunctions, Tensors } from './program.ts';
import { statelessNormal, streamSeed } from './random.ts';
import { executeOp, executeOpOutputs, nativeBackend, tf } from './tf.ts';

const open: Program[] = [];
afterEach(() => {
  for (const program of open.splice(0)) program.dispose();
});

/** The same program in both executions. */
function both(initial: Initial, functions: ProgramFunctions): { eager: Program; compiled: Program } {
  const eager = eagerProgram(initial, functions);
  const compiled = compileProgram(initial, functions);
  open.push(eager, compiled);
  return { eager, compiled };
}

function compile(initial: Initial, functions: ProgramFunctions): Program {
  const program = compileProgram(initial, functions);
  open.push(program);
  return program;
}

/** A little pattern without randomness, between -1 and 1. */
function wave(shape: number[], phase: number): { shape: number[]; data: Float32Array } {
  const count = elementCount(shape);
  return { shape, data: Float32Array.from({ length: count }, (_, i) => Math.sin(1.7 * i + phase)) };
}

function expectClose(actual: NumberArray, expected: NumberArray, tolerance: number): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (const [i, value] of actual.entries()) {
    // `max` of anything and NaN is NaN, which is not below any tolerance.
    worst = Math.max(worst, Math.abs(value - (expected[i] ?? NaN)));
  }
  expect(worst).toBeLessThanOrEqual(tolerance);
}

function expectSameState(eager: Program, compiled: Program, tolerance: number): void {
  const expected = eager.readState();
  const actual = compiled.readState();
  expect(Object.keys(actual)).toEqual(Object.keys(expected));
  for (const [name, { shape, data }] of Object.entries(expected)) {
    expect(actual[name]?.shape).toEqual(shape);
    expectClose(actual[name]?.data ?? new Float32Array(), data, tolerance);
  }
}

/** Tensor of a record. */
function get(tensors: Tensors, name: string): tf.Tensor {
  const tensor = tensors[name];
  if (tensor === undefined) throw new Error(`no tensor ${name}`);
  return tensor;
}

describe('linear regression with momentum', () => {
  const functions: ProgramFunctions = {
    train: {
      inputs: { x: { shape: [16, 3], dtype: 'float32' }, y: { shape: [16, 1], dtype: 'float32' } },
      run(state, inputs) {
        const loss = (w: tf.Tensor, b: tf.Tensor): tf.Scalar =>
          tf.losses.meanSquaredError(get(inputs, 'y'), get(inputs, 'x').matMul(w).add(b)).asScalar();
        const { value, grads } = tf.valueAndGrads((...[w, b]: tf.Tensor[]) =>
          loss(w ?? tf.scalar(0), b ?? tf.scalar(0)),
        )([get(state, 'w'), get(state, 'b')]);
        const next: Tensors = {};
        ['w', 'b'].forEach((name, i) => {
          const velocity = get(state, `v.${name}`)
            .mul(0.9)
            .add(grads[i] ?? 0);
          next[`v.${name}`] = velocity;
          next[name] = get(state, name).sub(velocity.mul(0.05));
        });
        return { outputs: { loss: value }, state: next };
      },
    },
  };
  const initial = { w: wave([3, 1], 0), b: wave([1], 1), 'v.w': wave([3, 1], 2), 'v.b': wave([1], 3) };

  it('gives the same losses and weights, and learns', () => {
    const { eager, compiled } = both(initial, functions);
    const x = wave([16, 3], 5).data;
    const y = Float32Array.from({ length: 16 }, (_, i) => 2 * (x[3 * i] ?? 0) - (x[3 * i + 1] ?? 0) + 0.5);
    const losses: number[] = [];
    for (let step = 0; step < 60; step += 1) {
      const expected = eager.call('train', { x, y })['loss'];
      const actual = compiled.call('train', { x, y })['loss'];
      expect(actual?.shape).toEqual([]);
      expectClose(actual?.data ?? new Float32Array(), expected?.data ?? new Float32Array(), 1e-5);
      losses.push(actual?.data[0] ?? NaN);
    }
    expectSameState(eager, compiled, 1e-5);
    expect(losses[59]).toBeLessThan(0.05 * (losses[0] ?? 0));
  });
});

/** Convolution, group norm, attention and RAdam: what a training step of the real network is made of. */
describe('a small network', () => {
  const size = 6;
  const channels = 8;
  const parameters = {
    'conv.weight': wave([3, 3, 1, channels], 0),
    'norm.weight': wave([channels], 1),
    'norm.bias': wave([channels], 2),
    qkv: wave([channels, 3 * channels], 3),
    out: wave([3, 3, channels, 1], 4),
  };
  const names = Object.keys(parameters);

  function groupNorm(x: tf.Tensor, weight: tf.Tensor, bias: tf.Tensor): tf.Tensor {
    const [n = 0, h = 0, w = 0, c = 0] = x.shape;
    const grouped = x.reshape([n, h * w, 2, c / 2]);
    const { mean, variance } = tf.moments(grouped, [1, 3], true);
    return grouped.sub(mean).div(variance.add(1e-5).sqrt()).reshape([n, h, w, c]).mul(weight).add(bias);
  }

  function network(p: Tensors, x: tf.Tensor): tf.Tensor {
    const conv = tf.conv2d(x as tf.Tensor4D, get(p, 'conv.weight') as tf.Tensor4D, 1, 'same');
    const h = groupNorm(conv, get(p, 'norm.weight'), get(p, 'norm.bias'));
    const active = h.mul(h.sigmoid());
    const [n = 0] = x.shape;
    const flat = active.reshape([n, size * size, channels]);
    const [q, k, v] = tf.split(
      flat
        .reshape([-1, channels])
        .matMul(get(p, 'qkv'))
        .reshape([n, size * size, 3 * channels]),
      3,
      2,
    );
    if (q === undefined || k === undefined || v === undefined) throw new Error('split in three');
    const attended = tf.softmax(q.matMul(k, false, true).div(Math.sqrt(channels))).matMul(v);
    const joined = attended.reshape(active.shape).add(active) as tf.Tensor4D;
    const up = tf.image.resizeNearestNeighbor(joined, [2 * size, 2 * size]);
    const down = tf.avgPool(up, 2, 2, 'same');
    return tf.conv2d(down, get(p, 'out') as tf.Tensor4D, 1, 'same').clipByValue(-3, 3);
  }

  const functions: ProgramFunctions = {
    train: {
      inputs: {
        x: { shape: [4, size, size, 1], dtype: 'float32' },
        seed: { shape: [2], dtype: 'int32' },
        rate: { shape: [], dtype: 'float32' },
      },
      run(state, inputs) {
        const x = get(inputs, 'x');
        const noisy = x.add(statelessNormal(x.shape, get(inputs, 'seed')).mul(0.1));
        const { value, grads } = tf.valueAndGrads((...weights: tf.Tensor[]) => {
          const p = Object.fromEntries(names.map((name, i) => [name, weights[i] ?? x]));
          return network(p, noisy).sub(x).square().mean().asScalar();
        })(names.map((name) => get(state, name)));
        const step = get(state, 'step').add(tf.scalar(1, 'int32'));
        const t = step.cast('float32');
        const next: Tensors = { step };
        const rhoInf = 2 / (1 - 0.999) - 1;
        const decay = tf.pow(0.999, t);
        const rho = tf.sub(rhoInf, t.mul(2).mul(decay).div(tf.sub(1, decay)));
        const rectification = rho
          .sub(4)
          .mul(rho.sub(2))
          .mul(rhoInf)
          .div(rho.mul((rhoInf - 4) * (rhoInf - 2)))
          .maximum(0)
          .sqrt();
        names.forEach((name, i) => {
          const gradient = grads[i] ?? tf.scalar(0);
          const m = get(state, `m.${name}`).mul(0.9).add(gradient.mul(0.1));
          const v = get(state, `v.${name}`).mul(0.999).add(gradient.square().mul(0.001));
          const direction = m.div(tf.sub(1, tf.pow(0.9, t)));
          const adaptive = direction.div(v.div(tf.sub(1, decay)).sqrt().add(1e-8)).mul(rectification);
          const update = tf.where(rho.greater(5).broadcastTo(direction.shape), adaptive, direction);
          const weight = get(state, name).sub(update.mul(get(inputs, 'rate')));
          Object.assign(next, { [`m.${name}`]: m, [`v.${name}`]: v, [name]: weight });
          next[`ema.${name}`] = get(state, `ema.${name}`).mul(0.9).add(weight.mul(0.1));
        });
        return { outputs: { loss: value }, state: next };
      },
    },
    apply: {
      inputs: { x: { shape: [2, size, size, 1], dtype: 'float32' } },
      run: (state, inputs) => ({
        outputs: {
          y: network(
            Object.fromEntries(names.map((name) => [name, get(state, `ema.${name}`)])),
            get(inputs, 'x'),
          ),
        },
      }),
    },
  };
  const zeros = (shape: number[]) => ({ shape, data: new Float32Array(wave(shape, 0).data.length) });
  const initial: Initial = Object.fromEntries([
    ['step', { shape: [], data: Int32Array.of(0) }],
    ...Object.entries(parameters).flatMap(([name, value]) => [
      [name, value],
      [`m.${name}`, zeros(value.shape)],
      [`v.${name}`, zeros(value.shape)],
      [`ema.${name}`, value],
    ]),
  ]) as Initial;
  const inputsAt = (step: number) => ({
    x: wave([4, size, size, 1], step).data,
    seed: Int32Array.from(streamSeed(1, 'noise', step)),
    rate: Float32Array.of(0.003),
  });

  it('trains alike eager and compiled, and samples from the weights as they are', () => {
    const { eager, compiled } = both(initial, functions);
    for (let step = 0; step < 12; step += 1) {
      const expected = eager.call('train', inputsAt(step))['loss']?.data ?? new Float32Array();
      const actual = compiled.call('train', inputsAt(step))['loss']?.data ?? new Float32Array();
      expectClose(actual, expected, 1e-4 * Math.abs(expected[0] ?? 0));
    }
    expect(compiled.readState(['step'])['step']?.data).toEqual(Int32Array.of(12));
    expectSameState(eager, compiled, 2e-3);
    const x = wave([2, size, size, 1], 9).data;
    const { y } = eager.call('apply', { x });
    expectClose(
      compiled.call('apply', { x })['y']?.data ?? new Float32Array(),
      y?.data ?? new Float32Array(),
      2e-3,
    );
    expect(y?.shape).toEqual([2, size, size, 1]);
  });

  it('gives the same bits twice, and from state that was read and written back', () => {
    const first = compile(initial, functions);
    const second = compile(initial, functions);
    for (let step = 0; step < 3; step += 1) {
      expect(second.call('train', inputsAt(step))).toEqual(first.call('train', inputsAt(step)));
    }
    const saved = first.readState();
    expect(second.readState()).toEqual(saved);
    const continued = first.call('train', inputsAt(3));
    const restored = compile(initial, functions);
    restored.writeState(Object.fromEntries(Object.entries(saved).map(([name, { data }]) => [name, data])));
    expect(restored.call('train', inputsAt(3))).toEqual(continued);
    expect(restored.readState()).toEqual(first.readState());
  });
});

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

describe('recording', () => {
  const input = { x: { shape: [2, 6], dtype: 'float32' } } as const;

  it.each<[string, (x: tf.Tensor) => tf.Tensor]>([
    [
      'reshape, clone, identity, variable',
      (x) =>
        tf
          .variable(x.reshape([3, 4]).clone())
          .reshape([12])
          .add(1),
    ],
    [
      'a variable that is assigned',
      (x) => {
        const variable = tf.variable(x);
        variable.assign(x.mul(2));
        return variable.add(x);
      },
    ],
    ['cast to bool and back', (x) => x.greater(0).cast('int32').add(tf.scalar(1, 'int32'))],
    ['expandDims, squeeze, transpose', (x) => x.expandDims(0).squeeze().transpose()],
    [
      'stack, unstack, concat, split',
      (x) =>
        tf.concat(
          tf.unstack(tf.stack([x, x.neg()])).flatMap((y) => tf.split(y, 3, 1)),
          1,
        ),
    ],
    [
      'slice, pad, reverse, tile',
      (x) =>
        tf.tile(
          tf
            .pad(tf.slice(x, [0, 1], [2, 3]), [
              [1, 0],
              [0, 2],
            ])
            .reverse(1),
          [1, 2],
        ),
    ],
    ['strided slice', (x) => tf.stridedSlice(x, [0, 0], [2, 6], [1, 2])],
    ['where, minimum, logical', (x) => tf.where(x.greater(0).logicalAnd(x.less(0.5)), x, tf.onesLike(x))],
    ['reductions', (x) => tf.stack([x.sum(), x.mean(), x.max(), x.min(), x.prod(), x.norm()])],
    ['argMax, oneHot', (x) => tf.oneHot(x.argMax(1).cast('int32'), 6)],
    [
      'softmax, logSoftmax, softplus, elu, tanh, erf',
      (x) => tf.addN([tf.softmax(x), tf.logSoftmax(x), tf.softplus(x), tf.elu(x), tf.tanh(x), tf.erf(x)]),
    ],
    [
      'cumsum, pow, atan2, mod',
      (x) =>
        tf
          .cumsum(x, 1)
          .pow(2)
          .add(tf.atan2(x, x.add(2)))
          .add(tf.mod(x, 0.3)),
    ],
    ['topk, an operation with two outputs', (x) => tf.topk(x, 2).values],
    [
      'operations the shapes of which only TensorFlow knows',
      (x) =>
        executeOpOutputs('Qr', { T: { type: 'float32' } }, [x.transpose().matMul(x)], 2)
          .map((y) => y.abs())
          .reduce((sum, y) => sum.add(y)),
    ],
    [
      'max pool, depth to space',
      (x) =>
        tf.depthToSpace(
          tf.maxPool(x.reshape([1, 3, 4, 1]) as tf.Tensor4D, 2, 1, 'same').tile([1, 1, 1, 4]) as tf.Tensor4D,
          2,
        ),
    ],
    [
      'fused matmul and conv',
      (x) =>
        tf.fused.conv2d({
          x: x.reshape([1, 3, 4, 1]) as tf.Tensor4D,
          filter: tf.ones([2, 2, 1, 2]) as tf.Tensor4D,
          strides: 1,
          pad: 'valid',
          bias: tf.scalar(1),
          activation: 'relu',
        }),
    ],
    [
      'depthwise conv, resize',
      (x) =>
        tf.image.resizeBilinear(
          tf.depthwiseConv2d(
            x.reshape([1, 3, 4, 1]) as tf.Tensor4D,
            tf.ones([2, 2, 1, 1]) as tf.Tensor4D,
            1,
            'same',
          ),
          [5, 5],
        ),
    ],
    [
      'gradient of a gradient',
      (x) =>
        tf.grad((y) =>
          tf
            .grad((z) => z.pow(3))(y)
            .sum(),
        )(x),
    ],
    [
      'gradients of conv, pool, tile, slice, concat, max, clip',
      (x) =>
        tf.grad((y) => {
          const image = y.reshape([1, 3, 4, 1]) as tf.Tensor4D;
          const conv = tf.conv2d(image, tf.ones([2, 2, 1, 2]).mul(0.3) as tf.Tensor4D, 1, 'same');
          const pooled = tf.avgPool(conv, 2, 1, 'same').add(tf.maxPool(conv, 2, 1, 'same'));
          const tiled = tf.tile(tf.concat([pooled, pooled.square()], 3), [1, 2, 1, 1]).clipByValue(-1, 1);
          return tf.slice(tiled, [0, 1, 0, 0], [1, 2, 2, 2]).max(3).sum();
        })(x),
    ],
    [
      'variableGrads',
      (x) => {
        const weight = tf.variable(tf.ones([6, 1]));
        const { grads } = tf.variableGrads(() => x.matMul(weight).square().sum().asScalar(), [weight]);
        return Object.values(grads)[0] ?? x;
      },
    ],
    [
      'customGrad with native operations',
      (x) =>
        tf.grad((y) => {
          const sigmoid = tf.customGrad((value, save) => {
            const tensor = value as tf.Tensor;
            const result = executeOp('Sigmoid', {}, [tensor]);
            (save as (tensors: tf.Tensor[]) => void)([result]);
            return {
              value: result,
              gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
                executeOp('SigmoidGrad', {}, [saved[0] ?? dy, dy]),
            };
          });
          return sigmoid(y).sum();
        })(x),
    ],
    [
      'a native operation with list attributes',
      (x) =>
        executeOpOutputs(
          'SplitV',
          { num_split: { int: 2 }, Tlen: { type: 'int32' } },
          [x, tf.tensor1d([2, 4], 'int32'), tf.scalar(1, 'int32')],
          2,
        )[1] ?? x,
    ],
    [
      'a constant from outside and empty and uniform ones',
      (x) =>
        x
          .add(outside)
          .add(tf.zeros([2, 6]))
          .add(tf.zeros([0]).sum())
          .mul(tf.scalar(-0)),
    ],
    [
      'a constant that was used before',
      (x) => {
        const table = tf.tensor([1, 2, 3, 4, 5, 6]);
        return x.mul(table.mul(2)).add(table);
      },
    ],
    ['a value of a constant read in JavaScript', (x) => x.mul(tf.scalar(2).square().dataSync()[0] ?? 0)],
    [
      'a dropped array that is used again',
      (x) => {
        const array = new Float32Array(6).fill(1).map((_, i) => i);
        const first = x.add(tf.tensor(array));
        array.fill(100);
        return first;
      },
    ],
  ])('%s', (_, f) => {
    const { eager, compiled } = both(
      {},
      { f: { inputs: input, run: (__, inputs) => ({ outputs: { y: f(get(inputs, 'x')) } }) } },
    );
    for (const phase of [0, 1]) {
      const x = wave([2, 6], phase).data;
      const expected = eager.call('f', { x })['y'];
      const actual = compiled.call('f', { x })['y'];
      expect(actual?.shape).toEqual(expected?.shape);
      expect(actual?.data.constructor).toBe(expected?.data.constructor);
      expectClose(actual?.data ?? new Float32Array(), expected?.data ?? new Float32Array(), 1e-5);
    }
  });

  const outside = tf.keep(tf.tensor2d([[1, 2, 3, 4, 5, 6]]));
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
    const eager = eagerProgram(initial, functions);
    open.push(eager);
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
        const eager = eagerProgram(initial, functions);
        open.push(eager);
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
    const place = String.raw`core/tensor/program\.test\.ts:\d+`;
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
