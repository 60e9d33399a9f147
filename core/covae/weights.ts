import type { Tensor } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import type { ObjectiveConfig } from './config.ts';

type Weighting = ObjectiveConfig['recWeight'];

/** t^power for a weighting: `linear` 1, `square` 2, `ones` 0. */
function power(weighting: Weighting, t: Tensor): Tensor {
  if (weighting === 'ones') return tf.onesLike(t);
  return weighting === 'square' ? tf.square(t) : t;
}

/** λ(t), the weight of both reconstruction terms: 1/t for `linear`. @param t times [B], above 0 */
export function lambdaRec(objective: ObjectiveConfig, t: Tensor): Tensor {
  return tf.reciprocal(power(objective.recWeight, t));
}

/** β(t), the weight of the KL divergence: t² for `square`. @param t times [B] */
export function betaKl(objective: ObjectiveConfig, t: Tensor): Tensor {
  return power(objective.klWeight, t);
}

/** Where t lies between σ_min (0) and σ_max (1): the share of the decoder's own picture in its output. */
export function boundaryShare(objective: ObjectiveConfig, t: Tensor): Tensor {
  return tf.mul(tf.sub(t, objective.sigmaMin), 1 / (objective.sigmaMax - objective.sigmaMin));
}

/** s(t) = λ_d + (1 − λ_d)·(1 − share): the average decoder matters most at small t. */
export function denoiserWeight(objective: ObjectiveConfig, t: Tensor): Tensor {
  const { lambdaDenoiser } = objective;
  return tf.sub(1, tf.mul(boundaryShare(objective, t), 1 - lambdaDenoiser));
}
