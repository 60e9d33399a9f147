/** What a run computes, as functions over its state: the same ones are run op by op or compiled. */
import type { Scalar, Tensor, Tensor1D, Tensor2D, Tensor4D } from '../tensor/tf.ts';
import { executeOp, tf } from '../tensor/tf.ts';
import { statelessNormal, statelessUniform } from '../tensor/random.ts';
import { tensorNamed, type InputSpec, type ProgramFunction, type Tensors } from '../tensor/program.ts';
import { noiseSpec } from '../covae/latent.ts';
import type { CovaeModel } from '../covae/model.ts';
import { covaeObjective, discriminatorLoss } from '../covae/objective.ts';
import { ROW_COLUMNS, rowTensors } from '../covae/rows.ts';
import type { Moments } from '../nn/batch-norm.ts';
import { updateStatistics } from '../nn/discriminator.ts';
import { seededDropout } from '../nn/dropout.ts';
import { unflatten } from '../nn/parameters.ts';
import type { ModelConfig } from '../config/model.ts';
import { OPTIMIZER_SCALARS, clipByGlobalNorm, emaUpdate, optimizerUpdate } from './optimizer.ts';

/**
 * Names of the state, each a flat vector: over the networks' parameters the weights in training, their average
 * and the optimiser's moments; with a discriminator the same of it (it has no average), and its running
 * statistics.
 */
export const STATE = ['parameters', 'ema', 'm', 'v'] as const;
export const DISCRIMINATOR_STATE = ['disc', 'discM', 'discV', 'discStatistics'] as const;
/** Gradients gathered so far, when a batch is computed in parts. */
const GATHERED = { networks: 'gradient', discriminator: 'discGradient' } as const;

/** Order of the numbers in the training step's `metrics` output; those a variant does not have are 0. */
export const METRICS = [
  'loss',
  'recLoss',
  'denoiserLoss',
  'klLoss',
  'norm',
  'codeStd',
  'generatorLoss',
  'discriminatorLoss',
] as const;

/** Which of the compiled steps to take: shapes are fixed in a graph, so each case is one of its own. */
export interface StepCase {
  /** Rows, from the first on, whose target a network makes. */
  targetRows: number;
  /** The discriminator takes part. */
  adversarial: boolean;
}

export interface StepOptions {
  /** `given`: the latent noise is an input, for comparison with other implementations. Default: `seeded`. */
  noise?: 'seeded' | 'given';
}

/** Name of the function for a case: `trainStep16`, `trainStep16Adversarial`; `gather…` when a batch has parts. */
export function stepName(config: ModelConfig, { targetRows, adversarial }: StepCase): string {
  const stem = config.training.accumulate > 1 ? 'gather' : 'trainStep';
  return `${stem}${targetRows}${adversarial ? 'Adversarial' : ''}`;
}

/** Name of the function that applies gathered gradients. */
export function applyName(adversarial: boolean): string {
  return adversarial ? 'applyStepAdversarial' : 'applyStep';
}

/**
 * The functions of a training step for the cases given.
 *
 * One call a batch: passes, losses, gradients, clipping, optimiser, average. With `accumulate` above 1, one `gather…`
 * a part, then one `applyStep…`. Outputs: `metrics` ({@link METRICS}), `rows` ([2, B]: reconstruction loss and KL,
 * or ‖z₀‖², a row) and, where the update is made, `update` (norm of the gradient before clipping; 1 when the update
 * was made, 0 when a number was not finite and the state was left as it was).
 */
export function trainFunctions(
  model: CovaeModel,
  config: ModelConfig,
  cases: readonly StepCase[],
  options: StepOptions = {},
): Record<string, ProgramFunction> {
  const functions: Record<string, ProgramFunction> = {};
  for (const step of cases) {
    functions[stepName(config, step)] =
      config.training.accumulate > 1
        ? gatherFunction(model, config, step, options)
        : trainStepFunction(model, config, step, options);
    if (config.training.accumulate > 1) {
      functions[applyName(step.adversarial)] ??= applyFunction(config, step.adversarial);
    }
  }
  return functions;
}

/** One step on one whole batch. */
function trainStepFunction(
  model: CovaeModel,
  config: ModelConfig,
  step: StepCase,
  options: StepOptions,
): ProgramFunction {
  return {
    precision: config.training.precision,
    inputs: { ...batchInputs(model, config, options), ...optimizerInputs(step.adversarial) },
    run(state, inputs) {
      const found = gradientsOf(model, config, step, state, inputs);
      const { next, report } = update(config, state, inputs, found);
      return { outputs: { metrics: found.metrics, rows: found.rows, update: report }, state: next };
    },
  };
}

/** The gradients of one part of a batch, added to those gathered so far. */
function gatherFunction(
  model: CovaeModel,
  config: ModelConfig,
  step: StepCase,
  options: StepOptions,
): ProgramFunction {
  const share = 1 / config.training.accumulate;
  return {
    precision: config.training.precision,
    inputs: batchInputs(model, config, options),
    run(state, inputs) {
      const found = gradientsOf(model, config, step, state, inputs);
      const add = (name: string, gradient: Tensor) =>
        tf.add(tensorNamed(state, name), tf.mul(gradient, share));
      return {
        outputs: { metrics: found.metrics, rows: found.rows },
        state: {
          [GATHERED.networks]: add(GATHERED.networks, found.gradient),
          ...(found.discriminator && {
            [GATHERED.discriminator]: add(GATHERED.discriminator, found.discriminator.gradient),
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

/** The update with the gradients gathered, which are then 0 again. */
function applyFunction(config: ModelConfig, adversarial: boolean): ProgramFunction {
  return {
    inputs: optimizerInputs(adversarial),
    run(state, inputs) {
      const gradient = tensorNamed(state, GATHERED.networks);
      const { next, report } = update(config, state, inputs, {
        gradient,
        loss: tf.scalar(0),
        discriminator: adversarial
          ? {
              gradient: tensorNamed(state, GATHERED.discriminator),
              statistics: tensorNamed(state, 'discStatistics'),
            }
          : null,
      });
      return {
        outputs: { update: report },
        state: {
          ...next,
          [GATHERED.networks]: tf.zerosLike(gradient),
          ...(adversarial && {
            [GATHERED.discriminator]: tf.zerosLike(tensorNamed(state, GATHERED.discriminator)),
          }),
        },
      };
    },
  };
}

/** State beside {@link STATE} that the functions need at their start, all zeros: gradients to gather. */
export function gatheredSizes(model: CovaeModel, config: ModelConfig): Record<string, number> {
  if (config.training.accumulate === 1) return {};
  return {
    [GATHERED.networks]: model.plan.layout.size,
    ...(model.discriminator && { [GATHERED.discriminator]: model.discriminator.layout.size }),
  };
}

function batchInputs(
  model: CovaeModel,
  { network, objective, training }: ModelConfig,
  { noise = 'seeded' }: StepOptions,
): Record<string, InputSpec> {
  const batch = training.batchSize / training.accumulate;
  const { imageSize, channels, classes } = network;
  return {
    x: { shape: [batch, imageSize, imageSize, channels], dtype: 'float32' },
    rows: { shape: [batch, ROW_COLUMNS.length], dtype: 'float32' },
    ...(classes > 0 && { labels: { shape: [batch], dtype: 'int32' } as const }),
    ...(noise === 'given'
      ? { noise: { shape: [batch, ...noiseSpec(network, objective).shape], dtype: 'float32' } as const }
      : { noiseSeed: { shape: [2], dtype: 'int32' } as const }),
    ...(network.dropout > 0 && { dropoutSeed: { shape: [2], dtype: 'int32' } as const }),
  };
}

function optimizerInputs(adversarial: boolean): Record<string, InputSpec> {
  const scalars = { shape: [OPTIMIZER_SCALARS.length], dtype: 'float32' } as const;
  return { optimizer: scalars, ...(adversarial && { discOptimizer: scalars }) };
}

/** What a batch, or a part of one, says about the weights. */
interface Found {
  gradient: Tensor;
  loss: Scalar;
  /** The discriminator's gradient and its running statistics after the batch; null when it takes no part. */
  discriminator: { gradient: Tensor; statistics: Tensor } | null;
}

function gradientsOf(
  model: CovaeModel,
  config: ModelConfig,
  { targetRows, adversarial }: StepCase,
  state: Tensors,
  inputs: Tensors,
): Found & { metrics: Tensor; rows: Tensor } {
  const { network, objective } = config;
  const x = tensorNamed<Tensor4D>(inputs, 'x');
  const batch = x.shape[0];
  const discriminator = adversarial ? model.discriminator : null;
  const judge = discriminator && unflatten(discriminator.layout, tensorNamed(state, 'disc'));
  const kept: Tensor[] = [];
  const main = differentiate(tensorNamed<Tensor1D>(state, 'parameters'), kept, (flat) => {
    const value = covaeObjective(
      model,
      unflatten(model.plan.layout, flat),
      {
        x,
        rows: rowTensors(tensorNamed<Tensor2D>(inputs, 'rows')),
        noise: noiseOf(config, batch, inputs),
        ...(network.classes > 0 && { labels: tensorNamed<Tensor1D>(inputs, 'labels') }),
        ...(network.dropout > 0 && {
          dropout: seededDropout(network.dropout, tensorNamed(inputs, 'dropoutSeed'), batch),
        }),
      },
      {
        targetRows,
        ...(objective.variant !== 'beta-vae' &&
          objective.target === 'ema' && {
            targetParameters: unflatten(model.plan.layout, tensorNamed(state, 'ema')),
          }),
        ...(judge && { discriminator: judge }),
      },
    );
    const rows = tf.stack([value.recRows, value.latentRows]);
    return {
      loss: value.loss,
      said: { parts: value.parts, rows, xT: value.xT, moments: value.moments },
      keep: [
        ...(Object.values(value.parts) as (Scalar | null)[]),
        rows,
        value.xT,
        ...tensorsOf(value.moments),
      ],
    };
  });

  let discLoss: Tensor = tf.scalar(0);
  let disc: Found['discriminator'] = null;
  if (discriminator) {
    const judging = differentiate(tensorNamed<Tensor1D>(state, 'disc'), kept, (flat) => {
      const value = discriminatorLoss(model, unflatten(discriminator.layout, flat), x, main.said.xT);
      return { loss: value.loss, said: value.moments, keep: tensorsOf(value.moments.flat()) };
    });
    discLoss = judging.loss;
    let statistics = tensorNamed<Tensor1D>(state, 'discStatistics');
    // In the order of the reference: the generator's pictures, the images, the pictures again.
    for (const moments of [main.said.moments, ...judging.said]) {
      statistics = updateStatistics(discriminator, statistics, moments);
    }
    disc = { gradient: judging.gradient, statistics };
  }
  const numbers: Record<(typeof METRICS)[number], Tensor | null> = {
    loss: main.loss,
    ...main.said.parts,
    discriminatorLoss: discLoss,
  };
  const metrics = tf.stack(METRICS.map((name) => numbers[name] ?? tf.scalar(0)));
  const rows = tf.clone(main.said.rows);
  tf.dispose(kept);
  return { gradient: main.gradient, loss: main.loss, discriminator: disc, metrics, rows };
}

/**
 * A loss, its gradient, and what else was said on the way: only the loss survives a gradient's own scope, so the
 * tensors to `keep` are kept and put into `kept`, for the caller to dispose of.
 */
function differentiate<T>(
  at: Tensor1D,
  kept: Tensor[],
  f: (flat: Tensor1D) => { loss: Scalar; said: T; keep: readonly (Tensor | null)[] },
): { loss: Scalar; gradient: Tensor; said: T } {
  const heard: T[] = [];
  const { value, grad } = tf.valueAndGrad((flat: Tensor) => {
    const { loss, said, keep } = f(flat as Tensor1D);
    for (const tensor of keep) if (tensor) kept.push(tf.keep(tensor));
    heard.push(said);
    return loss;
  })(at);
  const [said] = heard;
  if (said === undefined) throw new Error('the loss was not computed');
  return { loss: value as Scalar, gradient: grad, said };
}

function tensorsOf(moments: readonly Moments[]): Tensor[] {
  return moments.flatMap(({ mean, variance }) => [mean, variance]);
}

function noiseOf({ network, objective }: ModelConfig, batch: number, inputs: Tensors): Tensor {
  if (inputs['noise'] !== undefined) return inputs['noise'];
  const { kind, shape } = noiseSpec(network, objective);
  const seed = tensorNamed(inputs, 'noiseSeed');
  return (kind === 'normal' ? statelessNormal : statelessUniform)([batch, ...shape], seed);
}

/** Clipping, optimiser and average; the state as it was where a number is not finite. */
function update(
  { training }: ModelConfig,
  state: Tensors,
  inputs: Tensors,
  { gradient, loss, discriminator }: Found,
): { next: Tensors; report: Tensor } {
  const { norm, scaled } = clipByGlobalNorm(gradient, training.clipNorm);
  const disc = discriminator && clipByGlobalNorm(discriminator.gradient, Infinity);
  const sum = tf.addN([norm, loss, ...(disc ? [disc.norm] : [])]);
  // Told by a number in the update's own scalars: choosing between old and new state would be a pass over all of it.
  const made = tf.cast(tf.isFinite(sum), 'float32') as Scalar;
  const named = <T extends Tensor>(name: string) => tensorNamed<T>(state, name);
  const next: Tensors = {
    ...optimizerUpdate(
      { parameters: named('parameters'), m: named('m'), v: named('v') },
      scaled(made),
      tensorNamed<Tensor1D>(inputs, 'optimizer'),
      training,
      made,
    ),
  };
  next['ema'] = emaUpdate(named('ema'), tensorNamed(next, 'parameters'), training.emaRate, made);
  if (discriminator && disc) {
    const { parameters, m, v } = optimizerUpdate(
      { parameters: named('disc'), m: named('discM'), v: named('discV') },
      disc.scaled(made),
      tensorNamed<Tensor1D>(inputs, 'discOptimizer'),
      training,
      made,
    );
    Object.assign(next, {
      disc: parameters,
      discM: m,
      discV: v,
      discStatistics: ifFinite(sum, discriminator.statistics, named('discStatistics')),
    });
  }
  return { next, report: tf.stack([norm, made]) };
}

/** `value` where the number is finite, else `otherwise`; of the same shape. */
function ifFinite(number: Tensor, value: Tensor, otherwise: Tensor): Tensor {
  return executeOp('SelectV2', { T: { type: 'float32' } }, [tf.isFinite(number), value, otherwise]);
}
