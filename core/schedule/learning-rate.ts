import type { TrainingConfig } from '../config/model.ts';

/** Where a training was given more steps: see `ContinuationSchema`. */
export interface Continued {
  from: number;
  /** Steps that it had before. */
  steps: number;
  /** Learning rate from which it goes on. */
  learningRate: number;
}

/**
 * Learning rate of a step, counted from 0: a linear rise over the warm-up, then constant or a half cosine
 * down to 0 at the last step. A training that goes on after its end, or was given more steps before it, follows a half
 * cosine of its own from there.
 *
 * @param continued by rising step
 */
export function learningRateAt(
  training: TrainingConfig,
  step: number,
  continued: readonly Continued[] = [],
): number {
  const { warmupSteps, learningRateSchedule } = training;
  const place = continued.findLastIndex(({ from }) => from <= step);
  const current = continued[place];
  const learningRate = current?.learningRate ?? training.learningRate;
  if (step < warmupSteps) return (learningRate * (step + 1)) / warmupSteps;
  if (learningRateSchedule === 'constant') return learningRate;
  const steps = continued[place + 1]?.steps ?? training.steps;
  const from = Math.max(warmupSteps, current?.from ?? 0);
  const progress = (step - from) / Math.max(1, steps - from);
  return learningRate * 0.5 * (1 + Math.cos(Math.PI * Math.min(1, progress)));
}
