/**
 * s-CoVAE's forward processes and the scalings around its decoder (the reference's kernels/variance_exploding.py and
 * kernels/linear_interpolant.py, after Karras et al. 2022, table 1).
 */
import { tf, type Tensor, type Tensor1D } from '../tensor/tf.ts';
import type { SimpleCovaeConfig } from '../config/objective.ts';

type KernelConfig = Pick<SimpleCovaeConfig, 'kernel' | 'sigmaMax' | 'sigmaData'>;

export interface KernelScalings {
  /** z_t = signal·z₀ + t·noise: 1 for the variance exploding kernel, 1 − t/σ_max for the linear interpolant. */
  signal: Tensor;
  /** The decoder is given cIn·z_t. */
  cIn: Tensor;
  /** D = stopgrad(denoiser) + cOut·x_raw. */
  cOut: Tensor;
}

/**
 * The scalings at times t [B], each [B]: c_in = 1/√(σ_d²·signal² + t²) and c_out = t·σ_d·c_in (the reference's
 * `get_scaling_factors`).
 */
export function kernelScalings(config: KernelConfig, t: Tensor1D): KernelScalings {
  const { kernel, sigmaMax, sigmaData } = config;
  const signal = kernel === 've' ? tf.onesLike(t) : tf.sub(1, tf.mul(t, 1 / sigmaMax));
  const cIn = tf.rsqrt(tf.add(tf.mul(tf.square(signal), sigmaData ** 2), tf.square(t)));
  return { signal, cIn, cOut: tf.mul(tf.mul(t, sigmaData), cIn) };
}
