/**
 * Operations with their own gradients, where the ones derived op by op would cost many passes over large
 * tensors. Activations are batch × height × width × channels throughout.
 */
import type { Tensor, Tensor2D, Tensor4D } from '../tensor/tf.ts';
import { executeOp, tf } from '../tensor/tf.ts';
import { derivesGradients, ownGradient } from './own-gradient.ts';

const BIAS_ATTRS = { T: { type: 'float32' }, data_format: { string: 'NHWC' } } as const;

/** Adds a bias [C] to the last axis of x […, C]. */
export function biasAdd<T extends Tensor>(x: T, bias: Tensor): T {
  if (derivesGradients()) return tf.add(x, bias);
  const add = ownGradient((...args) => {
    const [input, b] = args as [Tensor, Tensor];
    return {
      value: executeOp('BiasAdd', BIAS_ATTRS, [input, b]),
      gradFunc: (dy: Tensor) => [dy, executeOp('BiasAddGrad', BIAS_ATTRS, [dy])],
    };
  });
  return add(x, bias) as T;
}

/** SiLU, x·σ(x) (Hendrycks & Gimpel 2016; Elfwing et al. 2018). */
export function silu<T extends Tensor>(x: T): T {
  const activate = ownGradient((...args) => {
    const save = args.pop() as unknown as (tensors: Tensor[]) => void;
    const [input] = args as [Tensor];
    const gate = tf.sigmoid(input);
    const value = tf.mul(input, gate);
    save([gate, value]);
    return {
      value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [gate, value] = saved as [Tensor, Tensor];
        // d(x·σ) = σ + x·σ·(1 − σ)
        return [tf.mul(dy, tf.add(gate, tf.mul(value, tf.sub(1, gate))))];
      },
    };
  });
  return activate(x) as T;
}

/** v/√(mean_c v² + 1e-8) over the channels of [B, C] (Karras et al. 2018, Progressive Growing of GANs, section 4.2). */
export function pixelNorm(v: Tensor2D): Tensor2D {
  const norm = ownGradient((...args) => {
    const save = args.pop() as unknown as (tensors: Tensor[]) => void;
    const [input] = args as [Tensor];
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(input), 1, true), 1e-8));
    const value = tf.mul(input, scale);
    save([value, scale]);
    return {
      value,
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [value, scale] = saved as [Tensor, Tensor];
        const along = tf.mean(tf.mul(dy, value), 1, true);
        return [tf.mul(scale, tf.sub(dy, tf.mul(value, along)))];
      },
    };
  });
  return norm(v) as Tensor2D;
}

export interface GroupNormOptions {
  groups: number;
  eps: number;
  /** Apply SiLU to the result. */
  silu: boolean;
}

/**
 * Group normalisation (Wu & He 2018), scale and shift, and SiLU in one: `silu(norm(x) · scale + shift)`, with mean and
 * biased variance over the positions and channels of a group.
 *
 * @param x activations [B, H, W, C]
 * @param scale [B, C], or [1, C] for all examples alike
 * @param shift [B, C] or [1, C]
 */
export function groupNormAffine(
  x: Tensor4D,
  scale: Tensor2D,
  shift: Tensor2D,
  options: GroupNormOptions,
): Tensor4D {
  const { groups, eps, silu } = options;
  const [batch, height, width, channels] = x.shape;
  const positions = height * width;
  const groupSize = channels / groups;
  const valuesInGroup = positions * groupSize;

  /** [B, C] → the mean over positions and the channels of a group, again [B, C]. */
  const groupMean = (sums: Tensor): Tensor => {
    const perGroup = tf.sum(tf.reshape(sums, [batch, groups, groupSize]), 2, true);
    const means = tf.mul(perGroup, tf.fill([1, 1, groupSize], 1 / valuesInGroup));
    return tf.reshape(means, [batch, channels]);
  };
  const overPositions = (v: Tensor): Tensor => tf.reshape(v, [-1, 1, channels]);

  const norm = ownGradient((...args) => {
    const save = args.pop() as unknown as (tensors: Tensor[]) => void;
    const [input, gamma, beta] = args as [Tensor, Tensor, Tensor];
    const x3 = tf.reshape(input, [batch, positions, channels]);
    const mean = groupMean(tf.sum(x3, 1));
    const variance = tf.sub(groupMean(tf.sum(tf.square(x3), 1)), tf.square(mean));
    const rstd = tf.rsqrt(tf.add(tf.maximum(variance, 0), eps));
    const a = tf.mul(rstd, gamma);
    const b = tf.sub(beta, tf.mul(mean, a));
    const u = tf.add(tf.mul(x3, overPositions(a)), overPositions(b));
    const gate = silu ? tf.sigmoid(u) : null;
    const y = gate ? tf.mul(u, gate) : u;
    save(gate ? [x3, gamma, mean, rstd, u, gate] : [x3, gamma, mean, rstd]);
    return {
      value: tf.reshape(y, [batch, height, width, channels]),
      gradFunc: (dy: Tensor, saved: Tensor[]) => {
        const [x3, gamma, mean, rstd, u, gate] = saved as [Tensor, Tensor, Tensor, Tensor, Tensor?, Tensor?];
        let du = tf.reshape(dy, [batch, positions, channels]);
        if (u && gate) {
          // d(u·σ(u)) = σ + u·σ·(1 − σ)
          const slope = executeOp('SigmoidGrad', { T: { type: 'float32' } }, [gate, tf.mul(du, u)]);
          du = tf.add(tf.mul(du, gate), slope);
        }
        const sumDu = tf.sum(du, 1);
        const sumDuX = tf.sum(tf.mul(du, x3), 1);
        const dGamma = tf.mul(rstd, tf.sub(sumDuX, tf.mul(mean, sumDu)));
        // dx = rstd·(γ·du − mean(γ·du) − x̂·mean(γ·du·x̂)), as one scale of du, one of x and one shift
        const k1 = groupMean(tf.mul(gamma, sumDu));
        const k2 = groupMean(tf.mul(gamma, dGamma));
        const onDu = tf.mul(rstd, gamma);
        const onX = tf.neg(tf.mul(tf.square(rstd), k2));
        const rest = tf.neg(tf.add(tf.mul(mean, onX), tf.mul(rstd, k1)));
        const dx = tf.add(
          tf.add(tf.mul(du, overPositions(onDu)), tf.mul(x3, overPositions(onX))),
          overPositions(rest),
        );
        const shared = gamma.shape[0] === 1 && batch > 1;
        return [
          tf.reshape(dx, [batch, height, width, channels]),
          shared ? tf.sum(dGamma, 0, true) : dGamma,
          shared ? tf.sum(sumDu, 0, true) : sumDu,
        ];
      },
    };
  });
  return norm(x, scale, shift) as Tensor4D;
}
