/**
 * The encoder E(x, t) and the decoder D(z, t): the `AutoEncoder` of the reference's networks/autoencoder.py, names and
 * order included.
 */
import { AUGMENT_VALUES } from '../config/augment.ts';
import { decoderShape, levelSide, type NetworkConfig } from '../config/network.ts';
import { elementCount } from '../shape.ts';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import { noDropout, type Dropout } from './dropout.ts';
import { parametersOf, runLayers, type Layer, type PlainLayer } from './layer.ts';
import { GAIN, conv, dense, groupNorm, linearFromZero } from './layers.ts';
import { planLowerLevel, resolution, type LowerLevel } from './ladder.ts';
import { layOut, type ParameterLayout, type Parameters } from './parameters.ts';
import { gaussianOf, type Posterior } from './posterior.ts';
import { unetBlock, type BlockContext, type UNetBlockOptions } from './unet-block.ts';

/** The layers of both networks, in the order of execution. */
export interface AutoencoderPlan {
  readonly network: NetworkConfig;
  /** Width of the time embedding. */
  readonly embedding: number;
  /** From a class, one-hot, to a vector that is added to the time's sinusoids; null without classes. */
  readonly label: PlainLayer | null;
  /** From how an image was transformed to a vector that is added likewise; null where the networks are not told. */
  readonly augment: PlainLayer | null;
  /** From the sinusoids of a time to its embedding. */
  readonly time: readonly PlainLayer[];
  /** From an image to its latent's moments. */
  readonly encoder: readonly Layer<BlockContext>[];
  /** From a latent to the decoder's raw output. */
  readonly decoder: readonly Layer<BlockContext>[];
  /** What a second level of latents adds; null where there is one level. */
  readonly lower: LowerLevel | null;
  readonly layout: ParameterLayout;
}

/**
 * Plans encoder and decoder for a network.
 * @param outChannels of the decoder's output: C, or 2C with the learned average decoder beside the image
 */
export function planAutoencoder(network: NetworkConfig, outChannels: number): AutoencoderPlan {
  const { modelChannels, classes } = network;
  const embedding = modelChannels * 4;
  const label = classes > 0 ? dense('map_label', classes, modelChannels) : null;
  const augment = network.augment ? linearFromZero('map_augment', AUGMENT_VALUES, modelChannels) : null;
  const time = [
    dense('map_layer0', modelChannels, embedding, 'SiLU'),
    dense('map_layer1', embedding, embedding, 'SiLU'),
  ];
  const block: BlockMaker = (name, inputs, outputs, more = {}) =>
    unetBlock(name, { inputs, outputs, embedding, dropout: network.dropout > 0, ...more });
  const encoder = planEncoder(network, block);
  const decoder = planDecoder(network, outChannels, block);
  const lower = network.latentLevels === 1 ? null : planLowerLevel(network, encoder, decoder.layers);
  const specs = parametersOf([
    ...(label ? [label] : []),
    ...(augment ? [augment] : []),
    ...time,
    ...encoder,
    ...decoder.declared,
    ...(lower ? [...lower.evidence, ...lower.prior, lower.join] : []),
  ]);
  return {
    network,
    embedding,
    label,
    augment,
    time,
    encoder,
    decoder: decoder.layers,
    lower,
    layout: layOut(specs),
  };
}

type BlockMaker = (
  name: string,
  inputs: number,
  outputs: number,
  more?: Pick<UNetBlockOptions, 'resample' | 'attention'>,
) => Layer<BlockContext>;

function attends(network: NetworkConfig, level: number): boolean {
  return network.attentionResolutions.includes(levelSide(network, level));
}

/** The reference's `Encoder`, but for the softplus at its end. */
function planEncoder(network: NetworkConfig, block: BlockMaker): Layer<BlockContext>[] {
  const { channels, patch, modelChannels, multipliers, blocks, zChannels, finalDim, latentPool } = network;
  const layers: Layer<BlockContext>[] = patch === 1 ? [] : [intoPatches('encoder.patches', patch)];
  let width = modelChannels;
  multipliers.forEach((multiplier, level) => {
    const at = `encoder.enc.${resolution(network, level)}`;
    layers.push(
      level === 0
        ? conv(`${at}_conv`, channels * patch ** 2, modelChannels, 3)
        : block(`${at}_down`, width, width, { resample: 'down' }),
    );
    for (let i = 0; i < blocks; i++) {
      const outputs = modelChannels * multiplier;
      layers.push(block(`${at}_block${i}`, width, outputs, { attention: attends(network, level) }));
      width = outputs;
    }
  });
  layers.push(
    block('encoder.mid_block_1', width, width, { attention: true }),
    block('encoder.mid_block_2', width, width),
    // The reference leaves this one norm at PyTorch's own eps.
    groupNorm('encoder.norm_out', width, { eps: 1e-5, silu: true }),
    conv('encoder.conv_out', width, 2 * zChannels, 3),
    conv('encoder.quant_conv', 2 * zChannels, 2 * zChannels, 1),
  );
  if (finalDim === null) return layers;
  if (latentPool === 'mean') return [...layers, positionMean('encoder.avg_pooling')];
  const values = 2 * zChannels * levelSide(network, multipliers.length - 1) ** 2;
  return [...layers, flattened('encoder.flatten'), dense('encoder.final_dense', values, 2 * finalDim)];
}

/** The reference's `Decoder`: its layers as they run, and as the reference declares them. */
function planDecoder(
  network: NetworkConfig,
  outChannels: number,
  block: BlockMaker,
): { layers: Layer<BlockContext>[]; declared: Layer<BlockContext>[] } {
  const { patch, modelChannels, zChannels, finalDim } = network;
  const { multipliers, blocks } = decoderShape(network);
  const bottleneck = modelChannels * (multipliers.at(-1) ?? 1);
  const postQuantConv = conv('decoder.post_quant_conv', zChannels, zChannels, 1);
  const convIn = conv('decoder.conv_in', zChannels, bottleneck, 3);
  const rest: Layer<BlockContext>[] = [];
  let width = bottleneck;
  for (let level = multipliers.length - 1; level >= 0; level--) {
    const at = `decoder.dec.${resolution(network, level)}`;
    if (level === multipliers.length - 1) {
      rest.push(block(`${at}_in0`, width, width, { attention: true }), block(`${at}_in1`, width, width));
    } else {
      rest.push(block(`${at}_up`, width, width, { resample: 'up' }));
    }
    for (let i = 0; i <= blocks; i++) {
      const outputs = modelChannels * (multipliers[level] ?? 1);
      const attention = i === blocks && attends(network, level);
      rest.push(block(`${at}_block${i}`, width, outputs, { attention }));
      width = outputs;
    }
  }
  const top = `decoder.dec.${resolution(network, 0)}`;
  rest.push(
    groupNorm(`${top}_aux_norm`, width, { eps: 1e-6, silu: true }),
    conv(`${top}_aux_conv`, width, outChannels * patch ** 2, 3, GAIN.nearZero),
  );
  if (patch > 1) rest.push(outOfPatches('decoder.patches', patch));
  if (finalDim === null) {
    return { layers: [postQuantConv, convIn, ...rest], declared: [convIn, postQuantConv, ...rest] };
  }
  // A vector is unfolded for the decoder's lowest level, which need not be the encoder's.
  const size = levelSide(network, multipliers.length - 1);
  const finalDense = dense('decoder.final_dense', finalDim, zChannels * size ** 2, 'SiLU');
  const unfold = channelsFirst('decoder.unfold', [size, size, zChannels]);
  return {
    layers: [finalDense, unfold, postQuantConv, convIn, ...rest],
    declared: [convIn, postQuantConv, ...rest, finalDense],
  };
}

/**
 * Squares of pixels as places, a channel's pixels row by row as channels of their own, in PyTorch's order
 * (`pixel_unshuffle`): [B, H, W, C] → [B, H/p, W/p, C·p·p].
 */
function intoPatches(name: string, patch: number): PlainLayer {
  const shapeOf = ([height = 1, width = 1, channels = 1]: readonly number[]) =>
    [height / patch, width / patch, channels * patch ** 2] as const;
  return {
    name,
    kind: 'patches',
    parameters: [],
    forward(_, x) {
      const [rows, columns, values] = shapeOf(x.shape.slice(1));
      const parts = tf.reshape(x, [-1, rows, patch, columns, patch, values / patch ** 2]);
      return tf.reshape(tf.transpose(parts, [0, 1, 3, 5, 2, 4]), [-1, rows, columns, values]);
    },
    cost: (shape) => ({ shape: shapeOf(shape), multiplyAdds: 0, kept: elementCount(shape) }),
  };
}

/** The way back (`pixel_shuffle`): [B, h, w, C·p·p] → [B, h·p, w·p, C]. */
function outOfPatches(name: string, patch: number): PlainLayer {
  const shapeOf = ([rows = 1, columns = 1, values = 1]: readonly number[]) =>
    [rows * patch, columns * patch, values / patch ** 2] as const;
  return {
    name,
    kind: 'patches',
    parameters: [],
    forward(_, x) {
      const [, rows = 1, columns = 1] = x.shape;
      const [height, width, channels] = shapeOf(x.shape.slice(1));
      const parts = tf.reshape(x, [-1, rows, columns, channels, patch, patch]);
      return tf.reshape(tf.transpose(parts, [0, 1, 4, 2, 5, 3]), [-1, height, width, channels]);
    },
    cost: (shape) => ({ shape: shapeOf(shape), multiplyAdds: 0, kept: elementCount(shape) }),
  };
}

/** The mean over positions, [B, H, W, C] → [B, C]. */
function positionMean(name: string): PlainLayer {
  return {
    name,
    kind: 'mean',
    parameters: [],
    forward: (_, x) => tf.mean(x, [1, 2]),
    cost: (shape) => ({ shape: shape.slice(-1), multiplyAdds: 0, kept: 0 }),
  };
}

/** A vector read as [C, H, W], as the reference lays it out: [B, H·W·C] → [B, H, W, C]. */
function channelsFirst(name: string, shape: readonly [number, number, number]): PlainLayer {
  const [height, width, channels] = shape;
  return {
    name,
    kind: 'reshape',
    parameters: [],
    forward: (_, x) => tf.transpose(tf.reshape(x, [-1, channels, height, width]), [0, 2, 3, 1]),
    cost: () => ({ shape, multiplyAdds: 0, kept: elementCount(shape) }),
  };
}

/** Its inverse, PyTorch's `flatten(1)`: [B, H, W, C] → [B, C·H·W]. */
function flattened(name: string): PlainLayer {
  return {
    name,
    kind: 'reshape',
    parameters: [],
    forward: (_, x) => tf.reshape(tf.transpose(x, [0, 3, 1, 2]), [-1, elementCount(x.shape.slice(1))]),
    cost: (shape) => ({ shape: [elementCount(shape)], multiplyAdds: 0, kept: elementCount(shape) }),
  };
}

/**
 * Embeds times for both networks: sinusoids of log(t)/4, plus the class's vector where the model has classes,
 * then two dense layers with SiLU (the reference's `AutoEncoder.time_embedding`).
 * @param t [B], above 0
 * @param labels [B] int32, each 0 … classes − 1, or −1 for none; without them no example has a class
 * @param augment [B, AUGMENT_VALUES], how each image was transformed (Karras et al. 2022, appendix F.2); without it none was
 * @returns [B, 4·modelChannels]
 */
export function timeEmbedding(
  plan: AutoencoderPlan,
  parameters: Parameters,
  t: Tensor1D,
  labels?: Tensor1D,
  augment?: Tensor2D,
): Tensor2D {
  const { modelChannels, classes } = plan.network;
  let raw = positionalEmbedding(t, modelChannels);
  if (plan.label) {
    // A label of −1 makes a vector of zeros, as the reference's label dropout does.
    // By √classes, as in EDM's networks. The operation itself knows whole numbers only.
    const oneHot = labels
      ? tf.mul(tf.cast(tf.oneHot(labels, classes, 1, 0), 'float32'), Math.sqrt(classes))
      : tf.zeros([t.shape[0], classes]);
    raw = tf.add(raw, plan.label.forward(parameters, oneHot as Tensor2D));
  }
  if (plan.augment && augment) raw = tf.add(raw, plan.augment.forward(parameters, augment));
  return runLayers(plan.time, parameters, raw, undefined) as Tensor2D;
}

/**
 * Sinusoids of c_noise = log(t)/4 (Karras et al. 2022, table 1), by the reference's `PositionalEmbedding` with its
 * halves swapped: sin first, then cos.
 * @param t times [B], above 0
 * @returns [B, channels]
 */
function positionalEmbedding(t: Tensor1D, channels: number): Tensor2D {
  const half = channels / 2;
  const frequencies = Array.from({ length: half }, (_, i) => (1 / 10_000) ** (i / (half - 1)));
  const angle = tf.mul(tf.reshape(tf.mul(tf.log(t), 0.25), [-1, 1]), tf.tensor2d([frequencies], [1, half]));
  return tf.concat([tf.sin(angle), tf.cos(angle)], 1) as Tensor2D;
}

/**
 * q(z | x, t), the time-dependent posterior (the reference's `Encoder`): blocks of DDPM++ as EDM has them
 * (Karras et al. 2022, table 1), a middle with attention, then the mean and, by softplus, the standard deviation. A
 * vector latent's moments are averaged over positions before the softplus. Of two levels, the topmost one's.
 * @param x images [B, H, W, C] in [−1, 1]; in [0, 1] when the loss is `bce`
 * @param embedding [B, 4·modelChannels], from {@link timeEmbedding}; zeros for s-CoVAE
 * @returns mu and std, each [B, …latentShape]
 */
export function encode(
  plan: AutoencoderPlan,
  parameters: Parameters,
  x: Tensor4D,
  embedding: Tensor2D,
  dropout: Dropout = noDropout,
): Posterior {
  return gaussianOf(runLayers(plan.encoder, parameters, x, { embedding, dropout }));
}

/**
 * The decoder's raw output (the reference's `Decoder`), before any boundary condition: with the learned average
 * decoder the image's channels first, then the average decoder's. For one level of latents.
 * @param z latents [B, …latentShape]
 * @param embedding [B, 4·modelChannels], from {@link timeEmbedding}
 * @returns [B, H, W, outChannels]
 */
export function decode(
  plan: AutoencoderPlan,
  parameters: Parameters,
  z: Tensor,
  embedding: Tensor2D,
  dropout: Dropout = noDropout,
): Tensor4D {
  return runLayers(plan.decoder, parameters, z, { embedding, dropout }) as Tensor4D;
}
