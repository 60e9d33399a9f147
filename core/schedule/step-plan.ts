import type { ModelConfig } from '../config/model.ts';
import type { ObjectiveConfig } from '../config/objective.ts';
import { weightingAt } from '../config/weighting.ts';
import { type Continuation, plannedSteps } from './continuation.ts';
import { learningRateAt } from './learning-rate.ts';
import { levelsAtStep, timeSteps } from './time-steps.ts';

/** All that a training step goes by, computed once a step from the configuration and the step's number. */
export interface StepPlan {
  /** Steps taken before this one. */
  readonly step: number;
  /**
   * The time steps, ascending; an example lies between two neighbours, r and t. One array for as many steps as have
   * the same number of levels: nobody writes to it.
   */
  readonly timeSteps: Float32Array;
  /** N, the number of intervals between time steps. */
  readonly intervals: number;
  readonly learningRate: number;
  /** Share of the weight of the KL divergence that counts: 1 after its warm-up. */
  readonly klShare: number;
  /** Updates that the optimiser will have made with this one, by which it corrects its moments. */
  readonly optimizerStep: number;
  /** The adversarial term; null while the discriminator takes no part. */
  readonly adversarial: AdversarialPlan | null;
}

export interface AdversarialPlan {
  /** Weight of the generator's term beside λ(t): λ_gan, times a ramp from 0 after the warm-up to 1 at the end of `rampShare`. */
  readonly weight: number;
  /** Largest t at which the generator's term counts; it rises up to the end of training, so that large t join last. */
  readonly largestTime: number;
  /** As {@link StepPlan.optimizerStep}, for the discriminator's own optimiser. */
  readonly optimizerStep: number;
  /** The discriminator's own. */
  readonly learningRate: number;
  /** Whole weight of the term for samples from noise: λ_gan, its ramp and λ at their time. */
  readonly sampleWeight: number;
}

/** What a plan goes by beside the configuration. */
export interface PlanOptions {
  /** Factor on the configured learning rate; default: 1. */
  learningRateFactor?: number;
  /** Step at which the optimiser's moments were 0; default: 0. */
  optimizerFrom?: number;
  /** Where the run was given more steps than it was planned with, by rising step. */
  continued?: readonly Continuation[];
}

/** The plan of a training step. @param step from 0 */
export function stepPlan(
  { objective, training }: Pick<ModelConfig, 'objective' | 'training'>,
  step: number,
  { learningRateFactor = 1, optimizerFrom = 0, continued = [] }: PlanOptions = {},
): StepPlan {
  const planned = plannedSteps(training.steps, continued);
  const times = timeStepsOf(objective, levelsAtStep(objective, step, planned));
  const learningRate = learningRateAt(training, step, continued) * learningRateFactor;
  return {
    step,
    timeSteps: times,
    intervals: times.length - 1,
    learningRate,
    klShare: step < training.klWarmupSteps ? (step + 1) / training.klWarmupSteps : 1,
    optimizerStep: step + 1 - optimizerFrom,
    adversarial: adversarialPlan(objective, step, { planned, optimizerFrom, learningRate }),
  };
}

/**
 * The discriminator takes part from the end of its warm-up w on, with a ramp of (step + 1 − w)/(K − w); judged is t up
 * to final time step number ⌊end·ramp⌋ (the reference's models/covae.py, `loss`). The β-VAE has one time, always judged.
 * The weight alone may grow faster than that, by `rampShare`.
 */
function adversarialPlan(
  objective: ObjectiveConfig,
  step: number,
  { planned, optimizerFrom, learningRate }: { planned: number; optimizerFrom: number; learningRate: number },
): AdversarialPlan | null {
  const { adversarial } = objective;
  if (adversarial === null || step < adversarial.warmupSteps) return null;
  const { warmupSteps, weight, rampShare } = adversarial;
  const ramp = (step + 1 - warmupSteps) / Math.max(1, planned - warmupSteps);
  // A training that goes on after its planned end keeps the full weight.
  const current = Math.min(1, ramp / rampShare) * weight;
  return {
    weight: current,
    largestTime: largestTime(objective, ramp),
    optimizerStep: step + 1 - Math.max(optimizerFrom, warmupSteps),
    learningRate: learningRate * adversarial.rateRatio,
    sampleWeight: current * adversarial.samples * lambdaOfSamples(objective),
  };
}

/** λ(σ_max), as if a sample were the reconstruction of an image at the largest time. */
function lambdaOfSamples(objective: ObjectiveConfig): number {
  return objective.variant === 'covae' ? weightingAt(objective.recWeight, 'rec', objective.sigmaMax) : 1;
}

function largestTime(objective: ObjectiveConfig, ramp: number): number {
  if (objective.variant === 'beta-vae') return Infinity;
  const all = timeStepsOf(objective, objective.endScales + 1);
  return all[Math.min(all.length - 1, Math.trunc(objective.endScales * ramp))] ?? Infinity;
}

/** Time steps by objective and number of levels: they change a few times in a whole training. */
const known = new WeakMap<ObjectiveConfig, Map<number, Float32Array>>();

function timeStepsOf(objective: ObjectiveConfig, levels: number): Float32Array {
  let byLevels = known.get(objective);
  if (byLevels === undefined) known.set(objective, (byLevels = new Map<number, Float32Array>()));
  let times = byLevels.get(levels);
  if (times === undefined) byLevels.set(levels, (times = timeSteps(objective, levels)));
  return times;
}
