/** What networks consist of, counted along their layers: shapes, parameters, multiply-adds. No tensor is made. */
import { AUGMENT_VALUES } from '../config/augment.ts';
import { latentLevelShapes } from '../config/network.ts';
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
  const { network, label, augment, time, encoder, decoder, lower } = plan;
  const { imageSize, channels, modelChannels, classes } = network;
  const image = [imageSize, imageSize, channels];
  const [latent, lowerLatent = []] = latentLevelShapes(network);
  const embedding = [
    ...describeLayers('embedding', label ? [label] : [], [classes], 'data'),
    ...describeLayers('embedding', augment ? [augment] : [], [AUGMENT_VALUES], 'data'),
    ...describeLayers('embedding', time, [modelChannels], 'data'),
  ];
  if (lower === null) {
    return [
      ...embedding,
      ...describeLayers('encoder', encoder, image, 'data'),
      ...describeLayers('decoder', decoder, latent, 'activations'),
    ];
  }
  const down = encoder.slice(0, lower.encoderLayers);
  const up = decoder.slice(0, lower.decoderLayers);
  const seen = shapeAfter(down, image);
  const predicted = shapeAfter(up, latent);
  return [
    ...embedding,
    ...describeLayers('encoder', down, image, 'data'),
    ...describeLayers('encoder', lower.evidence, seen, 'activations'),
    ...describeLayers('encoder', encoder.slice(lower.encoderLayers), seen, 'activations'),
    ...describeLayers('decoder', up, latent, 'activations'),
    ...describeLayers('decoder', lower.prior, predicted, 'activations'),
    ...describeLayers('decoder', [lower.join], lowerLatent, 'activations'),
    ...describeLayers('decoder', decoder.slice(lower.decoderLayers), predicted, 'activations'),
  ];
}

/** Shape of what layers give, without the batch. */
function shapeAfter(layers: readonly AnyLayer[], shape: readonly number[]): readonly number[] {
  return layers.reduce((current, layer) => layer.cost(current).shape, shape);
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
