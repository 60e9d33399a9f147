import type { ObjectiveConfig } from './config.ts';

/**
 * The Karras scale: σ_i = (σ_min^(1/ρ) + i/(n−1)·(σ_max^(1/ρ) − σ_min^(1/ρ)))^ρ, i = 0 … n−1.
 */
export function karrasSigmas(n: number, sigmaMin: number, sigmaMax: number, rho: number): Float32Array {
  const low = sigmaMin ** (1 / rho);
  const high = sigmaMax ** (1 / rho);
  return Float32Array.from({ length: n }, (_, i) => (low + (i / Math.max(n - 1, 1)) * (high - low)) ** rho);
}

/**
 * The time steps for `levels` noise levels: 0 first, then the scale from σ_min to σ_max; levels + 1 values.
 * A pair of neighbours (r, t) is one of `levels` intervals.
 */
export function timeSteps(objective: ObjectiveConfig, levels: number): Float32Array {
  const steps = new Float32Array(levels + 1);
  steps.set(karrasSigmas(levels, objective.sigmaMin, objective.sigmaMax, objective.rho), 1);
  return steps;
}

/**
 * Number of noise levels at a training step. `exp`: min(start·2^⌊step/k'⌋, end) + 1 with
 * k' = ⌊K/(log2⌊end/start⌋ + 1)⌋, so that it doubles at even intervals; `none`: end + 1.
 * @param step training step, from 0
 * @param totalSteps K, the steps of the whole training
 */
export function levelsAtStep(objective: ObjectiveConfig, step: number, totalSteps: number): number {
  const { stepSchedule, startScales, endScales } = objective;
  if (stepSchedule === 'none') return endScales + 1;
  const doublings = Math.log2(Math.floor(endScales / startScales)) + 1;
  const between = Math.max(1, Math.floor(totalSteps / doublings));
  return Math.min(startScales * 2 ** Math.floor(step / between), endScales) + 1;
}

/** The time steps that sampling uses: those of the schedule's end. */
export function finalTimeSteps(objective: ObjectiveConfig): Float32Array {
  return timeSteps(objective, objective.endScales + 1);
}

/** Index at which a further sampling pass encodes the picture again: the middle of the final time steps. */
export function reencodingIndex(objective: ObjectiveConfig): number {
  const steps = objective.endScales + 2;
  return steps > 2 ? roundHalfToEven((objective.endScales + 1) / 2) : 1;
}

/** Python's `round`, which the reference uses. */
function roundHalfToEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
