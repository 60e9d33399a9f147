import type { Scalar, Tensor } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';

const BETA1 = 0.9;
const BETA2 = 0.999;
const EPS = 1e-8;

/** What a RAdam step needs to know of its number; computed in double precision outside the graph. */
export interface RadamScalars {
  /** Factor of the first moment: learning rate, bias corrections and rectification. */
  stepSize: number;
  /** 1 when the second moment is used, 0 in the first, unrectified steps. */
  rectified: number;
}

/**
 * RAdam (Liu et al. 2020) as PyTorch computes it, for step number `step`, counted from 1. While the variance
 * of the second moment is not tractable (ρ_t ≤ 5, the first five steps) the update is plain momentum.
 */
export function radamScalars(step: number, learningRate: number): RadamScalars {
  const correction1 = 1 - BETA1 ** step;
  const correction2 = 1 - BETA2 ** step;
  const rhoInf = 2 / (1 - BETA2) - 1;
  const rho = rhoInf - (2 * step * BETA2 ** step) / correction2;
  if (rho <= 5) return { stepSize: learningRate / correction1, rectified: 0 };
  const rectification = Math.sqrt(((rho - 4) * (rho - 2) * rhoInf) / ((rhoInf - 4) * (rhoInf - 2) * rho));
  return { stepSize: (learningRate * rectification * Math.sqrt(correction2)) / correction1, rectified: 1 };
}

export interface RadamState {
  parameters: Tensor;
  /** First and second moment of the gradient. */
  m: Tensor;
  v: Tensor;
}

/**
 * One update of all parameters, held in flat vectors of the same length.
 * @param gradient of the loss, already clipped
 */
export function radamUpdate(
  state: RadamState,
  gradient: Tensor,
  scalars: { stepSize: Scalar; rectified: Scalar },
): RadamState {
  const m = tf.add(tf.mul(state.m, BETA1), tf.mul(gradient, 1 - BETA1));
  const v = tf.add(tf.mul(state.v, BETA2), tf.mul(tf.square(gradient), 1 - BETA2));
  // rectified: √v + eps; not: 1
  const denominator = tf.add(
    tf.mul(tf.add(tf.sqrt(v), EPS), scalars.rectified),
    tf.sub(1, scalars.rectified),
  );
  const parameters = tf.sub(state.parameters, tf.mul(tf.div(m, denominator), scalars.stepSize));
  return { parameters, m, v };
}

/** Scales a gradient down to a global L2 norm, as PyTorch's `clip_grad_norm_`. */
export function clipByGlobalNorm(gradient: Tensor, maxNorm: number): { gradient: Tensor; norm: Scalar } {
  const norm = tf.sqrt(tf.sum(tf.square(gradient))) as Scalar;
  const factor = tf.minimum(tf.div(maxNorm, tf.add(norm, 1e-6)), 1);
  return { gradient: tf.mul(gradient, factor), norm };
}

/** Exponential moving average: rate·average + (1 − rate)·value. */
export function emaUpdate(average: Tensor, value: Tensor, rate: number): Tensor {
  return tf.add(value, tf.mul(tf.sub(average, value), rate));
}
