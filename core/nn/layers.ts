/** Layers as functions over a flat, named parameter record; each `…Specs` says which parameters it needs. */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import { biasAdd, groupNormAffine } from './ops.ts';
import type { Parameters, ParameterSpec } from './parameters.ts';

/** Scalings of the initial weights (the reference's `init`, `init_zero`, `init_attn`). */
export const GAIN = { plain: 1, nearZero: 1e-5, attention: Math.sqrt(0.2) } as const;

/** A parameter by name. @throws Error when it is missing. */
export function parameter(parameters: Parameters, name: string): Tensor {
  const tensor = parameters[name];
  if (!tensor) throw new Error(`no parameter named ${name}`);
  return tensor;
}

/** Weight [k, k, inputs, outputs] and bias of a {@link conv2d}, xavier-uniform times `gain`. */
export function convSpecs(
  name: string,
  inputs: number,
  outputs: number,
  kernel: 1 | 3,
  gain: number = GAIN.plain,
): ParameterSpec[] {
  const area = kernel * kernel;
  return [
    {
      name: `${name}.weight`,
      shape: [kernel, kernel, inputs, outputs],
      torchShape: [outputs, inputs, kernel, kernel],
      initialiser: { kind: 'xavier', fanIn: inputs * area, fanOut: outputs * area, gain },
    },
    { name: `${name}.bias`, shape: [outputs], torchShape: [outputs], initialiser: { kind: 'zeros' } },
  ];
}

/** Convolution with "same" padding and bias, [B, H, W, in] → [B, H, W, out]. */
export function conv2d(parameters: Parameters, name: string, x: Tensor4D): Tensor4D {
  const weight = parameter(parameters, `${name}.weight`) as Tensor4D;
  const bias = parameter(parameters, `${name}.bias`);
  const [height, , inputs, outputs] = weight.shape;
  if (height !== 1) return biasAdd(tf.conv2d(x, weight, 1, 'same'), bias);
  // A 1×1 convolution is a matrix product over positions.
  const [batch, rows, columns] = x.shape;
  const flat = tf.matMul(tf.reshape(x, [-1, inputs]), tf.reshape(weight, [inputs, outputs]));
  return tf.reshape(biasAdd(flat, bias), [batch, rows, columns, outputs]);
}

/** Weight [outputs, inputs] and bias of a {@link linear}, xavier-uniform. */
export function linearSpecs(name: string, inputs: number, outputs: number): ParameterSpec[] {
  return [
    {
      name: `${name}.weight`,
      shape: [outputs, inputs],
      torchShape: [outputs, inputs],
      initialiser: { kind: 'xavier', fanIn: inputs, fanOut: outputs, gain: GAIN.plain },
    },
    { name: `${name}.bias`, shape: [outputs], torchShape: [outputs], initialiser: { kind: 'zeros' } },
  ];
}

/** x·Wᵀ + b, [B, in] → [B, out]. */
export function linear(parameters: Parameters, name: string, x: Tensor2D): Tensor2D {
  const weight = parameter(parameters, `${name}.weight`) as Tensor2D;
  return biasAdd(tf.matMul(x, weight, false, true), parameter(parameters, `${name}.bias`));
}

/** Scale and shift of a {@link groupNorm}, 1 and 0 at the start. */
export function normSpecs(name: string, channels: number): ParameterSpec[] {
  return [
    { name: `${name}.weight`, shape: [channels], torchShape: [channels], initialiser: { kind: 'ones' } },
    { name: `${name}.bias`, shape: [channels], torchShape: [channels], initialiser: { kind: 'zeros' } },
  ];
}

export interface NormOptions {
  eps: number;
  silu: boolean;
  /** Adaptive scale and shift, each [B, C]: norm(x)·scale + shift after the norm's own weight and bias. */
  modulation?: { scale: Tensor2D; shift: Tensor2D };
}

/** Group normalisation with min(32, C/4) groups, [B, H, W, C] → the same. */
export function groupNorm(parameters: Parameters, name: string, x: Tensor4D, options: NormOptions): Tensor4D {
  const channels = x.shape[3];
  const weight = tf.reshape(parameter(parameters, `${name}.weight`), [1, channels]) as Tensor2D;
  const bias = tf.reshape(parameter(parameters, `${name}.bias`), [1, channels]) as Tensor2D;
  const { modulation } = options;
  const scale = modulation ? tf.mul(modulation.scale, weight) : weight;
  const shift = modulation ? tf.add(tf.mul(modulation.scale, bias), modulation.shift) : bias;
  const groups = Math.min(32, Math.floor(channels / 4));
  return groupNormAffine(x, scale as Tensor2D, shift as Tensor2D, {
    groups,
    eps: options.eps,
    silu: options.silu,
  });
}

/** Average of 2×2, the reference's resampling filter [1, 1] going down. */
export function halve(x: Tensor4D): Tensor4D {
  return tf.avgPool(x, 2, 2, 'valid');
}

/** Each value to 2×2, the reference's resampling filter [1, 1] going up. */
export function double(x: Tensor4D): Tensor4D {
  return tf.image.resizeNearestNeighbor(x, [x.shape[1] * 2, x.shape[2] * 2]);
}

/**
 * Single-head self-attention over positions: softmax(q·kᵀ/√C)·v.
 * @param q [B, positions, C]; k and v alike
 * @returns [B, positions, C]
 */
export function attention(q: Tensor, k: Tensor, v: Tensor): Tensor {
  const channels = q.shape[2] ?? 1;
  const weights = tf.softmax(tf.matMul(q, tf.mul(k, 1 / Math.sqrt(channels)), false, true));
  return tf.matMul(weights, v);
}

/**
 * Sinusoidal embedding of log(t)/4 with the reference's swapped halves: sin first, then cos.
 * @param t times [B], above 0
 * @returns [B, channels]
 */
export function positionalEmbedding(t: Tensor1D, channels: number): Tensor2D {
  const half = channels / 2;
  const frequencies = Array.from({ length: half }, (_, i) => (1 / 10_000) ** (i / (half - 1)));
  const angle = tf.mul(tf.reshape(tf.mul(tf.log(t), 0.25), [-1, 1]), tf.tensor2d([frequencies], [1, half]));
  return tf.concat([tf.sin(angle), tf.cos(angle)], 1) as Tensor2D;
}
