/** What a run computes, as functions over its state: the same ones are run op by op or compiled. */
import type { Scalar, Tensor, Tensor1D } from '../tensor/tf.ts';
import { tf } from '../tensor/tf.ts';
import { statelessNormal } from '../tensor/random.ts';
import { tensorNamed, type ProgramFunction } from '../tensor/program.ts';
import { covaeModel, type CovaeModel } from '../covae/model.ts';
import { covaeObjective } from '../covae/objective.ts';
import { drawingFunctions } from '../explore/drawing-functions.ts';
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
      const noise = statelessNormal([batch, ...latentShape(network)], tensorNamed(inputs, 'noiseSeed'));
      const parts: Tensor[] = [];
      const { value: loss, grad } = tf.valueAndGrad((flat: Tensor) => {
        const value = covaeObjective(
          model,
          unflatten(model.plan.layout, flat as Tensor1D),
          {
            x: tensorNamed(inputs, 'x'),
            t: tensorNamed(inputs, 't'),
            r: tensorNamed(inputs, 'r'),
            first: tensorNamed(inputs, 'first'),
            noise,
          },
          () => seededDropout(network.dropout, tensorNamed(inputs, 'dropoutSeed')),
        );
        // Kept, since only the loss survives the gradient's own scope.
        for (const part of [value.recLoss, value.denoiserLoss ?? tf.scalar(0), value.klLoss]) {
          parts.push(tf.keep(part));
        }
        return value.loss;
      })(tensorNamed(state, 'parameters'));
      const clipped = clipByGlobalNorm(grad, training.clipNorm);
      const next = radamUpdate(
        {
          parameters: tensorNamed(state, 'parameters'),
          m: tensorNamed(state, 'm'),
          v: tensorNamed(state, 'v'),
        },
        clipped.gradient,
        {
          stepSize: tensorNamed<Scalar>(inputs, 'stepSize'),
          rectified: tensorNamed<Scalar>(inputs, 'rectified'),
        },
      );
      const metrics = tf.stack([loss, ...parts, clipped.norm]);
      tf.dispose(parts);
      return {
        outputs: { metrics },
        state: { ...next, ema: emaUpdate(tensorNamed(state, 'ema'), next.parameters, training.emaRate) },
      };
    },
  };
}

/** All functions of a run; without `training`, those for drawing alone, whose only state is `ema`. */
export function runFunctions(
  config: ModelConfig,
  options: { training: boolean },
): Record<string, ProgramFunction> {
  const model = covaeModel(config.network, config.objective);
  return {
    ...(options.training && { trainStep: trainStepFunction(model, config) }),
    ...drawingFunctions(model),
  };
}
