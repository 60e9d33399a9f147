/** What a run computes, as functions over its state: the same ones are run op by op or compiled. */
import { AUGMENT_VALUES } from '../config/augment.ts';
import type { ModelConfig } from '../config/model.ts';
import { judgesSamples } from '../config/objective.ts';
import { noiseSpec } from '../covae/latent.ts';
import type { CovaeModel } from '../covae/model.ts';
import { EXAMPLE_COLUMNS } from '../schedule/example-columns.ts';
import { tensorNamed, type InputSpec, type ProgramFunction, type Tensors } from '../tensor/program.ts';
import { executeOp, tf, type Scalar, type Tensor, type Tensor1D } from '../tensor/tf.ts';
import { gradientsOf, type Gradients } from './gradients.ts';
import type { GraphVariant } from './graph-variants.ts';
import { TrainedPart } from './trained-part.ts';
import { OPTIMIZER_SCALARS, clipByGlobalNorm, emaUpdate, optimizerUpdate } from './optimizer.ts';

/**
 * Names of the state, each a flat vector: over the networks' parameters the weights in training, their average
 * and the optimiser's moments; with a discriminator the same of it (it has no average), and its running
 * statistics.
 */
export const STATE = ['parameters', 'ema', 'm', 'v'] as const;
export const DISCRIMINATOR_STATE = ['disc', 'discM', 'discV', 'discStatistics'] as const;
/** With `training.snapshotEvery`, averages of two lengths from which others are made: `TRACKED_LENGTHS` of them. */
export const TRACKED_STATE = ['shortAverage', 'longAverage'] as const;
/** Gradients accumulated so far, when a batch is computed in parts. */
const ACCUMULATED = { networks: 'gradient', discriminator: 'discGradient' } as const;

export interface StepOptions {
  /** `given`: the latent noise is an input, for comparison with other implementations. Default: `seeded`. */
  noise?: 'seeded' | 'given';
}

/** Name of a variant's function: `trainStep16`, `trainStep16Adversarial`; `accumulate…` when a batch has parts. */
export function stepName(config: ModelConfig, { targetExamples, adversarial }: GraphVariant): string {
  const stem = config.training.accumulate > 1 ? 'accumulate' : 'trainStep';
  return `${stem}${targetExamples}${adversarial ? 'Adversarial' : ''}`;
}

/** Name of the function that applies accumulated gradients. */
export function applyName(adversarial: boolean): string {
  return adversarial ? 'applyStepAdversarial' : 'applyStep';
}

/**
 * The functions of a training step for the graph variants given.
 *
 * One call a batch: passes, losses, gradients, clipping, optimiser, average. With `accumulate` above 1, one
 * `accumulate…` a part, then one `applyStep…`. Outputs: `metrics` (`metricsOf`), `exampleLosses` ([2, B]:
 * reconstruction loss and KL, or ‖z₀‖², of each example) and, where the state is updated, `update` (norm of the gradient
 * before clipping; 1 when the update was applied, 0 when a number was not finite and the step was skipped).
 */
export function trainFunctions(
  model: CovaeModel,
  config: ModelConfig,
  variants: readonly GraphVariant[],
  options: StepOptions = {},
): Record<string, ProgramFunction> {
  const functions: Record<string, ProgramFunction> = {};
  for (const variant of variants) {
    functions[stepName(config, variant)] =
      config.training.accumulate > 1
        ? accumulateFunction(model, config, variant, options)
        : trainStepFunction(model, config, variant, options);
    if (config.training.accumulate > 1) {
      functions[applyName(variant.adversarial)] ??= applyFunction(model, config, variant.adversarial);
    }
  }
  return functions;
}

/** One step on one whole batch. */
function trainStepFunction(
  model: CovaeModel,
  config: ModelConfig,
  variant: GraphVariant,
  options: StepOptions,
): ProgramFunction {
  return {
    precision: config.training.precision,
    inputs: {
      ...batchInputs(model, config, variant, options),
      ...optimizerInputs(config, variant.adversarial),
    },
    run(state, inputs) {
      const found = gradientsOf(model, config, variant, state, inputs);
      const { next, report } = update(model, config, state, inputs, found);
      return {
        outputs: { metrics: found.metrics, exampleLosses: found.exampleLosses, update: report },
        state: next,
      };
    },
  };
}

/** The gradients of one part of a batch, added to those accumulated so far. */
function accumulateFunction(
  model: CovaeModel,
  config: ModelConfig,
  variant: GraphVariant,
  options: StepOptions,
): ProgramFunction {
  const share = 1 / config.training.accumulate;
  return {
    precision: config.training.precision,
    inputs: batchInputs(model, config, variant, options),
    run(state, inputs) {
      const found = gradientsOf(model, config, variant, state, inputs);
      const add = (name: string, gradient: Tensor) =>
        tf.add(tensorNamed(state, name), tf.mul(gradient, share));
      return {
        outputs: { metrics: found.metrics, exampleLosses: found.exampleLosses },
        state: {
          [ACCUMULATED.networks]: add(ACCUMULATED.networks, found.gradient),
          ...(found.discriminator && {
            [ACCUMULATED.discriminator]: add(ACCUMULATED.discriminator, found.discriminator.gradient),
            discStatistics: ifFinite(
              tf.sum(found.discriminator.statistics),
              found.discriminator.statistics,
              tensorNamed(state, 'discStatistics'),
            ),
          }),
        },
      };
    },
  };
}

/** The update with the gradients accumulated, which are then 0 again. */
function applyFunction(model: CovaeModel, config: ModelConfig, adversarial: boolean): ProgramFunction {
  return {
    inputs: optimizerInputs(config, adversarial),
    run(state, inputs) {
      const gradient = tensorNamed(state, ACCUMULATED.networks);
      const { next, report } = update(model, config, state, inputs, {
        gradient,
        loss: tf.scalar(0),
        discriminator: adversarial
          ? {
              gradient: tensorNamed(state, ACCUMULATED.discriminator),
              statistics: tensorNamed(state, 'discStatistics'),
            }
          : null,
      });
      return {
        outputs: { update: report },
        state: {
          ...next,
          [ACCUMULATED.networks]: tf.zerosLike(gradient),
          ...(adversarial && {
            [ACCUMULATED.discriminator]: tf.zerosLike(tensorNamed(state, ACCUMULATED.discriminator)),
          }),
        },
      };
    },
  };
}

/** State beside {@link STATE} that the functions need at their start, all zeros: gradients to accumulate. */
export function accumulatedSizes(model: CovaeModel, config: ModelConfig): Record<string, number> {
  if (config.training.accumulate === 1) return {};
  return {
    [ACCUMULATED.networks]: model.plan.layout.size,
    ...(model.discriminator && { [ACCUMULATED.discriminator]: model.discriminator.layout.size }),
  };
}

function batchInputs(
  model: CovaeModel,
  { network, objective, training }: ModelConfig,
  { adversarial }: GraphVariant,
  { noise = 'seeded' }: StepOptions,
): Record<string, InputSpec> {
  const batch = training.batchSize / training.accumulate;
  const { imageSize, channels, classes } = network;
  return {
    x: { shape: [batch, imageSize, imageSize, channels], dtype: 'float32' },
    examples: { shape: [batch, EXAMPLE_COLUMNS.length], dtype: 'float32' },
    ...(classes > 0 && { labels: { shape: [batch], dtype: 'int32' } as const }),
    ...(network.augment && { augment: { shape: [batch, AUGMENT_VALUES], dtype: 'float32' } as const }),
    ...(noise === 'given'
      ? { noise: { shape: [batch, ...noiseSpec(network, objective).shape], dtype: 'float32' } as const }
      : { noiseSeed: { shape: [2], dtype: 'int32' } as const }),
    ...(network.dropout > 0 && { dropoutSeed: { shape: [2], dtype: 'int32' } as const }),
    ...(adversarial &&
      judgesSamples(objective) && { sampleWeight: { shape: [], dtype: 'float32' } as const }),
  };
}

function optimizerInputs({ training }: ModelConfig, adversarial: boolean): Record<string, InputSpec> {
  const scalars = { shape: [OPTIMIZER_SCALARS.length], dtype: 'float32' } as const;
  // Both may be changed while it trains.
  const emaGain = { shape: [], dtype: 'float32' } as const;
  return {
    ...{ optimizer: scalars, emaGain },
    ...(training.snapshotEvery > 0 && {
      trackedGains: { shape: [TRACKED_STATE.length], dtype: 'float32' } as const,
    }),
    ...(adversarial && { discOptimizer: scalars }),
  };
}

/** Clipping, optimiser and average; the state as it was where a number is not finite. */
function update(
  model: CovaeModel,
  { training }: ModelConfig,
  state: Tensors,
  inputs: Tensors,
  { gradient, loss, discriminator }: Gradients,
): { next: Tensors; report: Tensor } {
  const { norm, scaled } = clipByGlobalNorm(gradient, training.clipNorm || Infinity);
  const disc = discriminator && clipByGlobalNorm(discriminator.gradient, Infinity);
  const sum = tf.addN([norm, loss, ...(disc ? [disc.norm] : [])]);
  // Told by a number in the update's own scalars: choosing between old and new state would be a pass over all of it.
  const applied = tf.cast(tf.isFinite(sum), 'float32') as Scalar;
  const named = <T extends Tensor>(name: string) => tensorNamed<T>(state, name);
  const next: Tensors = {
    ...optimizerUpdate(
      { parameters: named('parameters'), m: named('m'), v: named('v') },
      scaled(applied),
      tensorNamed<Tensor1D>(inputs, 'optimizer'),
      training,
      applied,
    ),
  };
  next['ema'] = emaUpdate(
    named('ema'),
    tensorNamed(next, 'parameters'),
    tensorNamed<Scalar>(inputs, 'emaGain'),
    applied,
  );
  const tracked = training.snapshotEvery > 0 ? TRACKED_STATE : [];
  const gains = tracked.length > 0 ? tf.unstack(tensorNamed<Tensor1D>(inputs, 'trackedGains')) : [];
  tracked.forEach((name, i) => {
    next[name] = emaUpdate(named(name), tensorNamed(next, 'parameters'), gains[i] as Scalar, applied);
  });
  // Decay would move what has no gradient, and the average would drift to where the weights are.
  const part = new TrainedPart(model.plan.layout, training);
  for (const name of ['parameters', 'ema']) {
    next[name] = part.changed(tensorNamed(next, name), named(name));
  }
  if (discriminator && disc) {
    const { parameters, m, v } = optimizerUpdate(
      { parameters: named('disc'), m: named('discM'), v: named('discV') },
      disc.scaled(applied),
      tensorNamed<Tensor1D>(inputs, 'discOptimizer'),
      training,
      applied,
    );
    Object.assign(next, {
      disc: parameters,
      discM: m,
      discV: v,
      discStatistics: ifFinite(sum, discriminator.statistics, named('discStatistics')),
    });
  }
  return { next, report: tf.stack([norm, applied]) };
}

/** `value` where the number is finite, else `otherwise`; of the same shape. */
function ifFinite(number: Tensor, value: Tensor, otherwise: Tensor): Tensor {
  return executeOp('SelectV2', { T: { type: 'float32' } }, [tf.isFinite(number), value, otherwise]);
}
