/** A convolution with the batch norm behind it, as one filter and one bias in TensorFlow's layout. */
import type { FloatTensors } from '../../run/safetensors.ts';

export const NORM_PARTS = ['weight', 'bias', 'running_mean', 'running_var'] as const;

export interface FoldedConvolution {
  /** Names in PyTorch's file: `<conv>.weight`, `<norm>.weight`, `<norm>.running_mean`, … */
  conv: string;
  norm: string;
  /** Height and width of the filter. */
  kernel: readonly [number, number];
  inputs: number;
  outputs: number;
  /** One filter a channel. */
  depthwise: boolean;
}

interface Values {
  shape: number[];
  data: Float32Array;
}

/** Names and shapes of a convolution's tensors in PyTorch's file. */
export function convolutionTensors(layer: FoldedConvolution): Record<string, number[]> {
  const { conv, norm, kernel, inputs, outputs, depthwise } = layer;
  return {
    [`${conv}.weight`]: [outputs, depthwise ? 1 : inputs, ...kernel],
    ...Object.fromEntries(NORM_PARTS.map((part) => [`${norm}.${part}`, [outputs]])),
  };
}

/**
 * In evaluation a batch norm multiplies each channel by weight / √(variance + ε) and adds bias − mean · that factor
 * (Ioffe & Szegedy 2015, algorithm 2), which the filter and a bias can do.
 *
 * @param epsilon of the batch norm
 */
export function foldedConvolution(
  layer: FoldedConvolution,
  tensors: FloatTensors,
  epsilon: number,
): { filter: Values; bias: Values } {
  const { conv, norm, kernel, inputs, outputs, depthwise } = layer;
  const data = (name: string): Float32Array => {
    const tensor = tensors[name];
    if (tensor === undefined) throw new Error(`the weights have no ${name}`);
    return tensor.data;
  };
  const [scale, shift, mean, variance] = NORM_PARTS.map((part) => data(`${norm}.${part}`));
  const factor = Float64Array.from(scale!, (value, c) => value / Math.sqrt(variance![c]! + epsilon));
  const weight = data(`${conv}.weight`);
  const places = kernel[0] * kernel[1];
  const depth = depthwise ? 1 : inputs;
  const filter = new Float32Array(weight.length);
  for (let out = 0; out < outputs; out++) {
    for (let k = 0; k < depth; k++) {
      for (let place = 0; place < places; place++) {
        const value = weight[(out * depth + k) * places + place]! * factor[out]!;
        filter[depthwise ? place * outputs + out : (place * inputs + k) * outputs + out] = value;
      }
    }
  }
  return {
    filter: { shape: depthwise ? [...kernel, outputs, 1] : [...kernel, inputs, outputs], data: filter },
    bias: {
      shape: [outputs],
      data: Float32Array.from(shift!, (value, c) => value - mean![c]! * factor[c]!),
    },
  };
}
