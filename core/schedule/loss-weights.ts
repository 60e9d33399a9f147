/** Weights of the average decoder's loss, which depend on the time t alone. */
import type { CovaeConfig, SimpleCovaeConfig } from '../config/objective.ts';

/**
 * CoVAE's s(t) = λ_d + (1 − λ_d)·(1 − (t − σ_min)/(σ_max − σ_min)): the average decoder matters most at small t (the
 * reference's models/covae.py, `denoiser_skip`).
 */
export function denoiserWeight({ sigmaMin, sigmaMax, lambdaDenoiser }: CovaeConfig, t: number): number {
  const share = (t - sigmaMin) / (sigmaMax - sigmaMin);
  return lambdaDenoiser + (1 - lambdaDenoiser) * (1 - share);
}

/**
 * s-CoVAE's c_skip(t) = σ_d²·s/((t − σ_min)² + σ_d²·s²), with s = 1 for the variance exploding kernel and
 * 1 − (t − σ_min)/(σ_max − σ_min) for the linear interpolant (the reference's kernels/variance_exploding.py and
 * kernels/linear_interpolant.py, `get_scaling_factors_bc`).
 */
export function denoiserSkip(
  { kernel, sigmaMin, sigmaMax, sigmaData }: SimpleCovaeConfig,
  t: number,
): number {
  const signal = kernel === 've' ? 1 : 1 - (t - sigmaMin) / (sigmaMax - sigmaMin);
  return (sigmaData ** 2 * signal) / ((t - sigmaMin) ** 2 + sigmaData ** 2 * signal ** 2);
}

/**
 * s-CoVAE's weight of an interval: 1/(σ_{i+1} − σ_i) (the reference's models/covae_simple.py,
 * `_get_loss_weights`). Rounded to float32 at each operation, as the reference computes it.
 */
export function intervalWeight(sigmas: Float32Array, interval: number): number {
  return Math.fround(1 / Math.fround((sigmas[interval + 1] ?? NaN) - (sigmas[interval] ?? NaN)));
}
