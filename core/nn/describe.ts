/** What networks consist of, counted from their plans: shapes, parameters, multiply-adds. Nothing is computed with tensors. */
import { elementCount } from '../shape.ts';
import type { AutoencoderPlan } from './autoencoder.ts';
import { latentSide } from '../config/network.ts';
import type { DiscriminatorPlan } from './discriminator.ts';
import type { ParameterLayout } from './parameters.ts';
import type { UNetBlock } from './unet-block.ts';

export type Part = 'embedding' | 'encoder' | 'decoder' | 'discriminator';

/** One layer, or one block with its layers. Numbers are for one image. */
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
  const { network, embedding, bottleneck, outChannels } = plan;
  const { imageSize, modelChannels, zChannels, finalDim, classes, dropout } = network;
  const layers: LayerDescription[] = [];
  const counted = parameterCounter(plan.layout);
  const add = (
    part: Part,
    name: string,
    rest: Omit<LayerDescription, 'part' | 'name' | 'parameters'>,
  ): number => layers.push({ part, name, parameters: counted(name), ...rest });
  /** A dense layer, or a convolution with its kernel's area; `first` layers pass no gradient on. */
  const weights = (
    part: Part,
    name: string,
    kind: string,
    inputs: number,
    shape: number[],
    { area = 1, first = false, kept = elementCount(shape) } = {},
  ): void => {
    const forward = inputs * area * elementCount(shape);
    add(part, name, { kind, shape, forward, backward: forward * (first ? 1 : 2), kept });
  };

  if (classes > 0) {
    weights('embedding', 'map_label', 'dense', classes, [modelChannels], { first: true });
  }
  // SiLU keeps its input and its gate beside its output.
  weights('embedding', 'map_layer0', 'dense, SiLU', modelChannels, [embedding], {
    first: true,
    kept: 3 * embedding,
  });
  weights('embedding', 'map_layer1', 'dense, SiLU', embedding, [embedding], { kept: 3 * embedding });

  let size = imageSize;
  const block = (part: Part, layer: UNetBlock): void => {
    size = layer.resample === 'down' ? size / 2 : layer.resample === 'up' ? size * 2 : size;
    const { forward, kept } = countBlock(layer, size ** 2, embedding, dropout > 0);
    const kind = ['block', layer.resample, layer.attention && 'attention'].filter(Boolean).join(', ');
    const shape = [size, size, layer.outputs];
    add(part, layer.name, { kind, shape, forward, backward: 2 * forward, kept });
  };
  const norm = (part: Part, name: string, channels: number): void => {
    // Its input is the layer before's; SiLU adds its input and its gate.
    add(part, name, {
      kind: 'norm, SiLU',
      shape: [size, size, channels],
      forward: 0,
      backward: 0,
      kept: 3 * size ** 2 * channels,
    });
  };

  for (const layer of plan.encoder) {
    if (layer.kind === 'block') block('encoder', layer);
    else {
      const shape = [size, size, layer.outputs];
      weights('encoder', layer.name, 'conv 3×3', layer.inputs, shape, { area: 9, first: true });
    }
  }
  const moments = [size, size, 2 * zChannels];
  norm('encoder', 'encoder.norm_out', bottleneck);
  weights('encoder', 'encoder.conv_out', 'conv 3×3', bottleneck, moments, { area: 9 });
  weights('encoder', 'encoder.quant_conv', 'conv 1×1', 2 * zChannels, moments);

  if (finalDim !== null) {
    const values = zChannels * latentSide(network) ** 2;
    weights('decoder', 'decoder.final_dense', 'dense, SiLU', finalDim, [values], { kept: 3 * values });
  }
  weights('decoder', 'decoder.post_quant_conv', 'conv 1×1', zChannels, [size, size, zChannels]);
  weights('decoder', 'decoder.conv_in', 'conv 3×3', zChannels, [size, size, bottleneck], { area: 9 });
  for (const layer of plan.decoder) block('decoder', layer);
  const width = plan.decoder.at(-1)?.outputs ?? bottleneck;
  const top = `decoder.dec.${imageSize}x${imageSize}`;
  norm('decoder', `${top}_aux_norm`, width);
  weights('decoder', `${top}_aux_conv`, 'conv 3×3', width, [size, size, outChannels], { area: 9 });
  return layers;
}

/** A block at `positions` positions of its output. */
function countBlock(
  { inputs, outputs, resample, attention }: UNetBlock,
  positions: number,
  embedding: number,
  dropout: boolean,
): { forward: number; kept: number } {
  const before = resample === 'down' ? positions * 4 : resample === 'up' ? positions / 4 : positions;
  const wide = positions * outputs;
  // Both convolutions and the time's scale and shift.
  let forward = 9 * wide * (inputs + outputs) + 2 * embedding * outputs;
  // Normed, gate and product of the first SiLU; the same of the second, and what it norms.
  let kept = 3 * before * inputs + 4 * wide;
  if (resample !== null) kept += positions * inputs;
  if (dropout) kept += 2 * wide;
  if (resample !== null || inputs !== outputs) {
    // Going up, the 1×1 convolution comes before the doubling.
    forward += Math.min(before, positions) * inputs * outputs;
    if (resample === 'down') kept += positions * inputs;
  }
  kept += wide;
  if (attention) {
    forward += wide * outputs * 4 + 2 * positions * wide;
    // Normed, q, k (plain and scaled), v, weights, what they mix, and the result.
    kept += 7 * wide + positions ** 2;
  }
  return { forward, kept };
}

/** The layers of a discriminator for images of `imageSize` pixels a side. */
export function describeDiscriminator(plan: DiscriminatorPlan, imageSize: number): LayerDescription[] {
  const counted = parameterCounter(plan.layout);
  let size = imageSize;
  return plan.layers.map(({ conv, norm, inputs, outputs, stride, activation }, i) => {
    const padded = (size + 2) ** 2 * inputs;
    size = Math.floor((size + 2 - 4) / stride) + 1;
    const shape = [size, size, outputs];
    const forward = 16 * inputs * elementCount(shape);
    return {
      part: 'discriminator',
      name: conv,
      kind: ['conv 4×4', norm && 'batch norm', activation && 'leaky ReLU'].filter(Boolean).join(', '),
      shape,
      parameters: counted(conv) + (norm === null ? 0 : counted(norm)),
      forward,
      backward: forward * (i === 0 ? 1 : 2),
      kept: padded + elementCount(shape) * (norm === null ? 1 : 2),
    };
  });
}

/** Number of values of all parameters whose names begin with a layer's. */
function parameterCounter({ specs }: ParameterLayout): (layer: string) => number {
  return (layer) =>
    specs
      .filter(({ name }) => name.startsWith(`${layer}.`))
      .reduce((sum, { shape }) => sum + elementCount(shape), 0);
}
