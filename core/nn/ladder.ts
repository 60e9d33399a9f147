/**
 * A second level of latents below the reference's, in the manner of a ladder VAE (Sønderby et al. 2016): the encoder
 * says on its way down what an image tells of it, the decoder predicts it on its way up from the level above.
 * docs/hierarchical.md has the equations.
 */
import type { NetworkConfig } from '../config/network.ts';
import { decoderShape, levelSide } from '../config/network.ts';
import type { Tensor, Tensor2D, Tensor4D } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import { noDropout, type Dropout } from './dropout.ts';
import { runLayers, type Layer, type PlainLayer } from './layer.ts';
import { GAIN, conv, groupNorm } from './layers.ts';
import type { Parameters } from './parameters.ts';
import { gaussianOf, type Posterior } from './posterior.ts';
import type { BlockContext } from './unet-block.ts';

/** What the lower level adds to both networks. */
export interface LowerLevel {
  /** Layers of the encoder, and of the decoder, that come before it. */
  readonly encoderLayers: number;
  readonly decoderLayers: number;
  /** From the encoder's features [B, 2h, 2w, C] to what they say of the latent: [B, 2h, 2w, 2·zChannels]. */
  readonly evidence: readonly PlainLayer[];
  /** From the decoder's features to the latent's prior, of the same shapes. */
  readonly prior: readonly PlainLayer[];
  /** From the latent to what is added to the decoder's features. */
  readonly join: PlainLayer;
}

/** softplus(raw + this) is 1 at 0: the prior begins as a standard normal. */
const UNIT_STD = Math.log(Math.E - 1);
/** Keeps the sum of two variances, that of the evidence and that of the prior, above 0. */
const LEAST_VARIANCE = 1e-8;

/** `16x16`: how the reference names the layers of a level. */
export function resolution(network: NetworkConfig, level: number): string {
  const side = levelSide(network, level);
  return `${side}x${side}`;
}

/** Plans the lower level between the layers of an encoder and a decoder of two resolutions or more. */
export function planLowerLevel(
  network: NetworkConfig,
  encoder: readonly Layer<BlockContext>[],
  decoder: readonly Layer<BlockContext>[],
): LowerLevel {
  const { modelChannels, multipliers, zChannels } = network;
  const lowest = multipliers.length - 1;
  const encoderWidth = modelChannels * (multipliers[lowest - 1] ?? 1);
  const decoderWidth = modelChannels * (decoderShape(network).multipliers[lowest] ?? 1);
  const at = (layers: readonly Layer<BlockContext>[], name: string) =>
    layers.findIndex((layer) => layer.name === name);
  return {
    encoderLayers: at(encoder, `encoder.enc.${resolution(network, lowest)}_down`),
    decoderLayers: at(decoder, `decoder.dec.${resolution(network, lowest - 1)}_up`) + 1,
    evidence: [
      groupNorm('encoder.lower.norm_out', encoderWidth, { eps: 1e-5, silu: true }),
      conv('encoder.lower.conv_out', encoderWidth, 2 * zChannels, 3),
    ],
    prior: [
      groupNorm('decoder.lower.norm_prior', decoderWidth, { eps: 1e-6, silu: true }),
      conv('decoder.lower.conv_prior', decoderWidth, 2 * zChannels, 3, GAIN.nearZero),
    ],
    join: conv('decoder.lower.conv_in', zChannels, decoderWidth, 3),
  };
}

/** What the encoder says of an image: the topmost latent's posterior, and the evidence for the lower one. */
export interface Evidence {
  top: Posterior;
  lower: Posterior;
}

/**
 * The encoder's whole pass.
 * @param x images [B, H, W, C]
 * @param embedding [B, 4·modelChannels]
 */
export function encodeLevels(
  { encoder, lower }: Ladder,
  parameters: Parameters,
  x: Tensor4D,
  embedding: Tensor2D,
  dropout: Dropout = noDropout,
): Evidence {
  const context = { embedding, dropout };
  const features = runLayers(encoder.slice(0, lower.encoderLayers), parameters, x, context);
  const moments = runLayers(encoder.slice(lower.encoderLayers), parameters, features, context);
  return {
    top: gaussianOf(moments),
    lower: gaussianOf(runLayers(lower.evidence, parameters, features, undefined)),
  };
}

/** The layers of a plan that has a lower level. */
export interface Ladder {
  readonly encoder: readonly Layer<BlockContext>[];
  readonly decoder: readonly Layer<BlockContext>[];
  readonly lower: LowerLevel;
}

/** A decoder's pass that has come as far as the lower level. */
export interface OpenedDecoder {
  /** p(z₂ | z₁, t), each [B, 2h, 2w, zChannels]. */
  prior: Posterior;
  /**
   * The rest of the pass.
   * @param u the lower latent as its prior sees it, (z₂ − mean)/std, [B, 2h, 2w, zChannels]
   * @returns the decoder's raw output [B, H, W, outChannels]
   */
  finish: (u: Tensor) => Tensor4D;
}

/** The decoder up to the lower level. @param z the topmost latent [B, h, w, zChannels] */
export function openDecoder(
  { decoder, lower }: Ladder,
  parameters: Parameters,
  z: Tensor,
  embedding: Tensor2D,
  dropout: Dropout = noDropout,
): OpenedDecoder {
  const context = { embedding, dropout };
  const features = runLayers(decoder.slice(0, lower.decoderLayers), parameters, z, context);
  const prior = gaussianOf(runLayers(lower.prior, parameters, features, undefined), UNIT_STD);
  return {
    prior,
    finish(u) {
      const zLower = tf.add(prior.mu, tf.mul(prior.std, u));
      const joined = tf.mul(tf.add(features, lower.join.forward(parameters, zLower)), Math.SQRT1_2);
      return runLayers(decoder.slice(lower.decoderLayers), parameters, joined, context) as Tensor4D;
    },
  };
}

/**
 * q(u | x, z₁) for u = (z₂ − m)/s, where N(m, s²) is the prior: evidence N(μ̂, σ̂²) and prior are multiplied as the ladder
 * VAE does it, each counting by its precision, and the product is seen in the prior's units, in which the prior is
 * N(0, 1): mean (μ̂ − m)·s/(σ̂² + s²), standard deviation σ̂/√(σ̂² + s²).
 */
export function relativePosterior(evidence: Posterior, prior: Posterior): Posterior {
  const variances = tf.add(tf.add(tf.square(evidence.std), tf.square(prior.std)), LEAST_VARIANCE);
  return {
    mu: tf.div(tf.mul(tf.sub(evidence.mu, prior.mu), prior.std), variances),
    std: tf.mul(evidence.std, tf.rsqrt(variances)),
  };
}
