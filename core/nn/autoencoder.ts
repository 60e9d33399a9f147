/** The encoder E(x, t) and the decoder D(z, t): the reference's `AutoEncoder`, names and order included. */
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import { latentSide, type NetworkConfig } from '../config/network.ts';
import { noDropout, type Dropout } from './dropout.ts';
import {
  GAIN,
  conv2d,
  convSpecs,
  groupNorm,
  linear,
  linearSpecs,
  normSpecs,
  positionalEmbedding,
} from './layers.ts';
import { silu } from './ops.ts';
import { layOut, type ParameterLayout, type Parameters, type ParameterSpec } from './parameters.ts';
import { unetBlock, unetBlockSpecs, type UNetBlock } from './unet-block.ts';

interface Conv {
  kind: 'conv';
  name: string;
  inputs: number;
  outputs: number;
}

/** What an autoencoder consists of, in the order of execution. */
export interface AutoencoderPlan {
  readonly network: NetworkConfig;
  /** Channels the decoder puts out: C, or 2C with the learned average decoder beside the picture. */
  readonly outChannels: number;
  readonly embedding: number;
  readonly encoder: readonly (Conv | UNetBlock)[];
  readonly decoder: readonly UNetBlock[];
  readonly bottleneck: number;
  readonly layout: ParameterLayout;
}

/**
 * Plans encoder and decoder for a network.
 * @param outChannels channels of the decoder's output
 */
export function planAutoencoder(network: NetworkConfig, outChannels: number): AutoencoderPlan {
  const { imageSize, modelChannels, multipliers, blocks, attentionResolutions } = network;
  const resolution = (level: number): string => `${imageSize >> level}x${imageSize >> level}`;
  const attends = (level: number): boolean => attentionResolutions.includes(imageSize >> level);
  const block = (
    name: string,
    inputs: number,
    outputs: number,
    more: Partial<Pick<UNetBlock, 'resample' | 'attention'>> = {},
  ): UNetBlock => ({ kind: 'block', name, inputs, outputs, resample: null, attention: false, ...more });

  const encoder: (Conv | UNetBlock)[] = [];
  let width = modelChannels;
  multipliers.forEach((multiplier, level) => {
    const at = `encoder.enc.${resolution(level)}`;
    encoder.push(
      level === 0
        ? { kind: 'conv', name: `${at}_conv`, inputs: network.channels, outputs: modelChannels }
        : block(`${at}_down`, width, width, { resample: 'down' }),
    );
    for (let i = 0; i < blocks; i++) {
      encoder.push(
        block(`${at}_block${i}`, width, modelChannels * multiplier, { attention: attends(level) }),
      );
      width = modelChannels * multiplier;
    }
  });
  const bottleneck = width;
  encoder.push(block('encoder.mid_block_1', bottleneck, bottleneck, { attention: true }));
  encoder.push(block('encoder.mid_block_2', bottleneck, bottleneck));

  const decoder: UNetBlock[] = [];
  for (let level = multipliers.length - 1; level >= 0; level--) {
    const at = `decoder.dec.${resolution(level)}`;
    if (level === multipliers.length - 1) {
      decoder.push(block(`${at}_in0`, width, width, { attention: true }), block(`${at}_in1`, width, width));
    } else {
      decoder.push(block(`${at}_up`, width, width, { resample: 'up' }));
    }
    for (let i = 0; i <= blocks; i++) {
      const outputs = modelChannels * (multipliers[level] ?? 1);
      decoder.push(block(`${at}_block${i}`, width, outputs, { attention: i === blocks && attends(level) }));
      width = outputs;
    }
  }

  const embedding = modelChannels * 4;
  const { zChannels, finalDim } = network;
  const top = `decoder.dec.${resolution(0)}`;
  const specs: ParameterSpec[] = [
    ...(network.classes > 0 ? linearSpecs('map_label', network.classes, modelChannels) : []),
    ...linearSpecs('map_layer0', modelChannels, embedding),
    ...linearSpecs('map_layer1', embedding, embedding),
    ...encoder.flatMap((layer) =>
      layer.kind === 'conv'
        ? convSpecs(layer.name, layer.inputs, layer.outputs, 3)
        : unetBlockSpecs(layer, embedding),
    ),
    ...normSpecs('encoder.norm_out', bottleneck),
    ...convSpecs('encoder.conv_out', bottleneck, 2 * zChannels, 3),
    ...convSpecs('encoder.quant_conv', 2 * zChannels, 2 * zChannels, 1),
    ...convSpecs('decoder.conv_in', zChannels, bottleneck, 3),
    ...convSpecs('decoder.post_quant_conv', zChannels, zChannels, 1),
    ...decoder.flatMap((layer) => unetBlockSpecs(layer, embedding)),
    ...normSpecs(`${top}_aux_norm`, width),
    ...convSpecs(`${top}_aux_conv`, width, outChannels, 3, GAIN.nearZero),
    ...(finalDim === null
      ? []
      : linearSpecs('decoder.final_dense', finalDim, zChannels * latentSide(network) ** 2)),
  ];
  return { network, outChannels, embedding, encoder, decoder, bottleneck, layout: layOut(specs) };
}

/**
 * Embeds times for both networks: sinusoids of log(t)/4, plus the class's vector where the model has classes,
 * then two dense layers with SiLU (the reference's `time_embedding`).
 * @param t [B], above 0
 * @param labels [B] int32, each 0 … classes − 1, or −1 for none; without them no row has a class
 * @returns [B, 4·modelChannels]
 */
export function timeEmbedding(
  plan: AutoencoderPlan,
  parameters: Parameters,
  t: Tensor1D,
  labels?: Tensor1D,
): Tensor2D {
  const { modelChannels, classes } = plan.network;
  let raw = positionalEmbedding(t, modelChannels);
  if (classes > 0) {
    // A label of −1 makes a row of zeros, as the reference's label dropout does.
    const oneHot = labels
      ? tf.oneHot(labels, classes, Math.sqrt(classes), 0)
      : tf.zeros([t.shape[0], classes]);
    raw = tf.add(raw, linear(parameters, 'map_label', tf.cast(oneHot, 'float32') as Tensor2D));
  }
  return silu(linear(parameters, 'map_layer1', silu(linear(parameters, 'map_layer0', raw))));
}

/** Mean and standard deviation of a Gaussian over latents, each [B, …latentShape]. */
export interface Posterior {
  mu: Tensor;
  std: Tensor;
}

/**
 * q(z | x, t), the paper's time-dependent posterior (the reference's `Encoder`): blocks of DDPM++ as EDM has them
 * (Karras et al. 2022, table 1), a middle with attention, then the mean and, by softplus, the standard deviation. A
 * vector latent's moments are averaged over positions before the softplus.
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
  let h = x;
  for (const layer of plan.encoder) {
    h =
      layer.kind === 'conv'
        ? conv2d(parameters, layer.name, h)
        : unetBlock(parameters, layer, h, embedding, dropout);
  }
  // The reference leaves this one norm at PyTorch's own eps.
  h = groupNorm(parameters, 'encoder.norm_out', h, { eps: 1e-5, silu: true });
  h = conv2d(parameters, 'encoder.quant_conv', conv2d(parameters, 'encoder.conv_out', h));
  const moments: Tensor = plan.network.finalDim === null ? h : tf.mean(h, [1, 2]);
  const [mu, rawStd] = tf.split(moments, 2, -1) as [Tensor, Tensor];
  return { mu, std: tf.softplus(rawStd) };
}

/**
 * The decoder's raw output (the reference's `Decoder`), before any boundary condition: with the learned average
 * decoder the picture's channels first, then the average decoder's.
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
  const { imageSize, finalDim } = plan.network;
  const spatial = finalDim === null ? (z as Tensor4D) : unfoldVector(plan.network, parameters, z as Tensor2D);
  let h = conv2d(parameters, 'decoder.conv_in', conv2d(parameters, 'decoder.post_quant_conv', spatial));
  for (const layer of plan.decoder) h = unetBlock(parameters, layer, h, embedding, dropout);
  const top = `decoder.dec.${imageSize}x${imageSize}`;
  h = groupNorm(parameters, `${top}_aux_norm`, h, { eps: 1e-6, silu: true });
  return conv2d(parameters, `${top}_aux_conv`, h);
}

/** A vector latent as a small picture: dense, SiLU, reshape (channels first, as in the reference). */
function unfoldVector(network: NetworkConfig, parameters: Parameters, z: Tensor2D): Tensor4D {
  const size = latentSide(network);
  const dense = silu(linear(parameters, 'decoder.final_dense', z));
  return tf.transpose(tf.reshape(dense, [-1, network.zChannels, size, size]), [0, 2, 3, 1]) as Tensor4D;
}
