/** The checks of one golden case, in the order of computation. */
import { UserError } from '../../errors.ts';
import { latentValues } from '../../config/network.ts';
import { noiseSpec } from '../../covae/latent.ts';
import { stepPlan } from '../../schedule/step-plan.ts';
import { levelsAtStep, timeSteps } from '../../schedule/time-steps.ts';
import type { NamedArrays } from '../../nn/parameters.ts';
import type { ModelConfig } from '../../config/model.ts';
import { learningRateAt } from '../../schedule/learning-rate.ts';
import { optimizerScalars } from '../optimizer.ts';
import { resamplingFilters } from '../reference-module.ts';
import type { CaseLine, GoldenCase } from './case.ts';
import {
  largestError,
  norm,
  normError,
  relativeError,
  scalarError,
  TOLERANCES,
  type Check,
  type Group,
} from './compare.ts';
import { Subject, type Execution, type GoldenBatch, type GoldenScalars } from './subject.ts';
import { countOf } from '../../words.ts';

/**
 * Part of the whole gradient's norm that counts for each tensor beside its own. A bias that feeds nothing but a
 * softmax or a norm has a gradient of 0 but for round-off, which is as large as the sums it comes from are: with
 * this, errors up to 1e-7 of the whole gradient are round-off. The smallest gradients proper of the golden cases are
 * 170 times as large.
 */
const GRADIENT_FLOOR = 1e-4;

/**
 * The size of a value in a loss for which round-off has to be excused: losses are sums over values, each made of
 * numbers of about 1 (the pixels of two images that may hardly differ, a variance and its logarithm), so that a sum
 * may be off by 1e-7 a value however small it is.
 */
const VALUE_FLOOR = 1e-3;

/**
 * The least that counts as a weight tensor's largest value. Those that begin near zero (1e-5 of the usual) have a long
 * way to go and the gradients that lead there hang on differences of round-off's size; 1e-5 off is excused in them.
 */
const WEIGHT_FLOOR = 0.01;

/** Logits of the discriminator are of either sign and their mean may be near 0; this much of one counts as its size. */
const LOGIT_FLOOR = 0.1;

/**
 * Compares all that a case holds. A part that it does not have at all (sampling, training) is not asked for; a tensor
 * that is missing from a part counts as wrong.
 *
 * @throws UserError naming what makes the case incomplete or contradictory
 */
export function* checksOf(golden: GoldenCase, execution: Execution): Generator<Check> {
  const { tensors, numbers } = golden;
  const batch = tensors.shape('x')[0] ?? 0;
  const config: ModelConfig = { ...golden.config, training: { ...golden.config.training, batchSize: batch } };
  yield* scheduleChecks(golden, config);
  requireSameCount(golden, 'loss', numbers.losses.length);
  requireSameCount(golden, 'train', numbers.train.length);
  requirePlainLayerNorm(golden);

  const batches = (prefix: string, lines: readonly CaseLine[]) =>
    lines.map(({ step }, i) => batchOf(golden, config, `${prefix}${i}`, step));
  const training = batches('train', numbers.train);
  const weights = { networks: tensors.weights('param.'), discriminator: tensors.weights('disc.') };
  const sampleCount = tensors.has('sample.noise0') ? (tensors.shape('sample.noise0')[0] ?? 0) : batch;
  const subject = new Subject(config, weights, { forward: batch, loss: batch }, training, execution);
  try {
    yield* parameterChecks(golden, subject, weights);
    yield* forwardChecks(golden, subject, batch);
    yield* lossChecks(golden, subject, batches('loss', numbers.losses));
    yield* samplingChecks(golden, subject, sampleCount);
    yield* trainingChecks(golden, subject, training);
  } finally {
    subject.dispose();
  }
}

function exact(name: string, isRight: boolean): Check {
  return { group: 'structure', name, error: isRight ? 0 : Infinity };
}

function* scheduleChecks({ numbers, tensors }: GoldenCase, config: ModelConfig): Generator<Check> {
  const { objective, training } = config;
  for (const [i, [step, levels]] of numbers.num_timesteps_at_step.entries()) {
    const ours = levelsAtStep(objective, step, training.steps);
    yield exact(`num_timesteps_at_step[${i}]`, ours === levels);
  }
  for (const count of tensors.under('time_steps.')) {
    const name = `time_steps.${count}`;
    const { data } = tensors.floats(name);
    yield { group: 'structure', name, error: relativeError(timeSteps(objective, Number(count)), data) };
  }
}

function* parameterChecks(
  { numbers }: GoldenCase,
  { model }: Subject,
  weights: { networks: NamedArrays; discriminator: NamedArrays },
): Generator<Check> {
  const { plan, discriminator } = model;
  if (numbers.num_params !== undefined) {
    yield exact('num_params', plan.layout.size === numbers.num_params);
  }
  // That none is missing and each has its shape was seen when they were loaded.
  const known = new Set([
    ...plan.layout.specs.map(({ name }) => name),
    ...Object.keys(resamplingFilters(plan)),
  ]);
  for (const name of Object.keys(weights.networks)) yield exact(`param.${name}`, known.has(name));
  const layouts = [discriminator?.layout, discriminator?.statistics].flatMap((layout) => layout?.specs ?? []);
  const ofDiscriminator = new Set(layouts.map(({ name }) => name));
  for (const name of Object.keys(weights.discriminator))
    yield exact(`disc.${name}`, ofDiscriminator.has(name));
}

function* forwardChecks({ tensors }: GoldenCase, subject: Subject, batch: number): Generator<Check> {
  if (!tensors.has('fwd.t')) return;
  const { network, objective } = subject.config;
  const result = subject.forward(
    imagesOf(tensors, network).data,
    tensors.shaped('fwd.t', [batch]).data,
    tensors.shaped('fwd.noise', [batch, ...noiseSpec(network, objective).shape]).data,
  );
  for (const [part, { data }] of Object.entries(result)) {
    yield imageCheck(tensors, 'forward', `fwd.${part}`, data);
  }
}

function* lossChecks(
  { tensors, numbers }: GoldenCase,
  subject: Subject,
  batches: readonly GoldenBatch[],
): Generator<Check> {
  for (const [k, line] of numbers.losses.entries()) {
    const batch = batches[k];
    if (batch === undefined) continue;
    const result = subject.loss(batch);
    yield* scalarChecks('loss', `losses[${k}]`, line, result.scalars, subject.config);
    yield imageCheck(tensors, 'loss', `loss${k}.x_t`, result.xT);
    yield* gradientChecks(tensors.weights(`loss${k}.grad.`), `loss${k}.grad`, result.gradient);
    yield* gradientNormChecks(line.grad_norms, `losses[${k}].grad_norms`, result.gradient);
    const name = `losses[${k}].disc_grad_norms`;
    yield* gradientNormChecks(line.disc_grad_norms, name, result.discriminatorGradient ?? {});
  }
}

/** Scalars by their names in the case; those that are not known are passed over, see `unknownNumbers`. */
function* scalarChecks(
  group: Group,
  prefix: string,
  expected: CaseLine,
  actual: GoldenScalars,
  { network }: ModelConfig,
): Generator<Check> {
  const pixels = network.imageSize ** 2 * network.channels;
  const floors: Record<string, number> = {
    total: 0,
    grad_norm: 0,
    rec_loss: VALUE_FLOOR * pixels,
    denoiser_loss: VALUE_FLOOR * pixels,
    kl_loss: VALUE_FLOOR * latentValues(network),
    norm: VALUE_FLOOR * latentValues(network),
    std: 0,
    generator_loss: LOGIT_FLOOR,
    discriminator_loss: LOGIT_FLOOR,
  };
  for (const [name, floor] of Object.entries(floors)) {
    const value = expected[name];
    if (typeof value !== 'number') continue;
    yield { group, name: `${prefix}.${name}`, error: scalarError(actual[name] ?? NaN, value, floor) };
  }
}

function* gradientChecks(expected: NamedArrays, prefix: string, actual: NamedArrays): Generator<Check> {
  const names = Object.keys(expected);
  if (names.length === 0) return;
  const whole = Math.hypot(...Object.values(expected).map(({ data }) => norm(data)));
  for (const name of new Set([...names, ...Object.keys(actual)])) {
    const error = normError(actual[name]?.data ?? [], expected[name]?.data ?? [], GRADIENT_FLOOR * whole);
    const isThere = expected[name] !== undefined && actual[name] !== undefined;
    yield { group: 'gradient', name: `${prefix}.${name}`, error: isThere ? error : Infinity };
  }
}

function* gradientNormChecks(
  expected: Readonly<Record<string, number>> | undefined,
  prefix: string,
  actual: NamedArrays,
): Generator<Check> {
  if (expected === undefined) return;
  const whole = Math.hypot(...Object.values(expected));
  for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const gradient = actual[name];
    const ours = gradient ? norm(gradient.data) : NaN;
    const error = normError([ours], [expected[name] ?? NaN], GRADIENT_FLOOR * whole);
    yield { group: 'gradient', name: `${prefix}.${name}`, error };
  }
}

function* samplingChecks({ tensors }: GoldenCase, subject: Subject, batch: number): Generator<Check> {
  const passes = tensors
    .under('sample.')
    .flatMap((name) => (/^\d+$/.test(name) ? [Number(name)] : []))
    .sort((a, b) => a - b);
  const { network, objective } = subject.config;
  const noises = Array.from({ length: passes.at(-1) ?? 0 }, (_, i) =>
    tensors.shaped(`sample.noise${i}`, [batch, ...noiseSpec(network, objective).shape]),
  );
  const samples = subject.sample(noises.map(({ data }) => data));
  for (const [i, sample] of samples.entries()) {
    yield imageCheck(tensors, 'sampling', `sample.${i + 1}`, sample);
  }
}

/** A tensor against the largest of its values. One that the case lost beside its like is beyond all tolerance. */
function imageCheck(
  tensors: GoldenCase['tensors'],
  group: Group,
  name: string,
  actual: ArrayLike<number>,
): Check {
  return { group, name, error: largestError(actual, tensors.has(name) ? tensors.floats(name).data : []) };
}

function* trainingChecks(
  { tensors, numbers }: GoldenCase,
  subject: Subject,
  batches: readonly GoldenBatch[],
): Generator<Check> {
  for (const [s, line] of numbers.train.entries()) {
    const batch = batches[s];
    if (batch === undefined) continue;
    yield* scalarChecks('trainingLoss', `train[${s}]`, line, subject.trainStep(batch), subject.config);
  }
  const { weights, average } = subject.weights();
  const isFree = roundOffEntries(tensors.weights('loss1.grad.'));
  const floor = (2 * roundOffWander(subject.config, batches.length)) / TOLERANCES.training;
  yield* weightChecks(tensors.weights('after.'), 'after', weights, isFree, floor);
  yield* weightChecks(tensors.weights('after_ema.'), 'after_ema', average, isFree, floor);
}

/**
 * Which biases have a gradient of round-off's size, value by value: the key's part of `qkv.bias`, for one, feeds a
 * softmax that it cannot change.
 *
 * @param gradients of one loss; where a case has none, any bias may be such a one
 */
function roundOffEntries(gradients: NamedArrays): (name: string, at: number) => boolean {
  const whole = Math.hypot(...Object.values(gradients).map(({ data }) => norm(data)));
  const largest = GRADIENT_FLOOR * TOLERANCES.gradient * whole;
  return (name, at) => name.endsWith('.bias') && !(Math.abs(gradients[name]?.data[at] ?? 0) > largest);
}

/**
 * How far RAdam carries a weight whose gradient is round-off: once it divides by √v, after the first five steps, the
 * size of a gradient no longer counts, and a steady one of any size moves its weight by lr·r_t a step (3e-4 in twelve
 * steps at lr 1e-3). Two such weights may go opposite ways; two runs of the reference on different processors do.
 */
function roundOffWander({ training }: ModelConfig, steps: number): number {
  let distance = 0;
  for (let t = 1; t <= steps; t++) {
    const [, , slope = 0] = optimizerScalars(training, t, learningRateAt(training, t - 1));
    // m / (√v·slope) for a steady gradient, with the moments as far as they have come.
    if (slope > 0) distance += (1 - 0.9 ** t) / Math.sqrt(1 - 0.999 ** t) / slope;
  }
  return distance;
}

/** @param freeFloor the least that counts as the largest value where the gradient is round-off */
function* weightChecks(
  expected: NamedArrays,
  prefix: string,
  actual: NamedArrays,
  isFree: (name: string, at: number) => boolean,
  freeFloor: number,
): Generator<Check> {
  if (Object.keys(expected).length === 0) return;
  for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    const ours = actual[name]?.data ?? new Float32Array();
    const theirs = expected[name]?.data ?? new Float32Array();
    const there = expected[name] !== undefined && actual[name] !== undefined;
    const floor = theirs.reduce((largest, value) => Math.max(largest, Math.abs(value)), WEIGHT_FLOOR);
    const error = (free: boolean) => {
      const which = (_: number, at: number) => isFree(name, at) === free;
      return largestError(
        ours.filter(which),
        theirs.filter(which),
        free ? Math.max(floor, freeFloor) : floor,
      );
    };
    yield {
      group: 'training',
      name: `${prefix}.${name}`,
      error: there ? Math.max(error(true), error(false)) : Infinity,
    };
  }
}

function imagesOf(tensors: GoldenCase['tensors'], { imageSize, channels }: ModelConfig['network']) {
  return tensors.shaped('x', [null, imageSize, imageSize, channels]);
}

function batchOf({ tensors }: GoldenCase, config: ModelConfig, prefix: string, step: number): GoldenBatch {
  const { network, objective, training } = config;
  const x = imagesOf(tensors, network);
  const batch = training.batchSize;
  const { intervals } = stepPlan(config, step);
  return {
    x: x.data,
    noise: tensors.shaped(`${prefix}.noise`, [batch, ...noiseSpec(network, objective).shape]).data,
    indices: tensors.indices(`${prefix}.idx`, batch, intervals),
    step,
  };
}

function requireSameCount({ tensors }: GoldenCase, kind: 'loss' | 'train', lines: number): void {
  const count = tensors.count((i) => `${kind}${i}.idx`);
  if (count === lines) return;
  const key = kind === 'loss' ? 'losses' : 'train';
  throw new UserError(
    `${tensors.file} has ${kind}0.idx to ${kind}${count - 1}.idx, but "${key}" in its JSON file has ${countOf(lines, 'entry', 'entries')}.`,
  );
}

/** Ours has no weights in its layer norm, as the reference never trains them. */
function requirePlainLayerNorm({ tensors }: GoldenCase): void {
  for (const [name, value] of [
    ['layer_norm.weight', 1],
    ['layer_norm.bias', 0],
  ] as const) {
    if (tensors.has(name) && tensors.floats(name).data.some((entry) => entry !== value)) {
      throw new UserError(
        `${tensors.file}: tensor "${name}" must be ${value} throughout: it is not trained.`,
      );
    }
  }
}
