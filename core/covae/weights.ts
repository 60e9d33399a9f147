/** Weights that depend on the time t (the paper's boundary condition and its loss). */
import type { Tensor } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import type { CovaeConfig } from '../config/objective.ts';

/**
 * Where t lies between σ_min (0) and σ_max (1): the share of the decoder's own picture in its output.
 * @param t [B]
 */
export function boundaryShare({ sigmaMin, sigmaMax }: CovaeConfig, t: Tensor): Tensor {
  return tf.mul(tf.sub(t, sigmaMin), 1 / (sigmaMax - sigmaMin));
}

/** s(t) = λ_d + (1 − λ_d)·(1 − share): the average decoder matters most at small t. */
export function denoiserWeight({ sigmaMin, sigmaMax, lambdaDenoiser }: CovaeConfig, t: number): number {
  const share = (t - sigmaMin) / (sigmaMax - sigmaMin);
  return lambdaDenoiser + (1 - lambdaDenoiser) * (1 - share);
}
