/** What networks consist of, counted along their layers: shapes, parameters, multiply-adds. No tensor is made. */
import { latentShape } from '../config/network.ts';
import type { AutoencoderPlan } from './autoencoder.ts';
import type { DiscriminatorPlan } from './discriminator.ts';
import { parameterCount, type AnyLayer } from './layer.ts';

export type Part = 'embedding' | 'encoder' | 'decoder' | 'discriminator';

/** One layer, or one block with its layers. Numbers are for one example. */
export interface LayerDescription {
  part: Part;
  /** As its parameters' names begin. */
  name: string;
  /** In few words: `conv 3×3`, `block, down, attention`. */
  kind: string;
  /** Shape of what it puts out: [height, width, channels], or [width]. */
  shape: number[];
  parameters: number;
  /** Multiply-adds of convolutions and matrix products, forward and backward. */
  forward: number;
  backward: number;
  /** Values kept from the forward pass for the gradient, but for its input, which is the layer before's. */
  kept: number;
}

/** The layers of both networks and of the time embedding before them, in the order of execution. */
export function describeAutoencoder(plan: AutoencoderPlan): LayerDescription[] {
  const { network, label, time, encoder, decoder } = plan;
  const { imageSize, channels, modelChannels, classes } = network;
  return [
    ...describeLayers('embedding', label ? [label] : [], [classes], 'data'),
    ...describeLayers('embedding', time, [modelChannels], 'data'),
    ...describeLayers('encoder', encoder, [imageSize, imageSize, channels], 'data'),
    ...describeLayers('decoder', decoder, latentShape(network), 'activations'),
  ];
}

/** The layers of a discriminator for images of `imageSize` pixels a side. */
export function describeDiscriminator(plan: DiscriminatorPlan, imageSize: number): LayerDescription[] {
  return describeLayers('discriminator', plan.layers, [imageSize, imageSize, plan.channels], 'data');
}

/**
 * Layers that run one after the other; those without parameters, which only move values about, are not listed.
 * @param shape of the first one's input, without the batch
 * @param input `data` needs no gradient, so the first layer's backward pass is for its weights alone
 */
export function describeLayers(
  part: Part,
  layers: readonly AnyLayer[],
  shape: readonly number[],
  input: 'data' | 'activations',
): LayerDescription[] {
  let current = shape;
  return layers.flatMap((layer, i) => {
    const cost = layer.cost(current);
    current = cost.shape;
    if (layer.parameters.length === 0) return [];
    return {
      part,
      name: layer.name,
      parameters: parameterCount(layer),
      kind: layer.kind,
      shape: [...cost.shape],
      forward: cost.multiplyAdds,
      // As much again for the weights' gradient, and once more for the input's.
      backward: cost.multiplyAdds * (i === 0 && input === 'data' ? 1 : 2),
      kept: cost.kept,
    };
  });
}
