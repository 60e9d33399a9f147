/**
 * A layer is one value: the parameters it needs, what it computes with them, and what that costs. A network is a list
 * of layers; laying out parameters, running a pass and describing a network all go along that list, so a new kind of
 * layer is one definition.
 */
import { elementCount } from '../shape.ts';
import type { Tensor } from '../tensor/tf.ts';
import type { ConstantTensor, Parameters, ParameterSpec } from './parameters.ts';

/** What a layer makes of one example, and what that takes. */
export interface Cost {
  /** Shape of what it gives, without the batch: [height, width, channels], or [width]. */
  readonly shape: readonly number[];
  /** Multiply-adds of convolutions and matrix products in the forward pass. */
  readonly multiplyAdds: number;
  /** Values kept from the forward pass for the gradient, but for the input, which is the layer before's. */
  readonly kept: number;
}

/** @typeParam Context what a pass hands to the layer besides its input: an embedding, a source of dropout masks */
export interface Layer<Context = unknown> {
  /** As its parameters' names begin. */
  readonly name: string;
  /** In few words: `conv 3×3`, `block, down, attention`. */
  readonly kind: string;
  readonly parameters: readonly ParameterSpec[];
  /** What the reference's module keeps beside its weights, by full name: always the same values. */
  readonly buffers?: Readonly<Record<string, ConstantTensor>>;
  /** [B, …shape] → [B, …cost(shape).shape], differentiable. */
  readonly forward: (parameters: Parameters, x: Tensor, context: Context) => Tensor;
  /** @param shape of the input, without the batch */
  readonly cost: (shape: readonly number[]) => Cost;
}

/** A layer that needs nothing but its parameters and its input. */
export interface PlainLayer extends Layer {
  readonly forward: (parameters: Parameters, x: Tensor) => Tensor;
}

/** Any layer, where nobody runs it. */
export type AnyLayer = Layer<never>;

/** Runs layers one after the other. */
export function runLayers<Context>(
  layers: readonly Layer<Context>[],
  parameters: Parameters,
  x: Tensor,
  context: Context,
): Tensor {
  return layers.reduce((h, layer) => layer.forward(parameters, h, context), x);
}

/** The parameters of layers, in their order. */
export function parametersOf(layers: readonly AnyLayer[]): ParameterSpec[] {
  return layers.flatMap(({ parameters }) => parameters);
}

/** Number of values in a layer's parameters. */
export function parameterCount({ parameters }: AnyLayer): number {
  return parameters.reduce((sum, { shape }) => sum + elementCount(shape), 0);
}
