/** Which variants of the training step's graph a run needs: examples whose target is the image need no second pass. */
import type { ModelConfig } from '../config/model.ts';
import type { Continuation } from '../schedule/continuation.ts';
import { lognormalProbabilities } from '../schedule/interval-sampling.ts';
import { stepPlan, type StepPlan } from '../schedule/step-plan.ts';

/** Shapes are fixed in a graph, so each variant is a function of its own. */
export interface GraphVariant {
  /** Examples, from the first on, whose target a network makes. */
  targetExamples: number;
  /** The discriminator takes part. */
  adversarial: boolean;
}

/**
 * A variant of its own pays only when it saves a good part of the target pass for many steps: compiling takes seconds.
 */
const WORTH_SHARE = 0.8;
const WORTH_STEPS = 500;

/**
 * The variants to compile for a run from a step on: always one for whole batches, and smaller ones for the stretches
 * of the schedule where most batches have many examples whose target is the image (with N = 2 intervals every second
 * one). The β-VAE never makes a target.
 */
export function graphVariants(
  config: ModelConfig,
  fromStep: number,
  continued: readonly Continuation[] = [],
): GraphVariant[] {
  const { objective, training } = config;
  const batch = training.batchSize / training.accumulate;
  const variants = new Map<string, GraphVariant>();
  const add = (targetExamples: number, adversarial: boolean) =>
    variants.set(`${targetExamples} ${adversarial}`, { targetExamples, adversarial });
  for (const { plan, end } of stretches(config, fromStep, continued)) {
    const adversarial = plan.adversarial !== null;
    if (objective.variant === 'beta-vae') {
      add(0, adversarial);
      continue;
    }
    add(batch, adversarial);
    const likely = likelyTargetExamples(config, plan, batch);
    if (likely <= WORTH_SHARE * batch && end - plan.step >= WORTH_STEPS) add(likely, adversarial);
  }
  return [...variants.values()];
}

/** The cheapest variant that covers a batch, or a part of one. */
export function variantFor(
  variants: readonly GraphVariant[],
  targetExamples: number,
  adversarial: boolean,
): GraphVariant {
  const best = variants
    .filter((variant) => variant.adversarial === adversarial && variant.targetExamples >= targetExamples)
    .sort((a, b) => a.targetExamples - b.targetExamples)[0];
  if (best === undefined) throw new Error(`no step was compiled for ${targetExamples} target examples`);
  return best;
}

/** Runs of steps in which neither the number of intervals nor the discriminator's part changes: the first's plan. */
function stretches(
  config: ModelConfig,
  fromStep: number,
  continued: readonly Continuation[],
): { plan: StepPlan; end: number }[] {
  const { steps } = config.training;
  const found: { plan: StepPlan; end: number }[] = [];
  let start = Math.min(fromStep, Math.max(0, steps - 1));
  while (start < steps) {
    const plan = stepPlan(config, start, { continued });
    // The last step of the stretch, by halving: both only ever grow.
    let low = start;
    let high = steps - 1;
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      const other = stepPlan(config, middle, { continued });
      const alike =
        other.intervals === plan.intervals && (other.adversarial === null) === (plan.adversarial === null);
      if (alike) low = middle;
      else high = middle - 1;
    }
    found.push({ plan, end: low + 1 });
    start = low + 1;
  }
  return found;
}

/** A number of target examples that nine batches in ten do not exceed, rounded up to an eighth of the batch. */
function likelyTargetExamples({ objective }: ModelConfig, plan: StepPlan, batch: number): number {
  const first =
    objective.variant === 's-covae' && objective.timeSampling === 'lognormal'
      ? (lognormalProbabilities(plan.timeSteps, objective)[0] ?? 0)
      : 1 / plan.intervals;
  const mean = batch * (1 - first);
  const likely = mean + 1.3 * Math.sqrt(mean * first);
  const unit = Math.max(1, Math.floor(batch / 8));
  return Math.min(batch, Math.ceil(likely / unit) * unit);
}
