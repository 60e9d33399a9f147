import type { ObjectiveConfig } from '../config/objective.ts';
import { roundHalfEven } from '../rounding.ts';

/**
 * The time of the β-VAE baseline, which has one only; its embedding is that of log(1) = 0.
 */
const BETA_VAE_TIME = 1;

/**
 * The Karras scale: σ_i = (σ_min^(1/ρ) + i/(n−1)·(σ_max^(1/ρ) − σ_min^(1/ρ)))^ρ, i = 0 … n−1 (Karras et al.
 * 2022, eq. 5, from small to large; the reference's
 * models/covae_base.py, `_get_sigmas_karras`). Rounded to float32 at each operation, as the reference computes it: s-CoVAE
 * weighs its losses with differences of neighbours, where the last digits count.
 */
export function karrasSigmas(n: number, sigmaMin: number, sigmaMax: number, rho: number): Float32Array {
  const { fround } = Math;
  const low = sigmaMin ** (1 / rho);
  const width = fround(sigmaMax ** (1 / rho) - low);
  return Float32Array.from({ length: n }, (_, i) => {
    const share = fround(i / Math.max(n - 1, 1));
    return fround(fround(low) + fround(share * width)) ** rho;
  });
}

/**
 * The levels between `sigmaMin` and `sigmaMax` on a time scale, smallest first (the reference's models/covae.py,
 * `_get_time_steps`).
 */
function sigmas(objective: Exclude<ObjectiveConfig, { variant: 'beta-vae' }>, n: number): Float32Array {
  const { sigmaMin, sigmaMax } = objective;
  const scale = objective.variant === 'covae' ? objective.timeScale : 'karras';
  if (scale === 'karras') return karrasSigmas(n, sigmaMin, sigmaMax, objective.rho);
  const between = (low: number, high: number, i: number) => low + (i / Math.max(n - 1, 1)) * (high - low);
  return Float32Array.from({ length: n }, (_, i) =>
    scale === 'linear'
      ? between(sigmaMin, sigmaMax, i)
      : Math.exp(between(Math.log(sigmaMin), Math.log(sigmaMax), i)),
  );
}

/**
 * The time steps for `levels` noise levels, ascending; an example of a batch lies between two neighbours, r and t.
 * CoVAE puts a 0 in front (levels + 1 values), s-CoVAE does not (the reference's models/covae.py and
 * models/covae_simple.py, `_get_time_steps`); the β-VAE has 0 and its one time.
 */
export function timeSteps(objective: ObjectiveConfig, levels: number): Float32Array {
  if (objective.variant === 'beta-vae') return Float32Array.of(0, BETA_VAE_TIME);
  if (objective.variant === 's-covae') return sigmas(objective, levels);
  const steps = new Float32Array(levels + 1);
  steps.set(sigmas(objective, levels), 1);
  return steps;
}

/**
 * Number of noise levels at a training step. `exp`: min(start·2^⌊step/k'⌋, end) + 1 with
 * k' = ⌊K/(log2⌊end/start⌋ + 1)⌋, so that it doubles at even intervals (the reference's
 * models/covae_base.py, `_step_schedule`);
 * `none`: end + 1.
 * @param step training step, from 0
 * @param totalSteps K, the steps of the whole training
 */
export function levelsAtStep(objective: ObjectiveConfig, step: number, totalSteps: number): number {
  if (objective.variant === 'beta-vae') return 1;
  const { stepSchedule, startScales, endScales } = objective;
  if (stepSchedule === 'none') return endScales + 1;
  const doublings = Math.log2(Math.floor(endScales / startScales)) + 1;
  const between = Math.max(1, Math.floor(totalSteps / doublings));
  return Math.min(startScales * 2 ** Math.floor(step / between), endScales) + 1;
}

/** The time steps that sampling uses: those of the schedule's end. */
export function finalTimeSteps(objective: ObjectiveConfig): Float32Array {
  return timeSteps(objective, objective.variant === 'beta-vae' ? 1 : objective.endScales + 1);
}

/**
 * Index at which a further sampling pass encodes the sample again: the middle of the final time steps (the reference's
 * models/covae.py, `sample`).
 */
export function reencodingIndex(objective: ObjectiveConfig): number {
  if (objective.variant === 'beta-vae' || finalTimeSteps(objective).length <= 2) return 1;
  return roundHalfEven((objective.endScales + 1) / 2);
}
