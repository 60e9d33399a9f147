/** Convolution, dense layer and group normalisation, as the reference's `networks/autoencoder.py` defines them. */
import { elementCount } from '../shape.ts';
import type { Tensor, Tensor2D, Tensor4D } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import type { Layer, PlainLayer } from './layer.ts';
import { biasAdd, groupNormAffine, silu } from './ops.ts';
import { parameter, type Parameters, type ParameterSpec } from './parameters.ts';

/** Scalings of the initial weights (the reference's `init`, `init_zero`, `init_attn`). */
export const GAIN = { plain: 1, nearZero: 1e-5, attention: Math.sqrt(0.2) } as const;

/** A vector of parameters that begins as zeros or ones. */
function vector(name: string, length: number, kind: 'zeros' | 'ones'): ParameterSpec {
  return { name, shape: [length], torchShape: [length], initialiser: { kind } };
}

/** Convolution with "same" padding and bias, [B, H, W, in] → [B, H, W, out]; xavier-uniform times `gain`. */
export function conv(
  name: string,
  inputs: number,
  outputs: number,
  kernel: 1 | 3,
  gain: number = GAIN.plain,
): PlainLayer {
  const area = kernel * kernel;
  return {
    name,
    kind: `conv ${kernel}×${kernel}`,
    parameters: [
      {
        name: `${name}.weight`,
        shape: [kernel, kernel, inputs, outputs],
        torchShape: [outputs, inputs, kernel, kernel],
        initialiser: { kind: 'xavier', fanIn: inputs * area, fanOut: outputs * area, gain },
      },
      vector(`${name}.bias`, outputs, 'zeros'),
    ],
    forward(parameters, x) {
      const weight = parameter<Tensor4D>(parameters, `${name}.weight`);
      const bias = parameter(parameters, `${name}.bias`);
      if (kernel !== 1) return biasAdd(tf.conv2d(x as Tensor4D, weight, 1, 'same'), bias);
      // A 1×1 convolution is a matrix product over positions.
      const [batch, height, width] = x.shape as Tensor4D['shape'];
      const flat = tf.matMul(tf.reshape(x, [-1, inputs]), tf.reshape(weight, [inputs, outputs]));
      return tf.reshape(biasAdd(flat, bias), [batch, height, width, outputs]);
    },
    cost([height = 1, width = 1]) {
      const shape = [height, width, outputs];
      return { shape, multiplyAdds: inputs * area * elementCount(shape), kept: elementCount(shape) };
    },
  };
}

/** x·Wᵀ + b, and SiLU of that where asked for, [B, in] → [B, out]; xavier-uniform. */
export function dense(
  name: string,
  inputs: number,
  outputs: number,
  activation: 'SiLU' | null = null,
): PlainLayer {
  return {
    name,
    kind: activation ? `dense, ${activation}` : 'dense',
    parameters: [
      {
        name: `${name}.weight`,
        shape: [outputs, inputs],
        torchShape: [outputs, inputs],
        initialiser: { kind: 'xavier', fanIn: inputs, fanOut: outputs, gain: GAIN.plain },
      },
      vector(`${name}.bias`, outputs, 'zeros'),
    ],
    forward(parameters, x) {
      const weight = parameter<Tensor2D>(parameters, `${name}.weight`);
      const y = biasAdd(tf.matMul(x, weight, false, true), parameter(parameters, `${name}.bias`));
      return activation ? silu(y) : y;
    },
    // SiLU keeps its input and its gate beside its output.
    cost: () => ({ shape: [outputs], multiplyAdds: inputs * outputs, kept: (activation ? 3 : 1) * outputs }),
  };
}

/** x·Wᵀ, [B, in] → [B, out], which begins as 0 whatever x. */
export function linearFromZero(name: string, inputs: number, outputs: number): PlainLayer {
  const weight: ParameterSpec = {
    ...{ name: `${name}.weight`, shape: [outputs, inputs], torchShape: [outputs, inputs] },
    initialiser: { kind: 'zeros' },
  };
  return {
    ...{ name, kind: 'linear', parameters: [weight] },
    forward: (parameters, x) => tf.matMul(x, parameter<Tensor2D>(parameters, weight.name), false, true),
    cost: () => ({ shape: [outputs], multiplyAdds: inputs * outputs, kept: outputs }),
  };
}

export interface NormOptions {
  eps: number;
  silu: boolean;
}

/** Adaptive scale and shift, each [B, C]. */
export interface Modulation {
  scale: Tensor2D;
  shift: Tensor2D;
}

/**
 * Group normalisation (Wu & He 2018) with min(32, C/4) groups, its own scale and shift, and SiLU where asked for,
 * [B, H, W, C] → the same.
 */
export function groupNorm(name: string, channels: number, options: NormOptions): PlainLayer {
  return {
    ...normalisation(name, channels, options),
    forward: (parameters, x) => normalise(parameters, name, x as Tensor4D, options),
  };
}

/** {@link groupNorm} with an adaptive scale and shift after its own: norm(x)·scale + shift. */
export function adaptiveGroupNorm(name: string, channels: number, options: NormOptions): Layer<Modulation> {
  return {
    ...normalisation(name, channels, options),
    forward: (parameters, x, modulation) => normalise(parameters, name, x as Tensor4D, options, modulation),
  };
}

function normalisation(
  name: string,
  channels: number,
  { silu }: NormOptions,
): Pick<Layer, 'name' | 'kind' | 'parameters' | 'cost'> {
  return {
    name,
    kind: silu ? 'norm, SiLU' : 'norm',
    parameters: [vector(`${name}.weight`, channels, 'ones'), vector(`${name}.bias`, channels, 'zeros')],
    // SiLU keeps its input and its gate beside its output.
    cost: (shape) => ({ shape, multiplyAdds: 0, kept: (silu ? 3 : 1) * elementCount(shape) }),
  };
}

function normalise(
  parameters: Parameters,
  name: string,
  x: Tensor4D,
  { eps, silu }: NormOptions,
  modulation?: Modulation,
): Tensor {
  const channels = x.shape[3];
  const weight = tf.reshape(parameter(parameters, `${name}.weight`), [1, channels]) as Tensor2D;
  const bias = tf.reshape(parameter(parameters, `${name}.bias`), [1, channels]) as Tensor2D;
  const scale = modulation ? tf.mul(modulation.scale, weight) : weight;
  const shift = modulation ? tf.add(tf.mul(modulation.scale, bias), modulation.shift) : bias;
  const groups = Math.min(32, Math.floor(channels / 4));
  return groupNormAffine(x, scale as Tensor2D, shift as Tensor2D, { groups, eps, silu });
}
