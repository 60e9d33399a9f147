/** What a batch, or a part of one, says of the weights: gradients, losses and the discriminator's statistics. */
import type { ModelConfig } from '../config/model.ts';
import { judgesSamples } from '../config/objective.ts';
import { exampleTensors } from '../covae/example-tensors.ts';
import { noiseSpec } from '../covae/latent.ts';
import type { CovaeModel } from '../covae/model.ts';
import { covaeObjective, discriminatorLoss, type ObjectiveOptions } from '../covae/objective.ts';
import { updateStatistics } from '../nn/discriminator.ts';
import { seededDropout } from '../nn/dropout.ts';
import { unflatten } from '../nn/parameters.ts';
import { tensorNamed, type Tensors } from '../tensor/program.ts';
import { statelessNormal, statelessUniform } from '../tensor/random.ts';
import { tf, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '../tensor/tf.ts';
import { valueAndGrad } from '../tensor/value-and-grad.ts';
import type { GraphVariant } from './graph-variants.ts';
import { TrainedPart } from './trained-part.ts';

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

/** Behind them for a latent of two levels: the KL divergence of each, `klLoss` in all. */
export const LEVEL_METRICS = ['klTop', 'klLower'] as const;

/** And where samples from noise are judged: the generator's term for them. */
const SAMPLE_METRICS = ['sampleLoss'] as const;

export type MetricName =
  (typeof METRICS)[number] | (typeof LEVEL_METRICS)[number] | (typeof SAMPLE_METRICS)[number];

/** Order of the numbers in the `metrics` output of a model's training step. */
export function metricsOf({
  network,
  objective,
}: Pick<ModelConfig, 'network' | 'objective'>): readonly MetricName[] {
  return [
    ...METRICS,
    ...(network.latentLevels === 1 ? [] : LEVEL_METRICS),
    ...(judgesSamples(objective) ? SAMPLE_METRICS : []),
  ];
}

export interface Gradients {
  gradient: Tensor;
  loss: Scalar;
  /** The discriminator's gradient and its running statistics after the batch; null when it takes no part. */
  discriminator: { gradient: Tensor; statistics: Tensor } | null;
}

/** {@link Gradients}, and what a person wants to know: {@link metricsOf}, and losses [2, B] of each example. */
export interface MeasuredGradients extends Gradients {
  metrics: Tensor;
  exampleLosses: Tensor;
}

/** The gradients of a batch with the weights in `state`. @param inputs those of `batchInputs` */
export function gradientsOf(
  model: CovaeModel,
  config: ModelConfig,
  variant: GraphVariant,
  state: Tensors,
  inputs: Tensors,
): MeasuredGradients {
  const x = tensorNamed<Tensor4D>(inputs, 'x');
  const all = tensorNamed<Tensor1D>(state, 'parameters');
  const part = new TrainedPart(model.plan.layout, config.training);
  const networks = valueAndGrad(part.of(all), (trained) => {
    const { loss, ...aux } = covaeObjective(
      model,
      unflatten(model.plan.layout, part.whole(trained, all)),
      { x, ...examplesOf(config, x.shape[0], inputs) },
      optionsOf(model, config, variant, state, inputs),
    );
    return { value: loss, aux };
  });
  const { parts, rec, latent, xT, samples, moments } = networks.aux;
  const judged = variant.adversarial ? discriminatorOf(model, state, { x, xT, samples }, moments) : null;
  const numbers: Partial<Record<MetricName, Tensor | null>> = {
    loss: networks.value,
    ...parts,
    discriminatorLoss: judged?.loss ?? null,
  };
  return {
    gradient: part.isAll ? networks.gradient : part.whole(networks.gradient, tf.zerosLike(all)),
    loss: networks.value,
    discriminator: judged,
    metrics: tf.stack(metricsOf(config).map((name) => numbers[name] ?? tf.scalar(0))),
    exampleLosses: tf.stack([rec, latent]),
  };
}

/** The discriminator's loss and gradient, and its running statistics after all that it saw. */
function discriminatorOf(
  model: CovaeModel,
  state: Tensors,
  { x, xT, samples }: { x: Tensor4D; xT: Tensor4D; samples: Tensor4D | null },
  generatorMoments: Parameters<typeof updateStatistics>[2],
) {
  const { discriminator } = model;
  if (discriminator === null) return null;
  const { value, gradient, aux } = valueAndGrad(tensorNamed<Tensor1D>(state, 'disc'), (flat) => {
    const { loss, moments } = discriminatorLoss(model, unflatten(discriminator.layout, flat), x, xT, samples);
    return { value: loss, aux: moments };
  });
  // In the order of the reference: what the decoder puts out, the images, what the decoder puts out again.
  const statistics = [generatorMoments, ...aux].reduce(
    (before, moments) => updateStatistics(discriminator, before, moments),
    tensorNamed<Tensor1D>(state, 'discStatistics'),
  );
  return { loss: value, gradient, statistics };
}

function examplesOf({ network, objective }: ModelConfig, batch: number, inputs: Tensors) {
  return {
    examples: exampleTensors(tensorNamed<Tensor2D>(inputs, 'examples')),
    noise: inputs['noise'] ?? noiseOf({ network, objective }, batch, tensorNamed(inputs, 'noiseSeed')),
    ...(network.classes > 0 && { labels: tensorNamed<Tensor1D>(inputs, 'labels') }),
    ...(network.augment && { augment: tensorNamed<Tensor2D>(inputs, 'augment') }),
    ...(network.dropout > 0 && {
      dropout: seededDropout(network.dropout, tensorNamed(inputs, 'dropoutSeed'), batch),
    }),
  };
}

function noiseOf(
  { network, objective }: Pick<ModelConfig, 'network' | 'objective'>,
  batch: number,
  seed: Tensor,
): Tensor {
  const { kind, shape } = noiseSpec(network, objective);
  return (kind === 'normal' ? statelessNormal : statelessUniform)([batch, ...shape], seed);
}

function optionsOf(
  model: CovaeModel,
  { objective }: ModelConfig,
  { targetExamples, adversarial }: GraphVariant,
  state: Tensors,
  inputs: Tensors,
): ObjectiveOptions {
  const isAverage = objective.variant !== 'beta-vae' && objective.target === 'ema';
  return {
    targetExamples,
    ...(isAverage && { targetParameters: unflatten(model.plan.layout, tensorNamed(state, 'ema')) }),
    ...(adversarial &&
      model.discriminator && {
        discriminator: unflatten(model.discriminator.layout, tensorNamed(state, 'disc')),
        ...(judgesSamples(objective) && { sampleWeight: tensorNamed<Scalar>(inputs, 'sampleWeight') }),
      }),
  };
}
