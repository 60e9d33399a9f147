import { stopGradient } from '../tensor/stop-gradient.ts';
import type { Tensor } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';

/** Sums over all values of an example, [B, …] → [B]. */
export function sumPerExample(v: Tensor): Tensor {
  return tf.sum(tf.reshape(v, [v.shape[0], -1]), 1);
}

/** (a − b)², value by value. */
function squaredError(a: Tensor, b: Tensor): Tensor {
  return tf.square(tf.sub(a, b));
}

/**
 * Pseudo-Huber, value by value: √((a − b)² + c²) − c with c = 0.00054·√(values of an example) (the
 * reference's models/covae_base.py:52, `_loss_fn`; Song & Dhariwal 2023 take the norm of the whole difference).
 */
function pseudoHuber(a: Tensor, b: Tensor): Tensor {
  const c = 0.00054 * Math.sqrt(a.size / a.shape[0]);
  return tf.sub(tf.sqrt(tf.add(squaredError(a, b), c * c)), c);
}

/**
 * Binary cross-entropy, value by value: softplus(l) − l·target for logits l (the reference's models/covae_base.py,
 * `_loss_fn`: PyTorch's `binary_cross_entropy_with_logits`).
 * @param target in [0, 1], without a gradient
 */
function binaryCrossEntropy(logits: Tensor, target: Tensor): Tensor {
  // max(l, 0) − l·target + log(1 + exp(−|l|)), which does not overflow.
  const rest = tf.log1p(tf.exp(tf.neg(tf.abs(logits))));
  return tf.add(tf.sub(tf.relu(logits), tf.mul(logits, stopGradient(target))), rest);
}

/** Distances between what the decoder puts out and its target, value by value, both [B, H, W, C]. */
export const imageLosses = { l2: squaredError, huber: pseudoHuber, bce: binaryCrossEntropy } as const;
