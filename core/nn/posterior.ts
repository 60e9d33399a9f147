import { tf, type Tensor } from '../tensor/tf.ts';

/** Mean and standard deviation of a Gaussian over latents, each [B, …latentShape]. */
export interface Posterior {
  mu: Tensor;
  std: Tensor;
}

/**
 * The Gaussian that a network's output tells of: the mean, and by softplus the standard deviation.
 * @param moments [B, …, 2C]
 * @param shift added before the softplus
 * @returns mu and std, each [B, …, C]
 */
export function gaussianOf(moments: Tensor, shift = 0): Posterior {
  const [mu, rawStd] = tf.split(moments, 2, -1) as [Tensor, Tensor];
  return { mu, std: tf.softplus(shift === 0 ? rawStd : tf.add(rawStd, shift)) };
}
