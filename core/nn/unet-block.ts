import type { Tensor, Tensor2D, Tensor4D } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import type { Dropout } from './dropout.ts';
import {
  GAIN,
  attention,
  conv2d,
  convSpecs,
  double,
  groupNorm,
  halve,
  linear,
  linearSpecs,
  normSpecs,
  parameter,
} from './layers.ts';
import { biasAdd, pixelNorm } from './ops.ts';
import type { Parameters, ParameterSpec } from './parameters.ts';

/** A residual block of the EDM / DDPM++ kind, as the reference's `UNetBlock`. */
export interface UNetBlock {
  kind: 'block';
  name: string;
  inputs: number;
  outputs: number;
  resample: 'down' | 'up' | null;
  attention: boolean;
}

const EPS = 1e-6;

/** The parameters of a block; `embedding` is the width of the time embedding. */
export function unetBlockSpecs(block: UNetBlock, embedding: number): ParameterSpec[] {
  const { name, inputs, outputs } = block;
  const specs = [
    ...normSpecs(`${name}.norm0`, inputs),
    ...convSpecs(`${name}.conv0`, inputs, outputs, 3),
    ...linearSpecs(`${name}.affine`, embedding, outputs * 2),
    ...normSpecs(`${name}.norm1`, outputs),
    ...convSpecs(`${name}.conv1`, outputs, outputs, 3, GAIN.nearZero),
  ];
  if (hasSkipConv(block)) specs.push(...convSpecs(`${name}.skip`, inputs, outputs, 1));
  if (block.attention) {
    specs.push(
      ...normSpecs(`${name}.norm2`, outputs),
      ...convSpecs(`${name}.qkv`, outputs, outputs * 3, 1, GAIN.attention),
      ...convSpecs(`${name}.proj`, outputs, outputs, 1, GAIN.nearZero),
    );
  }
  return specs;
}

function hasSkipConv(block: UNetBlock): boolean {
  return block.inputs !== block.outputs || block.resample !== null;
}

/**
 * h = conv(resample(SiLU(GN(x)))); h = SiLU(GN(h)·pixnorm(scale) + pixnorm(shift)) with scale and shift from
 * the time embedding; x = (conv(dropout(h)) + skip(x))·√½; then attention, again with ·√½.
 *
 * @param x [B, H, W, inputs]
 * @param embedding time embedding [B, E]
 * @returns [B, H', W', outputs], H' = H, H/2 or 2H
 */
export function unetBlock(
  parameters: Parameters,
  block: UNetBlock,
  x: Tensor4D,
  embedding: Tensor2D,
  dropout: Dropout,
): Tensor4D {
  const { name } = block;
  const resample = block.resample === 'down' ? halve : block.resample === 'up' ? double : (v: Tensor4D) => v;

  let h = groupNorm(parameters, `${name}.norm0`, x, { eps: EPS, silu: true });
  h = conv2d(parameters, `${name}.conv0`, resample(h));
  const [scale, shift] = tf.split(linear(parameters, `${name}.affine`, embedding), 2, 1) as [
    Tensor2D,
    Tensor2D,
  ];
  h = groupNorm(parameters, `${name}.norm1`, h, {
    eps: EPS,
    silu: true,
    modulation: { scale: pixelNorm(scale), shift: pixelNorm(shift) },
  });
  h = conv2d(parameters, `${name}.conv1`, dropout(h));

  const y = tf.mul(tf.add(h, skip(parameters, block, x)), Math.SQRT1_2) as Tensor4D;
  return block.attention ? selfAttention(parameters, name, y) : y;
}

function skip(parameters: Parameters, block: UNetBlock, x: Tensor4D): Tensor4D {
  if (!hasSkipConv(block)) return x;
  // The 1×1 convolution and the resampling commute; do the one that leaves less work first.
  if (block.resample === 'down') return conv2d(parameters, `${block.name}.skip`, halve(x));
  const y = conv2d(parameters, `${block.name}.skip`, x);
  return block.resample === 'up' ? double(y) : y;
}

function selfAttention(parameters: Parameters, name: string, x: Tensor4D): Tensor4D {
  const [batch, height, width, channels] = x.shape;
  const positions = height * width;
  const normed = groupNorm(parameters, `${name}.norm2`, x, { eps: EPS, silu: false });
  // The reference interleaves q, k and v channel by channel; regrouping the small kernel is cheaper than
  // regrouping the activations.
  const kernel = tf.transpose(
    tf.reshape(parameter(parameters, `${name}.qkv.weight`), [channels, channels, 3]),
    [0, 2, 1],
  );
  const bias = tf.transpose(tf.reshape(parameter(parameters, `${name}.qkv.bias`), [channels, 3]), [1, 0]);
  const flat: Tensor = biasAdd(
    tf.matMul(tf.reshape(normed, [-1, channels]), tf.reshape(kernel, [channels, 3 * channels])),
    tf.reshape(bias, [3 * channels]),
  );
  const [q, k, v] = tf.split(tf.reshape(flat, [batch, positions, 3 * channels]), 3, 2);
  if (!q || !k || !v) throw new Error('splitting q, k and v failed');
  const mixed = tf.reshape(attention(q, k, v), [batch, height, width, channels]) as Tensor4D;
  return tf.mul(tf.add(conv2d(parameters, `${name}.proj`, mixed), x), Math.SQRT1_2) as Tensor4D;
}
