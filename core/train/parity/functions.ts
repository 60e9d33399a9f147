/** The functions of a golden case over a model's weights: one pass, the loss with its gradients. */
import { exampleTensors } from '../../covae/example-tensors.ts';
import { noiseSpec } from '../../covae/latent.ts';
import { encodeCode, pass, type CovaeModel } from '../../covae/model.ts';
import { covaeObjective, discriminatorLoss } from '../../covae/objective.ts';
import { timeEmbedding } from '../../nn/autoencoder.ts';
import { unflatten } from '../../nn/parameters.ts';
import { EXAMPLE_COLUMNS } from '../../schedule/example-columns.ts';
import {
  tensorNamed,
  type FunctionResult,
  type InputSpec,
  type ProgramFunction,
  type Tensors,
} from '../../tensor/program.ts';
import type { Tensor1D, Tensor2D, Tensor4D } from '../../tensor/tf.ts';
import { valueAndGrad } from '../../tensor/value-and-grad.ts';

/** Examples of the batches that the functions take. */
export interface BatchSizes {
  forward: number;
  loss: number;
}

/** The losses' names in golden cases, and ours. */
export const PARTS = {
  rec_loss: 'recLoss',
  denoiser_loss: 'denoiserLoss',
  kl_loss: 'klLoss',
  norm: 'norm',
  std: 'codeStd',
  generator_loss: 'generatorLoss',
} as const;

export function modelFunctions(model: CovaeModel, sizes: BatchSizes): Record<string, ProgramFunction> {
  const { network, objective, plan } = model;
  const { imageSize, channels } = network;
  const spec = (...shape: number[]): InputSpec => ({ shape, dtype: 'float32' });
  const images = (batch: number) => spec(batch, imageSize, imageSize, channels);
  const noise = (batch: number) => spec(batch, ...noiseSpec(network, objective).shape);
  const weights = (state: Tensors) => unflatten(plan.layout, tensorNamed<Tensor1D>(state, 'parameters'));

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
          x: decoded,
          denoiser,
        } = pass(model, parameters, x, t, tensorNamed(inputs, 'noise'));
        return {
          outputs: {
            emb: timeEmbedding(plan, parameters, t),
            z,
            x: decoded,
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
  };
}

/** The objective and its gradients; with a discriminator also that one's loss, whether or not it takes part yet. */
function lossFunction(
  model: CovaeModel,
  inputs: { x: InputSpec; noise: InputSpec },
  adversarial: boolean,
): ProgramFunction {
  const [batch = 0] = inputs.x.shape;
  const { discriminator } = model;
  return {
    inputs: { ...inputs, examples: { shape: [batch, EXAMPLE_COLUMNS.length], dtype: 'float32' } },
    run(state, given): FunctionResult {
      const x = tensorNamed<Tensor4D>(given, 'x');
      const networks = valueAndGrad(tensorNamed<Tensor1D>(state, 'parameters'), (parameters) => {
        const { loss, parts, xT } = covaeObjective(
          model,
          unflatten(model.plan.layout, parameters),
          {
            x,
            examples: exampleTensors(tensorNamed<Tensor2D>(given, 'examples')),
            noise: tensorNamed(given, 'noise'),
          },
          adversarial && discriminator
            ? { discriminator: unflatten(discriminator.layout, tensorNamed(state, 'disc')) }
            : {},
        );
        return { value: loss, aux: { parts, xT } };
      });
      const { parts, xT } = networks.aux;
      const outputs: Tensors = { total: networks.value, gradient: networks.gradient, xT };
      for (const [name, ours] of Object.entries(PARTS)) {
        const part = parts[ours];
        if (part) outputs[name] = part;
      }
      if (discriminator) {
        const judged = valueAndGrad(tensorNamed<Tensor1D>(state, 'disc'), (parameters) => ({
          value: discriminatorLoss(model, unflatten(discriminator.layout, parameters), x, xT).loss,
          aux: null,
        }));
        outputs['discriminator_loss'] = judged.value;
        outputs['discGradient'] = judged.gradient;
      }
      return { outputs };
    },
  };
}
