import { describe, expect, it } from 'vitest';
import { both, expectClose, get, wave } from './test-programs.ts';
import { executeOp, executeOpOutputs, tf } from './tf.ts';

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
