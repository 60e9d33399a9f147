/** What a run computes, as functions over its state: the same ones are run op by op or compiled. */
import type { Scalar, Tensor, Tensor1D } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import { statelessNormal } from '../tensor/random.ts';
import type { ProgramFunction } from '../tensor/program.ts';
import { decode, encode, covaeModel, type CovaeModel } from '../covae/model.ts';
import { covaeObjective } from '../covae/objective.ts';
import { latentShape } from '../nn/autoencoder.ts';
import { seededDropout } from '../nn/dropout.ts';
import { unflatten } from '../nn/parameters.ts';
import type { ModelConfig } from './config.ts';
import { clipByGlobalNorm, emaUpdate, radamUpdate } from './radam.ts';

/**
 * Names of the state, each a flat vector over all parameters: the weights in training, their average, and
 * RAdam's two moments.
 */
export const STATE = ['parameters', 'ema', 'm', 'v'] as const;

/** Order of the numbers in the training step's `metrics` output. */
export const METRICS = ['loss', 'recLoss', 'denoiserLoss', 'klLoss', 'gradNorm'] as const;

/** Batch sizes that encoding and decoding are compiled for: one picture at once for a slider, else batches, the last one padded. */
export const INFERENCE_BATCHES = [1, 16] as const;

const must = <T extends Tensor>(tensors: Record<string, Tensor>, name: string): T => {
  const tensor = tensors[name];
  if (!tensor) throw new Error(`the program has no tensor named ${name}`);
  return tensor as T;
};

/** One step: both passes, losses, gradients, clipping, RAdam and EMA. */
export function trainStepFunction(model: CovaeModel, config: ModelConfig): ProgramFunction {
  const { network, training } = config;
  const { batchSize: batch } = training;
  return {
    inputs: {
      x: { shape: [batch, network.imageSize, network.imageSize, network.channels], dtype: 'float32' },
      t: { shape: [batch], dtype: 'float32' },
      r: { shape: [batch], dtype: 'float32' },
      first: { shape: [batch], dtype: 'float32' },
      noiseSeed: { shape: [2], dtype: 'int32' },
      dropoutSeed: { shape: [2], dtype: 'int32' },
      stepSize: { shape: [], dtype: 'float32' },
      rectified: { shape: [], dtype: 'float32' },
    },
    run(state, inputs) {
      const noise = statelessNormal([batch, ...latentShape(network)], must(inputs, 'noiseSeed'));
      const parts: Tensor[] = [];
      const { value: loss, grad } = tf.valueAndGrad((flat: Tensor) => {
        const value = covaeObjective(
          model,
          unflatten(model.plan.layout, flat as Tensor1D),
          {
            x: must(inputs, 'x'),
            t: must(inputs, 't'),
            r: must(inputs, 'r'),
            first: must(inputs, 'first'),
            noise,
          },
          () => seededDropout(network.dropout, must(inputs, 'dropoutSeed')),
        );
        // Kept, since only the loss survives the gradient's own scope.
        for (const part of [value.recLoss, value.denoiserLoss ?? tf.scalar(0), value.klLoss]) {
          parts.push(tf.keep(part));
        }
        return value.loss;
      })(must(state, 'parameters'));
      const clipped = clipByGlobalNorm(grad, training.clipNorm);
      const next = radamUpdate(
        { parameters: must(state, 'parameters'), m: must(state, 'm'), v: must(state, 'v') },
        clipped.gradient,
        { stepSize: must<Scalar>(inputs, 'stepSize'), rectified: must<Scalar>(inputs, 'rectified') },
      );
      const metrics = tf.stack([loss, ...parts, clipped.norm]);
      tf.dispose(parts);
      return {
        outputs: { metrics },
        state: { ...next, ema: emaUpdate(must(state, 'ema'), next.parameters, training.emaRate) },
      };
    },
  };
}

/** `encode16` and the like: images and times to mu and std, with the averaged weights. */
function encodeFunction(model: CovaeModel, batch: number): ProgramFunction {
  const { imageSize, channels } = model.plan.network;
  return {
    inputs: {
      x: { shape: [batch, imageSize, imageSize, channels], dtype: 'float32' },
      t: { shape: [batch], dtype: 'float32' },
    },
    run(state, inputs) {
      const weights = unflatten(model.plan.layout, must(state, 'ema'));
      const { mu, std } = encode(model, weights, must(inputs, 'x'), must(inputs, 't'));
      return { outputs: { mu, std } };
    },
  };
}

/** `decode16` and the like: latents and times to pictures, with the averaged weights. */
function decodeFunction(model: CovaeModel, batch: number): ProgramFunction {
  return {
    inputs: {
      z: { shape: [batch, ...latentShape(model.plan.network)], dtype: 'float32' },
      t: { shape: [batch], dtype: 'float32' },
    },
    run(state, inputs) {
      const weights = unflatten(model.plan.layout, must(state, 'ema'));
      return { outputs: { x: decode(model, weights, must(inputs, 'z'), must(inputs, 't')).x } };
    },
  };
}

/** All functions of a run; without `training`, those for drawing alone, whose only state is `ema`. */
export function runFunctions(
  config: ModelConfig,
  options: { training: boolean },
): Record<string, ProgramFunction> {
  const model = covaeModel(config.network, config.objective);
  const functions: Record<string, ProgramFunction> = {};
  if (options.training) functions['trainStep'] = trainStepFunction(model, config);
  for (const batch of INFERENCE_BATCHES) {
    functions[`encode${batch}`] = encodeFunction(model, batch);
    functions[`decode${batch}`] = decodeFunction(model, batch);
  }
  return functions;
}
