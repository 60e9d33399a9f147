import type { Scalar, Tensor, Tensor1D, Tensor4D } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import type { Dropout } from '../nn/dropout.ts';
import type { Parameters } from '../nn/parameters.ts';
import { klToStandardNormal, reconstructionLosses, sumPerRow } from './losses.ts';
import { pass, stopGradient, type CovaeModel } from './model.ts';
import { betaKl, denoiserWeight, lambdaRec } from './weights.ts';

/** One batch as the objective sees it. Rows are independent. */
export interface ObjectiveBatch {
  /** Images [B, H, W, C] in [−1, 1]. */
  x: Tensor4D;
  /** Times t and r [B] of each row's interval; where r is 0 any positive number may stand for it. */
  t: Tensor1D;
  r: Tensor1D;
  /** 1 where r is 0, so that the target is the image itself, else 0; [B]. */
  first: Tensor1D;
  /** Latent noise, the same for t and r; [B, …latentShape]. */
  noise: Tensor;
}

/** The loss and its parts: means over rows; the parts are unweighted, as the reference logs them. */
export interface ObjectiveValue {
  loss: Scalar;
  recLoss: Scalar;
  /** null without the learned average decoder. */
  denoiserLoss: Scalar | null;
  klLoss: Scalar;
  /** The decoder's picture at t, [B, H, W, C]. */
  xT: Tensor4D;
}

/**
 * The CoVAE objective (paper, algorithm 1): mean over rows of
 * λ(t)·Σ d(D_t, stopgrad(D_r)) + λ(t)·s(t)·Σ (denoiser − x)² + β(t)·KL(q(z | x, t) ‖ N(0, 1)).
 *
 * The target comes from the online weights, as in the reference's code; the paper's summary tells of an
 * average of them.
 * @param dropout makes a dropout for one pass; called twice, it must give the same masks
 */
export function covaeObjective(
  model: CovaeModel,
  parameters: Parameters,
  batch: ObjectiveBatch,
  dropout: () => Dropout,
): ObjectiveValue {
  const { objective } = model;
  const { x, t, r, first, noise } = batch;
  const atT = pass(model, parameters, x, t, noise, dropout());
  const atR = pass(model, parameters, x, r, noise, dropout());
  const isFirst = tf.cast(tf.reshape(first, [-1, 1, 1, 1]), 'bool');
  const target = stopGradient(tf.where(isFirst, x, atR.x) as Tensor4D);

  const rec = sumPerRow(reconstructionLosses[objective.loss](atT.x, target));
  const kl = klToStandardNormal(atT);
  let perRow: Tensor = tf.add(tf.mul(rec, lambdaRec(objective, t)), tf.mul(kl, betaKl(objective, t)));
  let denoiser: Tensor | null = null;
  if (objective.denoiserLoss && atT.denoiser) {
    denoiser = sumPerRow(reconstructionLosses[objective.denoiserLoss](atT.denoiser, x));
    const weight = tf.mul(lambdaRec(objective, t), denoiserWeight(objective, t));
    perRow = tf.add(perRow, tf.mul(denoiser, weight));
  }
  return {
    loss: tf.mean(perRow),
    recLoss: tf.mean(rec),
    denoiserLoss: denoiser && tf.mean(denoiser),
    klLoss: tf.mean(kl),
    xT: atT.x,
  };
}
