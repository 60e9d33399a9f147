import type { Tensor, Tensor4D } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import type { PlainLayer } from './layer.ts';
import { GAIN, conv, groupNorm } from './layers.ts';
import { biasAdd } from './ops.ts';
import { parameter } from './parameters.ts';

/**
 * Self-attention over positions with one head and a skip: (proj(attention(q, k, v)) + x)·√½, with q, k and v from one
 * 1×1 convolution of the normed x; [B, H, W, C] → the same. As in the reference's `UNetBlock` (networks/autoencoder.py).
 */
export function selfAttention(name: string, channels: number, eps: number): PlainLayer {
  const norm = groupNorm(`${name}.norm2`, channels, { eps, silu: false });
  const qkv = conv(`${name}.qkv`, channels, channels * 3, 1, GAIN.attention);
  const proj = conv(`${name}.proj`, channels, channels, 1, GAIN.nearZero);
  return {
    name,
    kind: 'attention',
    parameters: [...norm.parameters, ...qkv.parameters, ...proj.parameters],
    forward(parameters, x) {
      const [batch, height, width] = x.shape as Tensor4D['shape'];
      const positions = height * width;
      const normed = norm.forward(parameters, x);
      // The reference interleaves q, k and v channel by channel; regrouping the small kernel is cheaper than
      // regrouping the activations.
      const kernel = tf.transpose(
        tf.reshape(parameter(parameters, `${qkv.name}.weight`), [channels, channels, 3]),
        [0, 2, 1],
      );
      const bias = tf.transpose(tf.reshape(parameter(parameters, `${qkv.name}.bias`), [channels, 3]), [1, 0]);
      const flat: Tensor = biasAdd(
        tf.matMul(tf.reshape(normed, [-1, channels]), tf.reshape(kernel, [channels, 3 * channels])),
        tf.reshape(bias, [3 * channels]),
      );
      const [q, k, v] = tf.split(tf.reshape(flat, [batch, positions, 3 * channels]), 3, 2);
      if (!q || !k || !v) throw new Error('splitting q, k and v failed');
      const mixed = tf.reshape(attention(q, k, v), [batch, height, width, channels]);
      return tf.mul(tf.add(proj.forward(parameters, mixed), x), Math.SQRT1_2);
    },
    cost(shape) {
      const [height = 1, width = 1] = shape;
      const positions = height * width;
      const values = positions * channels;
      const parts = [norm.cost(shape), qkv.cost(shape), proj.cost(shape)];
      const sum = (key: 'multiplyAdds' | 'kept') => parts.reduce((total, part) => total + part[key], 0);
      return {
        shape,
        // q·kᵀ, and the mixture of v.
        multiplyAdds: sum('multiplyAdds') + 2 * positions * values,
        // k once more, scaled; the weights; the mixture.
        kept: sum('kept') + values + positions ** 2 + values,
      };
    },
  };
}

/**
 * softmax(q·kᵀ/√C)·v (Vaswani et al. 2017, equation 1).
 * @param q [B, positions, C]; k and v alike
 * @returns [B, positions, C]
 */
function attention(q: Tensor, k: Tensor, v: Tensor): Tensor {
  const channels = q.shape[2] ?? 1;
  const weights = tf.softmax(tf.matMul(q, tf.mul(k, 1 / Math.sqrt(channels)), false, true));
  return tf.matMul(weights, v);
}
