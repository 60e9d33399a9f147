import { describe, expect, it } from 'vitest';
import type { Initial, ProgramFunctions, Tensors } from './program.ts';
import { statelessNormal, streamSeed } from './random.ts';
import { both, compile, expectClose, expectSameState, get, wave } from './test-programs.ts';
import { tf } from './tf.ts';

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
