/** The CoVAE as a model of pictures: posterior, latent and boundary condition over the plain networks. */
import type { Tensor, Tensor1D, Tensor4D } from '../tensor/tf.ts';
import { executeOp, tf } from '../tensor/tf.ts';
import * as autoencoder from '../nn/autoencoder.ts';
import type { AutoencoderPlan, Posterior } from '../nn/autoencoder.ts';
import type { NetworkConfig } from '../nn/config.ts';
import { noDropout, type Dropout } from '../nn/dropout.ts';
import type { Parameters } from '../nn/parameters.ts';
import type { ObjectiveConfig } from './config.ts';
import { boundaryShare } from './weights.ts';

export interface CovaeModel {
  readonly objective: ObjectiveConfig;
  readonly plan: AutoencoderPlan;
}

/** The model for a configuration: with the learned average decoder the networks put out twice the channels. */
export function covaeModel(network: NetworkConfig, objective: ObjectiveConfig): CovaeModel {
  const outChannels = objective.denoiserLoss ? 2 * network.channels : network.channels;
  return { objective, plan: autoencoder.planAutoencoder(network, outChannels) };
}

/** A decoded picture, and what the learned average decoder makes of the same latent (null without one). */
export interface Decoded {
  x: Tensor4D;
  denoiser: Tensor4D | null;
}

/**
 * z = mu + std·noise (paper, eq. for the Gaussian posterior).
 * @param noise standard normal, the shape of the latent
 */
export function reparametrise({ mu, std }: Posterior, noise: Tensor): Tensor {
  return tf.add(mu, tf.mul(std, noise));
}

/**
 * D(z, t) under the boundary condition: stopgrad(denoiser) + (t − σ_min)/(σ_max − σ_min)·x_raw with the
 * learned average decoder, x_raw itself without one.
 * @param z [B, …latentShape]; @param t [B]
 */
function decodeWith(
  model: CovaeModel,
  z: Tensor,
  t: Tensor1D,
  embedding: ReturnType<typeof autoencoder.timeEmbedding>,
  parameters: Parameters,
  dropout: Dropout,
): Decoded {
  const raw = autoencoder.decode(model.plan, parameters, z, embedding, dropout);
  if (!model.objective.denoiserLoss) return { x: raw, denoiser: null };
  const [own, denoiser] = tf.split(raw, 2, 3) as [Tensor4D, Tensor4D];
  const share = tf.reshape(boundaryShare(model.objective, t), [-1, 1, 1, 1]);
  return { x: tf.add(stopGradient(denoiser), tf.mul(own, share)), denoiser };
}

/** Posterior q(z | x, t). @param x [B, H, W, C] in [−1, 1]; @param t [B], above 0 */
export function encode(
  model: CovaeModel,
  parameters: Parameters,
  x: Tensor4D,
  t: Tensor1D,
  dropout: Dropout = noDropout,
): Posterior {
  const embedding = autoencoder.timeEmbedding(model.plan, parameters, t);
  return autoencoder.encode(model.plan, parameters, x, embedding, dropout);
}

/** D(z, t). @param z [B, …latentShape]; @param t [B], above 0 */
export function decode(
  model: CovaeModel,
  parameters: Parameters,
  z: Tensor,
  t: Tensor1D,
  dropout: Dropout = noDropout,
): Decoded {
  const embedding = autoencoder.timeEmbedding(model.plan, parameters, t);
  return decodeWith(model, z, t, embedding, parameters, dropout);
}

export interface Pass extends Posterior, Decoded {
  z: Tensor;
}

/** One whole pass: encode at t, sample the latent with the given noise, decode at t. */
export function pass(
  model: CovaeModel,
  parameters: Parameters,
  x: Tensor4D,
  t: Tensor1D,
  noise: Tensor,
  dropout: Dropout = noDropout,
): Pass {
  const embedding = autoencoder.timeEmbedding(model.plan, parameters, t);
  const posterior = autoencoder.encode(model.plan, parameters, x, embedding, dropout);
  const z = reparametrise(posterior, noise);
  return { ...posterior, z, ...decodeWith(model, z, t, embedding, parameters, dropout) };
}

/** Passes values on and lets no gradient through: the result is unknown to the tape. */
export function stopGradient<T extends Tensor4D>(x: T): T {
  return executeOp('StopGradient', { T: { type: 'float32' } }, [x]) as T;
}
