/** Which cases of the training step a run needs: rows whose target is the image need no second pass. */
import { intervalsAt, isAdversarial, type TrainingPoint } from '../covae/rows.ts';
import { levelsAtStep, timeSteps } from '../schedule/time-steps.ts';
import type { ModelConfig } from '../config/model.ts';
import { lognormalProbabilities } from '../schedule/interval-sampling.ts';
import type { StepCase } from './program.ts';

/** A case of its own pays only when it saves a good part of the target pass for many steps: compiling takes seconds. */
const WORTH_SHARE = 0.8;
const WORTH_STEPS = 500;

/**
 * The cases to compile for a run from a step on: always one for whole batches, and smaller ones for the stretches
 * of the schedule where most batches have many rows whose target is the image (with N = 2 intervals every second
 * row). The β-VAE never makes a target.
 */
export function stepCases(config: ModelConfig, fromStep: number): StepCase[] {
  const { objective, training } = config;
  const batch = training.batchSize / training.accumulate;
  const cases = new Map<string, StepCase>();
  const add = (targetRows: number, adversarial: boolean) =>
    cases.set(`${targetRows} ${adversarial}`, { targetRows, adversarial });
  for (const { start, end } of stretches(config, fromStep)) {
    const adversarial = isAdversarial(objective, start);
    if (objective.variant === 'beta-vae') {
      add(0, adversarial);
      continue;
    }
    add(batch, adversarial);
    const rows = likelyTargetRows(config, { step: start, totalSteps: training.steps }, batch);
    if (rows <= WORTH_SHARE * batch && end - start >= WORTH_STEPS) add(rows, adversarial);
  }
  return [...cases.values()];
}

/** The cheapest case that covers a batch, or a part of one. */
export function caseFor(cases: readonly StepCase[], targetRows: number, adversarial: boolean): StepCase {
  const fitting = cases.filter((step) => step.adversarial === adversarial && step.targetRows >= targetRows);
  const best = fitting.sort((a, b) => a.targetRows - b.targetRows)[0];
  if (best === undefined) throw new Error(`no step was compiled for ${targetRows} target rows`);
  return best;
}

/** Runs of steps in which neither the number of levels nor the discriminator's part changes. */
function stretches(config: ModelConfig, fromStep: number): { start: number; end: number }[] {
  const { objective, training } = config;
  const { steps } = training;
  const key = (step: number) => `${levelsAtStep(objective, step, steps)} ${isAdversarial(objective, step)}`;
  const found: { start: number; end: number }[] = [];
  let start = Math.min(fromStep, Math.max(0, steps - 1));
  while (start < steps) {
    // The last step of the stretch, by halving: both numbers only ever grow.
    let low = start;
    let high = steps - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (key(middle) === key(start)) low = middle;
      else high = middle - 1;
    }
    found.push({ start, end: low + 1 });
    start = low + 1;
  }
  return found;
}

/** A number of rows that nine batches in ten do not exceed, rounded up to an eighth of the batch. */
function likelyTargetRows(config: ModelConfig, point: TrainingPoint, batch: number): number {
  const { objective } = config;
  const first =
    objective.variant === 's-covae' && objective.timeSampling === 'lognormal'
      ? (lognormalProbabilities(
          timeSteps(objective, levelsAtStep(objective, point.step, point.totalSteps)),
          objective,
        )[0] ?? 0)
      : 1 / intervalsAt(objective, point);
  const mean = batch * (1 - first);
  const likely = mean + 1.3 * Math.sqrt(mean * first);
  const unit = Math.max(1, Math.floor(batch / 8));
  return Math.min(batch, Math.ceil(likely / unit) * unit);
}
