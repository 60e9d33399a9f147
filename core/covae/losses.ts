import { stopGradient } from '../tensor/stop-gradient.ts';
import type { Tensor } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';

/** Sums all but the first axis, [B, …] → [B]. */
export function sumPerRow(v: Tensor): Tensor {
  return tf.sum(tf.reshape(v, [v.shape[0], -1]), 1);
}

/** (a − b)², value by value. */
function squaredError(a: Tensor, b: Tensor): Tensor {
  return tf.square(tf.sub(a, b));
}

/** Pseudo-Huber, value by value: √((a − b)² + c²) − c with c = 0.00054·√(values in a row) (Song & Dhariwal 2023). */
function pseudoHuber(a: Tensor, b: Tensor): Tensor {
  const c = 0.00054 * Math.sqrt(a.size / a.shape[0]);
  return tf.sub(tf.sqrt(tf.add(squaredError(a, b), c * c)), c);
}

/**
 * Binary cross-entropy, value by value: softplus(l) − l·target for logits l.
 * @param target in [0, 1], without a gradient
 */
function binaryCrossEntropy(logits: Tensor, target: Tensor): Tensor {
  // max(l, 0) − l·target + log(1 + exp(−|l|)), which does not overflow.
  const rest = tf.log1p(tf.exp(tf.neg(tf.abs(logits))));
  return tf.add(tf.sub(tf.relu(logits), tf.mul(logits, stopGradient(target))), rest);
}

/** Distances between a picture and its target, value by value, both [B, H, W, C]. */
export const pictureLosses = { l2: squaredError, huber: pseudoHuber, bce: binaryCrossEntropy } as const;
