/** Latents: how one is drawn from a posterior, and how far a posterior is from the prior. */
import type { NetworkConfig } from '../config/network.ts';
import { latentShape, latentValues } from '../config/network.ts';
import { elementCount } from '../shape.ts';
import type { Posterior } from '../nn/posterior.ts';
import { stopGradient } from '../tensor/stop-gradient.ts';
import { tf, type Tensor } from '../tensor/tf.ts';
import { levelsOf } from './ladder.ts';
import { sumPerExample } from './losses.ts';
import { categoriesOf, type ObjectiveConfig } from '../config/objective.ts';

/** Which random numbers a latent is made from. */
export interface NoiseSpec {
  kind: 'normal' | 'uniform';
  /** Shape for one example. */
  shape: number[];
}

/** Standard normal numbers of the latent's shape; uniform ones [groups, categories] for a categorical latent. */
export function noiseSpec(network: NetworkConfig, objective: ObjectiveConfig): NoiseSpec {
  const categories = categoriesOf(objective);
  if (categories === null) return { kind: 'normal', shape: latentShape(network) };
  return { kind: 'uniform', shape: [latentValues(network) / categories, categories] };
}

/**
 * z = mu + std·noise (the reparametrisation of a Gaussian posterior; Kingma & Welling 2014, section 2.4).
 * @param noise standard normal, the shape of the latent
 */
export function gaussianLatent({ mu, std }: Posterior, noise: Tensor): Tensor {
  return tf.add(mu, tf.mul(std, noise));
}

/**
 * KL(N(mu, std + 1e-8) ‖ N(0, 1)) of each example, [B]: Σ ½·(σ² + μ² − 1 − ln σ²) (Kingma & Welling 2014, appendix B;
 * the 1e-8 is the reference's, models/covae.py, `loss`).
 * @param posterior mu and std, each [B, …]
 */
export function klToStandardNormal({ mu, std }: Posterior): Tensor {
  const variance = tf.square(tf.add(std, 1e-8));
  return sumPerExample(tf.mul(tf.sub(tf.sub(tf.add(variance, tf.square(mu)), 1), tf.log(variance)), 0.5));
}

/**
 * {@link klToStandardNormal} of each level of a latent with several, each [B], the topmost first: in its prior's
 * units, which depend on the level above, every level's prior is N(0, 1).
 */
export function klOfLevels(network: NetworkConfig, { mu, std }: Posterior): Tensor[] {
  const means = levelsOf(network, mu);
  const stds = levelsOf(network, std);
  return means.map((mean, i) => klToStandardNormal({ mu: mean, std: stds[i] ?? mean }));
}

/**
 * A categorical latent by Gumbel-softmax at temperature 1, hard and straight-through (Jang et al. 2017; the
 * reference's models/covae.py, `gumbel_softmax`): one-hot values that pass the gradient of the soft ones.
 * @param logits [B, …latentShape]
 * @param noise uniform in [0, 1), [B, groups, categories]
 * @returns [B, …latentShape]
 */
export function categoricalLatent(logits: Tensor, noise: Tensor, categories: number): Tensor {
  const gumbel = tf.neg(tf.log(tf.add(tf.neg(tf.log(tf.add(noise, 1e-20))), 1e-20)));
  const soft = tf.softmax(tf.add(toGroups(logits, categories), gumbel));
  const hard = tf.oneHot(tf.cast(tf.argMax(soft, -1), 'int32'), categories);
  const straightThrough = tf.add(stopGradient(tf.sub(tf.cast(hard, 'float32'), soft)), soft);
  return fromGroups(straightThrough, logits.shape);
}

/**
 * KL(Categorical(logits) ‖ uniform) of each example, [B]: Σ p·(ln p + ln categories) over groups and categories (the
 * reference's models/covae.py, `loss`).
 * @param logits [B, …latentShape]
 */
export function klToUniform(logits: Tensor, categories: number): Tensor {
  const logP = tf.logSoftmax(toGroups(logits, categories));
  return sumPerExample(tf.mul(tf.exp(logP), tf.add(logP, Math.log(categories))));
}

/**
 * [B, …latentShape] → [B, groups, categories]. The reference reads a latent channels first and lets the
 * categories come first in it.
 */
function toGroups(latent: Tensor, categories: number): Tensor {
  const [batch = 0, ...shape] = latent.shape;
  const flat = shape.length === 3 ? tf.transpose(latent, [0, 3, 1, 2]) : latent;
  return tf.transpose(tf.reshape(flat, [batch, categories, elementCount(shape) / categories]), [0, 2, 1]);
}

/** The way back from {@link toGroups}. */
function fromGroups(groups: Tensor, shape: readonly number[]): Tensor {
  const flat = tf.transpose(groups, [0, 2, 1]);
  const [batch = 0, height = 0, width = 0, channels = 0] = shape;
  if (shape.length !== 4) return tf.reshape(flat, [...shape]);
  return tf.transpose(tf.reshape(flat, [batch, channels, height, width]), [0, 2, 3, 1]);
}
