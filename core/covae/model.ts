/** The CoVAE as a model of images: posterior, latent and boundary condition over the plain networks. */
import { stopGradient } from '../tensor/stop-gradient.ts';
import type { Tensor, Tensor1D, Tensor2D, Tensor4D } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import * as autoencoder from '../nn/autoencoder.ts';
import type { AutoencoderPlan } from '../nn/autoencoder.ts';
import type { Ladder } from '../nn/ladder.ts';
import { latentShape, type NetworkConfig } from '../config/network.ts';
import { planDiscriminator, type DiscriminatorPlan } from '../nn/discriminator.ts';
import { withoutDropout, type DropoutSource } from '../nn/dropout.ts';
import type { Parameters } from '../nn/parameters.ts';
import type { Posterior } from '../nn/posterior.ts';
import {
  categoriesOf,
  denoiserLossOf,
  type CovaeConfig,
  type ObjectiveConfig,
  type SimpleCovaeConfig,
} from '../config/objective.ts';
import { kernelScalings, type KernelScalings } from './kernel.ts';
import { climb, descend, type Climb } from './ladder.ts';
import { categoricalLatent, gaussianLatent } from './latent.ts';

export interface CovaeModel {
  readonly network: NetworkConfig;
  readonly objective: ObjectiveConfig;
  readonly plan: AutoencoderPlan;
  /** null without the adversarial term. */
  readonly discriminator: DiscriminatorPlan | null;
}

/** The model for a configuration: with the learned average decoder the networks put out twice the channels. */
export function covaeModel(network: NetworkConfig, objective: ObjectiveConfig): CovaeModel {
  const outChannels = denoiserLossOf(objective) ? 2 * network.channels : network.channels;
  const { adversarial } = objective;
  return {
    network,
    objective,
    plan: autoencoder.planAutoencoder(network, outChannels),
    discriminator: adversarial && planDiscriminator(network.channels, adversarial.filters),
  };
}

/** What a pass is told beside image and time. */
export interface Conditions {
  /** Classes [B] int32, −1 for none; for models with classes. */
  labels?: Tensor1D;
  /** How each image was transformed [B, AUGMENT_VALUES]; for models that are told. s-CoVAE's encoder is told nothing. */
  augment?: Tensor2D;
  dropout?: DropoutSource;
}

/** What the decoder makes of a latent, and what the learned average decoder makes of it (null without one). */
export interface Decoded {
  /** [B, H, W, C]; logits when the loss is `bce`. */
  x: Tensor4D;
  denoiser: Tensor4D | null;
}

/**
 * The posterior q(z_t | x), as the mean and standard deviation that make z_t = mu + std·noise.
 *
 * CoVAE and β-VAE: what the encoder says at t (the reference's models/covae.py, `encode`); for a categorical latent `mu` are its logits and
 * `std` is of no use. s-CoVAE: the kernel at t over the code z₀.
 * @param x [B, H, W, C] in [−1, 1], in [0, 1] when the loss is `bce`
 * @param t [B], above 0
 * @param noise of the latent; where it has two levels, the lower one's posterior is that given the topmost latent drawn
 *   with this noise. Default: its mean
 */
export function encode(
  model: CovaeModel,
  parameters: Parameters,
  x: Tensor4D,
  t: Tensor1D,
  conditions: Conditions = {},
  noise?: Tensor,
): Posterior {
  const { objective, plan, network } = model;
  const ladder = ladderOf(plan);
  if (ladder) {
    const drawn = noise ?? tf.zeros([x.shape[0], ...latentShape(network)]);
    return climbed(model, ladder, parameters, x, t, drawn, conditions).posterior;
  }
  if (objective.variant === 's-covae') {
    return diffuse(objective, encodeCode(model, objective, parameters, x, conditions), t);
  }
  const embedding = autoencoder.timeEmbedding(plan, parameters, t, conditions.labels, conditions.augment);
  return autoencoder.encode(plan, parameters, x, embedding, dropoutOf(conditions, 'encoder'));
}

/**
 * s-CoVAE's code z₀ [B, …latentShape]: the encoder's mean, which is told neither time nor class (an embedding of
 * zeros), bounded by tanh(layer norm) when its size is not penalised.
 */
export function encodeCode(
  model: CovaeModel,
  objective: SimpleCovaeConfig,
  parameters: Parameters,
  x: Tensor4D,
  conditions: Conditions = {},
): Tensor {
  const { plan } = model;
  // One vector for all examples.
  const silence = tf.zeros([1, plan.embedding]) as Tensor2D;
  const { mu } = autoencoder.encode(plan, parameters, x, silence, dropoutOf(conditions, 'encoder'));
  return objective.normStrength > 0 ? mu : tf.tanh(layerNorm(mu));
}

/** The kernel at t over a code z₀: mean signal·z₀, standard deviation t. */
export function diffuse(objective: SimpleCovaeConfig, code: Tensor, t: Tensor1D): Posterior {
  const { signal } = kernelScalings(objective, t);
  return {
    mu: tf.mul(code, alongExamples(signal, code)),
    std: tf.mul(tf.onesLike(code), alongExamples(t, code)),
  };
}

/** Draws z from a posterior. @param noise as `noiseSpec` says, for a batch */
export function drawLatent(model: CovaeModel, posterior: Posterior, noise: Tensor): Tensor {
  const categories = categoriesOf(model.objective);
  return categories === null
    ? gaussianLatent(posterior, noise)
    : categoricalLatent(posterior.mu, noise, categories);
}

/**
 * D(z, t), the decoder under its boundary condition. With the learned average decoder: stopgrad(denoiser) +
 * share(t)·x_raw, where share runs from 0 at σ_min to 1 at σ_max (the reference's models/covae.py, `_decode_fn`);
 * s-CoVAE has c_out in its place (models/covae_simple.py, `decode`). Without: x_raw.
 * @param z [B, …latentShape]; of two levels, the lower one in its prior's units
 * @param t [B], above 0
 */
export function decode(
  model: CovaeModel,
  parameters: Parameters,
  z: Tensor,
  t: Tensor1D,
  conditions: Conditions = {},
): Decoded {
  const { objective, plan } = model;
  const embedding = autoencoder.timeEmbedding(plan, parameters, t, conditions.labels, conditions.augment);
  const scalings = objective.variant === 's-covae' ? kernelScalings(objective, t) : null;
  const ladder = ladderOf(plan);
  const dropout = dropoutOf(conditions, 'decoder');
  const raw = ladder
    ? descend(model.network, ladder, parameters, z, embedding, dropout)
    : autoencoder.decode(
        plan,
        parameters,
        scalings ? tf.mul(z, alongExamples(scalings.cIn, z)) : z,
        embedding,
        dropout,
      );
  return underBoundary(objective, raw, t, scalings);
}

/** What the decoder puts out, under its boundary condition. */
function underBoundary(
  objective: ObjectiveConfig,
  raw: Tensor4D,
  t: Tensor1D,
  scalings: KernelScalings | null,
): Decoded {
  if (objective.variant === 'beta-vae' || !objective.denoiserLoss) return { x: raw, denoiser: null };
  const [own, denoiser] = tf.split(raw, 2, 3) as [Tensor4D, Tensor4D];
  const share = objective.variant === 'covae' ? boundaryShare(objective, t) : scalings?.cOut;
  if (!share) throw new Error('the variant has no boundary condition');
  return { x: tf.add(stopGradient(denoiser), tf.mul(own, alongExamples(share, own))), denoiser };
}

export interface Pass extends Posterior, Decoded {
  z: Tensor;
}

/** One whole pass: encode at t, draw the latent with the given noise, decode at t. */
export function pass(
  model: CovaeModel,
  parameters: Parameters,
  x: Tensor4D,
  t: Tensor1D,
  noise: Tensor,
  conditions: Conditions = {},
): Pass {
  const ladder = ladderOf(model.plan);
  if (ladder) {
    const { posterior, finish } = climbed(model, ladder, parameters, x, t, noise, conditions);
    const z = drawLatent(model, posterior, noise);
    return { ...posterior, z, ...underBoundary(model.objective, finish(z), t, null) };
  }
  const posterior = encode(model, parameters, x, t, conditions);
  const z = drawLatent(model, posterior, noise);
  return { ...posterior, z, ...decode(model, parameters, z, t, conditions) };
}

/**
 * (t − σ_min)/(σ_max − σ_min), the share of the decoder's own output (the reference's models/covae.py, `_decode_fn`).
 * @param t [B]
 */
function boundaryShare({ sigmaMin, sigmaMax }: CovaeConfig, t: Tensor): Tensor {
  return tf.mul(tf.sub(t, sigmaMin), 1 / (sigmaMax - sigmaMin));
}

/** The plan's layers, where there are two levels of latents. */
function ladderOf({ encoder, decoder, lower }: AutoencoderPlan): Ladder | null {
  return lower && { encoder, decoder, lower };
}

/** Both networks, told the same time and class, up to the lower latent. */
function climbed(
  { plan, network }: CovaeModel,
  ladder: Ladder,
  parameters: Parameters,
  x: Tensor4D,
  t: Tensor1D,
  noise: Tensor,
  conditions: Conditions,
): Climb {
  const embedding = autoencoder.timeEmbedding(plan, parameters, t, conditions.labels, conditions.augment);
  return climb(network, ladder, parameters, x, embedding, noise, {
    encoder: dropoutOf(conditions, 'encoder'),
    decoder: dropoutOf(conditions, 'decoder'),
  });
}

function dropoutOf({ dropout = withoutDropout }: Conditions, network: 'encoder' | 'decoder') {
  return dropout(network);
}

/** A value of each example, [B], shaped to stretch over [B, …]. */
function alongExamples(v: Tensor, like: Tensor): Tensor {
  return tf.reshape(v, [-1, ...like.shape.slice(1).map(() => 1)]);
}

/** Layer norm over all values of an example; its scale and shift are never trained in the reference, so they are 1 and 0. */
function layerNorm(x: Tensor): Tensor {
  const axes = x.shape.slice(1).map((_, i) => i + 1);
  const centred = tf.sub(x, tf.mean(x, axes, true));
  return tf.mul(centred, tf.rsqrt(tf.add(tf.mean(tf.square(centred), axes, true), 1e-5)));
}
