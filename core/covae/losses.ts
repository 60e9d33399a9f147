import type { Tensor } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import type { Posterior } from '../nn/autoencoder.ts';

/** Sums all but the first axis, [B, …] → [B]. */
export function sumPerRow(v: Tensor): Tensor {
  return tf.sum(tf.reshape(v, [v.shape[0], -1]), 1);
}

/** (a − b)², value by value. */
export function squaredError(a: Tensor, b: Tensor): Tensor {
  return tf.square(tf.sub(a, b));
}

/** Pseudo-Huber, value by value: √((a − b)² + c²) − c with c = 0.00054·√(values in a row). */
export function pseudoHuber(a: Tensor, b: Tensor): Tensor {
  const c = 0.00054 * Math.sqrt(a.size / a.shape[0]);
  return tf.sub(tf.sqrt(tf.add(squaredError(a, b), c * c)), c);
}

export const reconstructionLosses = { l2: squaredError, huber: pseudoHuber } as const;

/**
 * KL(N(mu, std + 1e-8) ‖ N(0, 1)) a row, [B].
 * @param posterior mu and std, each [B, …]
 */
export function klToStandardNormal({ mu, std }: Posterior): Tensor {
  const variance = tf.square(tf.add(std, 1e-8));
  return sumPerRow(tf.mul(tf.sub(tf.sub(tf.add(variance, tf.square(mu)), 1), tf.log(variance)), 0.5));
}
