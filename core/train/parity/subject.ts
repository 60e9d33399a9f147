/** What is compared: the model's functions and the real training step, run op by op or compiled. */
import { UserError } from '../../errors.ts';
import { drawLatent, covaeModel, decode, encodeCode, pass, type CovaeModel } from '../../covae/model.ts';
import { noiseSpec } from '../../covae/latent.ts';
import { covaeObjective, discriminatorLoss, type ObjectiveValue } from '../../covae/objective.ts';
import { ROW_COLUMNS, isAdversarial, rowTensors, rowsFor } from '../../covae/rows.ts';
import { finalTimeSteps, reencodingIndex } from '../../schedule/time-steps.ts';
import { timeEmbedding } from '../../nn/autoencoder.ts';
import { latentShape } from '../../config/network.ts';
import { fromTorch, toTorch, unflatten, type NamedArrays } from '../../nn/parameters.ts';
import { compileProgram } from '../../tensor/compile.ts';
import { eagerProgram } from '../../tensor/eager.ts';
import {
  tensorNamed,
  type FunctionResult,
  type HostTensor,
  type InputSpec,
  type Program,
  type ProgramFunction,
  type Tensors,
} from '../../tensor/program.ts';
import {
  tf,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
} from '../../tensor/tf.ts';
import type { ModelConfig } from '../../config/model.ts';
import { learningRateAt } from '../../schedule/learning-rate.ts';
import { optimizerScalars } from '../optimizer.ts';
import { METRICS, stepName, trainFunctions, type StepCase } from '../program.ts';
import { asInitial } from '../state.ts';
import { caseFor } from '../step-cases.ts';

export type Execution = 'eager' | 'compiled';

/** Weights in the reference's names and layout; the discriminator's with its running statistics. */
export interface Weights {
  networks: NamedArrays;
  discriminator: NamedArrays;
}

/** Rows of the batches that the functions take. */
export interface BatchSizes {
  forward: number;
  loss: number;
  sample: number;
}

/** A batch for the loss or a training step: images and noise row by row, and the index of each row's interval. */
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

const PARTS = {
  rec_loss: 'recLoss',
  denoiser_loss: 'denoiserLoss',
  kl_loss: 'klLoss',
  norm: 'norm',
  std: 'codeStd',
  generator_loss: 'generatorLoss',
} as const;

/** A model with given weights. Functions over it run in the way asked for; results are plain numbers. */
export class Subject {
  readonly model: CovaeModel;
  readonly #program: Program;
  readonly #cases: readonly StepCase[];
  #steps = 0;
  #discriminatorSteps = 0;

  /**
   * @param training the batches of the training steps to come, for which functions are made
   * @throws UserError naming a weight that is missing or has another shape
   */
  constructor(
    readonly config: ModelConfig,
    weights: Weights,
    private readonly sizes: BatchSizes,
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
    this.#cases = casesFor(config, training);
    const functions = {
      ...modelFunctions(this.model, sizes),
      ...trainFunctions(this.model, config, this.#cases, { noise: 'given' }),
    };
    this.#program =
      execution === 'eager' ? eagerProgram(initial, functions) : compileProgram(initial, functions);
  }

  /** Encoder and decoder at one time a row, by the golden cases' names: `emb`, `mu`, `x` and so on. */
  forward(x: Float32Array, t: Float32Array, noise: Float32Array): Record<string, HostTensor> {
    return this.#program.call('forward', { x, t, noise });
  }

  /** The loss, its parts and its gradients with the weights as they are. */
  loss({ x, noise, indices, step }: GoldenBatch): LossResult {
    const adversarial = isAdversarial(this.config.objective, step);
    const rows = rowsFor(this.config, indices, this.point(step));
    const { gradient, discGradient, xT, ...rest } = this.#program.call(
      adversarial ? 'adversarialLoss' : 'loss',
      { x, noise, rows },
    );
    const { plan, discriminator } = this.model;
    return {
      scalars: Object.fromEntries(Object.entries(rest).map(([name, { data }]) => [name, data[0]])),
      xT: floats(xT),
      gradient: toTorch(plan.layout, floats(gradient)),
      discriminatorGradient:
        discriminator && discGradient ? toTorch(discriminator.layout, floats(discGradient)) : null,
    };
  }

  /** Pictures after 1, 2, … passes, one pass for each noise; each pass takes the decoder's picture as it came. */
  sample(noises: readonly Float32Array[]): HostTensor[] {
    const { objective } = this.config;
    const times = finalTimeSteps(objective);
    const at = (index: number) => new Float32Array(this.sizes.sample).fill(times[index] ?? NaN);
    const pictures: HostTensor[] = [];
    noises.forEach((noise, i) => {
      const before = pictures[i - 1];
      const { x } = before
        ? this.#program.call('again', { x: before.data, t: at(reencodingIndex(objective)), noise })
        : this.#program.call('first', { t: at(times.length - 1), noise });
      if (x === undefined) throw new Error('sampling gave no pictures');
      pictures.push(x);
    });
    return pictures;
  }

  /** One training step, the weights of which stay. Gives its scalars, `grad_norm` among them. */
  trainStep(batch: GoldenBatch): GoldenScalars {
    const { objective, training } = this.config;
    const adversarial = isAdversarial(objective, batch.step);
    const { x, noise, indices } = withTargetsFirst(batch);
    const rate = learningRateAt(training, this.#steps);
    const step = caseFor(this.#cases, targetRowsOf(batch), adversarial);
    const result = this.#program.call(stepName(this.config, step), {
      x,
      noise,
      rows: rowsFor(this.config, indices, this.point(batch.step)),
      optimizer: optimizerScalars(training, ++this.#steps, rate),
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

  private point(step: number) {
    return { step, totalSteps: this.config.training.steps };
  }
}

/**
 * The cases of the training step to make functions for, as trainings do: one for whole batches and one that makes
 * fewer targets, with and without the discriminator where the steps need both.
 */
function casesFor(
  { objective }: ModelConfig,
  batches: readonly Pick<GoldenBatch, 'indices' | 'step'>[],
): StepCase[] {
  return [false, true].flatMap((adversarial) => {
    const own = batches.filter(({ step }) => isAdversarial(objective, step) === adversarial);
    if (own.length === 0) return [];
    const rows = own.map(({ indices }) => indices.length);
    const fewest = Math.min(...own.map(targetRowsOf));
    return [...new Set([...rows, fewest])].map((targetRows) => ({ targetRows, adversarial }));
  });
}

function targetRowsOf({ indices }: Pick<GoldenBatch, 'indices'>): number {
  return indices.filter((index) => index > 0).length;
}

function modelFunctions(model: CovaeModel, sizes: BatchSizes): Record<string, ProgramFunction> {
  const { network, objective, plan } = model;
  const { imageSize, channels } = network;
  const spec = (...shape: number[]): InputSpec => ({ shape, dtype: 'float32' });
  const images = (rows: number) => spec(rows, imageSize, imageSize, channels);
  const noise = (rows: number) => spec(rows, ...noiseSpec(network, objective).shape);
  const weights = (state: Tensors) => unflatten(plan.layout, tensorNamed<Tensor1D>(state, 'parameters'));

  const sampling = (
    inputs: Record<string, InputSpec>,
    run: (state: Tensors, inputs: Tensors) => Tensor,
  ): ProgramFunction => ({
    inputs: { t: spec(sizes.sample), noise: noise(sizes.sample), ...inputs },
    run: (state, given) => ({ outputs: { x: run(state, given) } }),
  });

  return {
    forward: {
      inputs: { x: images(sizes.forward), t: spec(sizes.forward), noise: noise(sizes.forward) },
      run(state, inputs): FunctionResult {
        const parameters = weights(state);
        const x = tensorNamed<Tensor4D>(inputs, 'x');
        const t = tensorNamed<Tensor1D>(inputs, 't');
        const {
          mu,
          std,
          z,
          x: picture,
          denoiser,
        } = pass(model, parameters, x, t, tensorNamed(inputs, 'noise'));
        return {
          outputs: {
            emb: timeEmbedding(plan, parameters, t),
            z,
            x: picture,
            ...(denoiser && { denoiser_x: denoiser }),
            ...(objective.variant === 's-covae'
              ? { z0: encodeCode(model, objective, parameters, x) }
              : { mu, std }),
          },
        };
      },
    },
    loss: lossFunction(model, { x: images(sizes.loss), noise: noise(sizes.loss) }, false),
    ...(model.discriminator && {
      adversarialLoss: lossFunction(model, { x: images(sizes.loss), noise: noise(sizes.loss) }, true),
    }),
    first: sampling({}, (state, inputs) => {
      const given = tensorNamed(inputs, 'noise');
      const t = tensorNamed<Tensor1D>(inputs, 't');
      const z = drawLatent(model, priorOf(model, t), given);
      return decode(model, weights(state), z, t).x;
    }),
    again: sampling({ x: images(sizes.sample) }, (state, inputs) => {
      const { x, t, noise: given } = inputs;
      return pass(model, weights(state), x as Tensor4D, t as Tensor1D, given as Tensor).x;
    }),
  };
}

/** What sampling starts from: N(0, 1), logits of 0, or for s-CoVAE N(0, t). @param t [B], the largest time */
function priorOf({ network, objective }: CovaeModel, t: Tensor1D): { mu: Tensor; std: Tensor } {
  const shape = [t.shape[0], ...latentShape(network)];
  const std = tf.ones(shape);
  const rows = tf.reshape(t, [-1, ...shape.slice(1).map(() => 1)]);
  return { mu: tf.zeros(shape), std: objective.variant === 's-covae' ? tf.mul(std, rows) : std };
}

/** The objective and its gradients; with a discriminator also that one's loss, whether or not it takes part yet. */
function lossFunction(
  model: CovaeModel,
  inputs: { x: InputSpec; noise: InputSpec },
  adversarial: boolean,
): ProgramFunction {
  const [rows = 0] = inputs.x.shape;
  const { discriminator } = model;
  return {
    inputs: { ...inputs, rows: { shape: [rows, ROW_COLUMNS.length], dtype: 'float32' } },
    run(state, given): FunctionResult {
      const x = tensorNamed<Tensor4D>(given, 'x');
      const judge = adversarial && discriminator;
      const found = valueAndGradient(tensorNamed(state, 'parameters'), (parameters) => {
        const value: ObjectiveValue = covaeObjective(
          model,
          unflatten(model.plan.layout, parameters),
          { x, rows: rowTensors(tensorNamed<Tensor2D>(given, 'rows')), noise: tensorNamed(given, 'noise') },
          judge ? { discriminator: unflatten(judge.layout, tensorNamed(state, 'disc')) } : {},
        );
        const parts = Object.entries(PARTS).flatMap(([name, ours]) => {
          const part = value.parts[ours];
          return part ? [[name, part] as const] : [];
        });
        return { loss: value.loss, kept: { xT: value.xT, ...Object.fromEntries(parts) } };
      });
      const { xT, ...parts } = found.kept;
      if (xT === undefined) throw new Error('the objective gave no pictures');
      const outputs: Tensors = { total: found.loss, gradient: found.gradient, xT, ...parts };
      if (discriminator) {
        const judged = valueAndGradient(tensorNamed(state, 'disc'), (parameters) => ({
          loss: discriminatorLoss(model, unflatten(discriminator.layout, parameters), x, xT as Tensor4D).loss,
          kept: {},
        }));
        outputs['discriminator_loss'] = judged.loss;
        outputs['discGradient'] = judged.gradient;
      }
      return { outputs };
    },
  };
}

/** A loss, its gradient, and what else is wanted of its computation. */
function valueAndGradient(
  at: Tensor,
  loss: (parameters: Tensor1D) => { loss: Scalar; kept: Record<string, Tensor> },
): { loss: Tensor; gradient: Tensor; kept: Tensors } {
  let kept: Tensors = {};
  const { value, grad } = tf.valueAndGrad((flat: Tensor) => {
    const result = loss(flat as Tensor1D);
    // Only the loss survives the gradient's own scope.
    kept = Object.fromEntries(Object.entries(result.kept).map(([name, v]) => [name, tf.keep(v)]));
    return result.loss;
  })(at);
  const copies = Object.fromEntries(Object.entries(kept).map(([name, v]) => [name, tf.clone(v)]));
  tf.dispose(kept);
  return { loss: value, gradient: grad, kept: copies };
}

/** Rows are alike but for their interval; those whose target a network makes come first, as in training. */
function withTargetsFirst(batch: GoldenBatch): GoldenBatch {
  const { indices } = batch;
  const order = indices.map((_, i) => i).sort((a, b) => Number(indices[a] === 0) - Number(indices[b] === 0));
  const rows = (data: Float32Array) => {
    const size = data.length / order.length;
    const moved = new Float32Array(data.length);
    order.forEach((from, to) => moved.set(data.subarray(from * size, (from + 1) * size), to * size));
    return moved;
  };
  return {
    ...batch,
    x: rows(batch.x),
    noise: rows(batch.noise),
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
