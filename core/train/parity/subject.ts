/** What is compared: the model's functions and the real training step, run op by op or compiled. */
import { UserError } from '../../errors.ts';
import { covaeModel, type CovaeModel } from '../../covae/model.ts';
import { inferenceFunctions } from '../../explore/inference-functions.ts';
import { finish, makeCall, NetworkCalls } from '../../explore/network-calls.ts';
import { exampleColumns } from '../../schedule/example-columns.ts';
import { stepPlan } from '../../schedule/step-plan.ts';
import { finalTimeSteps, reencodingIndex } from '../../schedule/time-steps.ts';
import { fromTorch, toTorch, type NamedArrays } from '../../nn/parameters.ts';
import { compileProgram } from '../../tensor/compile.ts';
import { eagerProgram } from '../../tensor/eager.ts';
import type { HostTensor, Program } from '../../tensor/program.ts';
import type { ModelConfig } from '../../config/model.ts';
import { learningRateAt } from '../../schedule/learning-rate.ts';
import { optimizerScalars } from '../optimizer.ts';
import { METRICS } from '../gradients.ts';
import { variantFor, type GraphVariant } from '../graph-variants.ts';
import { stepName, trainFunctions } from '../program.ts';
import { asInitial } from '../state.ts';
import { modelFunctions, PARTS, type BatchSizes } from './functions.ts';

export type Execution = 'eager' | 'compiled';

/** Weights in the reference's names and layout; the discriminator's with its running statistics. */
export interface Weights {
  networks: NamedArrays;
  discriminator: NamedArrays;
}

/** A batch for the loss or a training step: images and noise example by example, and the index of each one's interval. */
export interface GoldenBatch {
  x: Float32Array;
  noise: Float32Array;
  indices: readonly number[];
  /** Training step, from 0, that the schedules go by. */
  step: number;
}

/** Scalars by their names in the golden cases, for as many as the variant has. */
export type GoldenScalars = Partial<Record<string, number>>;

export interface LossResult {
  scalars: GoldenScalars;
  xT: Float32Array;
  gradient: NamedArrays;
  /** null without a discriminator. */
  discriminatorGradient: NamedArrays | null;
}

/** A model with given weights. Functions over it run in the way asked for; results are plain numbers. */
export class Subject {
  readonly model: CovaeModel;
  readonly #program: Program;
  readonly #variants: readonly GraphVariant[];
  #steps = 0;
  #discriminatorSteps = 0;

  /**
   * @param training the batches of the training steps to come, for which functions are made
   * @throws UserError naming a weight that is missing or has another shape
   */
  constructor(
    readonly config: ModelConfig,
    weights: Weights,
    sizes: BatchSizes,
    training: readonly Pick<GoldenBatch, 'indices' | 'step'>[],
    execution: Execution,
  ) {
    this.model = covaeModel(config.network, config.objective);
    const { plan, discriminator } = this.model;
    const parameters = flat(() => fromTorch(plan.layout, weights.networks));
    const zeros = (size: number) => new Float32Array(size);
    const initial = asInitial({
      parameters,
      ema: parameters.slice(),
      m: zeros(plan.layout.size),
      v: zeros(plan.layout.size),
      ...(discriminator && {
        disc: flat(() => fromTorch(discriminator.layout, weights.discriminator)),
        discM: zeros(discriminator.layout.size),
        discV: zeros(discriminator.layout.size),
        discStatistics: flat(() => fromTorch(discriminator.statistics, weights.discriminator)),
      }),
    });
    this.#variants = variantsFor(config, training);
    const functions = {
      ...modelFunctions(this.model, sizes),
      ...inferenceFunctions(this.model),
      ...trainFunctions(this.model, config, this.#variants, { noise: 'given' }),
    };
    this.#program =
      execution === 'eager' ? eagerProgram(initial, functions) : compileProgram(initial, functions);
  }

  /** Encoder and decoder, each example at a time of its own, by the golden cases' names: `emb`, `mu`, `x` and so on. */
  forward(x: Float32Array, t: Float32Array, noise: Float32Array): Record<string, HostTensor> {
    return this.#program.call('forward', { x, t, noise });
  }

  /** The loss, its parts and its gradients with the weights as they are. */
  loss({ x, noise, indices, step }: GoldenBatch): LossResult {
    const plan = stepPlan(this.config, step);
    const examples = exampleColumns(this.config, plan, indices);
    const { gradient, discGradient, xT, ...rest } = this.#program.call(
      plan.adversarial ? 'adversarialLoss' : 'loss',
      { x, noise, examples },
    );
    const { plan: networks, discriminator } = this.model;
    return {
      scalars: Object.fromEntries(Object.entries(rest).map(([name, { data }]) => [name, data[0]])),
      xT: floats(xT),
      gradient: toTorch(networks.layout, floats(gradient)),
      discriminatorGradient:
        discriminator && discGradient ? toTorch(discriminator.layout, floats(discGradient)) : null,
    };
  }

  /**
   * What comes out of 1, 2, … passes, one pass for each noise [rows, …], by the sampler that people's samples are drawn
   * with. But for logits: each pass takes them as they came, as the reference does, where ours takes probabilities.
   */
  sample(noises: readonly Float32Array[]): Float32Array[] {
    const { network, objective } = this.config;
    const networks = new NetworkCalls({ network, objective }, 'parity');
    const time = finalTimeSteps(objective)[reencodingIndex(objective)] ?? NaN;
    return noises.map((first, i) =>
      finish(
        networks.samples({
          count: first.length / networks.latentValues,
          noiseOf: (pass) => noises[pass] ?? new Float32Array(),
          times: Array.from({ length: i }, () => time),
          again: (output) => output,
        }),
        (call) => makeCall(this.#program, call),
      ),
    );
  }

  /** One training step, the weights of which stay. Gives its scalars, `grad_norm` among them. */
  trainStep(batch: GoldenBatch): GoldenScalars {
    const { training } = this.config;
    const plan = stepPlan(this.config, batch.step);
    const adversarial = plan.adversarial !== null;
    const { x, noise, indices } = withTargetsFirst(batch);
    const rate = learningRateAt(training, this.#steps);
    const variant = variantFor(this.#variants, targetExamplesOf(batch), adversarial);
    const result = this.#program.call(stepName(this.config, variant), {
      x,
      noise,
      examples: exampleColumns(this.config, plan, indices),
      optimizer: optimizerScalars(training, ++this.#steps, rate),
      emaGain: Float32Array.of(1 - training.emaRate),
      ...(adversarial && {
        discOptimizer: optimizerScalars(training, ++this.#discriminatorSteps, rate),
      }),
    });
    const metrics = floats(result['metrics']);
    const value = (name: (typeof METRICS)[number]) => metrics[METRICS.indexOf(name)] ?? NaN;
    return {
      total: value('loss'),
      grad_norm: floats(result['update'])[0] ?? NaN,
      ...Object.fromEntries(Object.entries(PARTS).map(([name, ours]) => [name, value(ours)])),
      ...(adversarial && { discriminator_loss: value('discriminatorLoss') }),
    };
  }

  /** The weights and their average, in the reference's names and layout. */
  weights(): { weights: NamedArrays; average: NamedArrays } {
    const { parameters, ema } = this.#program.readState(['parameters', 'ema']);
    const { layout } = this.model.plan;
    return { weights: toTorch(layout, floats(parameters)), average: toTorch(layout, floats(ema)) };
  }

  dispose(): void {
    this.#program.dispose();
  }
}

/**
 * The graph variants of the training step to make functions for, as trainings do: one for whole batches and one that
 * makes fewer targets, with and without the discriminator where the steps need both.
 */
function variantsFor(
  config: ModelConfig,
  batches: readonly Pick<GoldenBatch, 'indices' | 'step'>[],
): GraphVariant[] {
  return [false, true].flatMap((adversarial) => {
    const own = batches.filter(({ step }) => (stepPlan(config, step).adversarial !== null) === adversarial);
    if (own.length === 0) return [];
    const sizes = own.map(({ indices }) => indices.length);
    const fewest = Math.min(...own.map(targetExamplesOf));
    return [...new Set([...sizes, fewest])].map((targetExamples) => ({ targetExamples, adversarial }));
  });
}

function targetExamplesOf({ indices }: Pick<GoldenBatch, 'indices'>): number {
  return indices.filter((index) => index > 0).length;
}

/** Examples are alike but for their interval; those whose target a network makes come first, as in training. */
function withTargetsFirst(batch: GoldenBatch): GoldenBatch {
  const { indices } = batch;
  const order = indices.map((_, i) => i).sort((a, b) => Number(indices[a] === 0) - Number(indices[b] === 0));
  const reordered = (data: Float32Array) => {
    const size = data.length / order.length;
    const moved = new Float32Array(data.length);
    order.forEach((from, to) => moved.set(data.subarray(from * size, (from + 1) * size), to * size));
    return moved;
  };
  return {
    ...batch,
    x: reordered(batch.x),
    noise: reordered(batch.noise),
    indices: order.map((i) => indices[i] ?? 0),
  };
}

function flat(read: () => Float32Array): Float32Array {
  try {
    return read();
  } catch (error) {
    throw error instanceof Error ? new UserError(`${error.message}.`) : error;
  }
}

function floats(tensor: HostTensor | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) throw new Error('a result is missing');
  return tensor.data;
}
