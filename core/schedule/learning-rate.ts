import type { TrainingConfig } from '../config/model.ts';

/**
 * Learning rate of a step, counted from 0: a linear rise over the warm-up, then constant or a half cosine
 * down to 0 at the last step.
 */
export function learningRateAt(training: TrainingConfig, step: number): number {
  const { learningRate, warmupSteps, learningRateSchedule, steps } = training;
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  if (learningRateSchedule === 'constant') return learningRate;
  const progress = (step - warmupSteps) / Math.max(1, steps - warmupSteps);
  return learningRate * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress)));
}
