/** A model's networks as functions that other programs run: images from 0 to 1 in and out, the weights fixed in them. */
import { latentShape } from '../config/network.ts';
import { categoriesOf, type ObjectiveConfig } from '../config/objective.ts';
import { noiseSpec } from '../covae/latent.ts';
import { decode, drawLatent, encode, pass, type Conditions, type CovaeModel } from '../covae/model.ts';
import { unflatten, type Parameters } from '../nn/parameters.ts';
import { finalTimeSteps, reencodingIndex } from '../schedule/time-steps.ts';
import { ANY, tensorNamed, type InputSpec, type ProgramFunction, type Tensors } from '../tensor/program.ts';
import { tf, type Tensor, type Tensor1D, type Tensor4D } from '../tensor/tf.ts';

/** Names of the functions, in the order in which people meet them. */
export const PORTABLE_FUNCTIONS = ['encode', 'decode', 'sample', 'refine'] as const;
export type PortableFunctionName = (typeof PORTABLE_FUNCTIONS)[number];

/** At which times a first pass decodes, and a further one encodes and decodes. */
export interface PassTimes {
  first: number;
  again: number;
}

/** The times that `covae sample` takes when it is told none. */
export function passTimes(objective: ObjectiveConfig): PassTimes {
  const steps = finalTimeSteps(objective);
  return { first: steps.at(-1) ?? 1, again: steps[reencodingIndex(objective)] ?? 1 };
}

/** Standard deviation of the noise that a first pass decodes; null for a categorical latent, which has none. */
export function priorSize(objective: ObjectiveConfig): number | null {
  if (categoriesOf(objective) !== null) return null;
  return objective.variant === 's-covae' ? passTimes(objective).first : 1;
}

/**
 * The functions of a model for a batch of any size B, in float32. Images are [B, H, W, C], 0 for black and 1 for full, and not
 * clipped on the way out; t and labels (of models that know classes; −1 for none) are [B].
 *
 * - `encode`: images, t (with two levels of latents also noise, [B, …latentShape]) → mu, std, each [B, …latentShape]
 * - `decode`: z [B, …latentShape], t → images
 * - `sample`: noise → images, one pass at the largest t. The noise is standard normal, of the latent's shape; for a categorical
 *   latent uniform in [0, 1), [B, groups, categories]
 * - `refine`: images, noise → images, one further pass at the middle time step
 *
 * @param weights flat, as `model.plan.layout` has it
 */
export function portableFunctions(
  model: CovaeModel,
  weights: Float32Array,
): Record<PortableFunctionName, ProgramFunction> {
  const { network, objective, plan } = model;
  const { imageSize, channels } = network;
  const images: InputSpec = { shape: [ANY, imageSize, imageSize, channels], dtype: 'float32' };
  const noise: InputSpec = { shape: [ANY, ...noiseSpec(network, objective).shape], dtype: 'float32' };
  const latent: InputSpec = { shape: [ANY, ...latentShape(network)], dtype: 'float32' };
  const t: InputSpec = { shape: [ANY], dtype: 'float32' };
  const labels = network.classes > 0 ? { labels: { shape: [ANY], dtype: 'int32' } as const } : {};
  const times = passTimes(objective);
  // Known while it is recorded, the weights become constants, and so does whatever follows from them alone.
  const parameters = (): Parameters => unflatten(plan.layout, tf.tensor1d(weights));
  const at = (time: number): Tensor1D => tf.tensor1d([time]);

  return {
    encode: {
      inputs: {
        images,
        t,
        // s-CoVAE's encoder is not told the class.
        ...(objective.variant !== 's-covae' && labels),
        ...(network.latentLevels > 1 && { noise: latent }),
      },
      run: (_, inputs) => {
        const { mu, std } = encode(
          model,
          parameters(),
          toNetwork(objective, tensorNamed(inputs, 'images')),
          tensorNamed(inputs, 't'),
          conditionsOf(inputs),
          inputs['noise'],
        );
        return { outputs: { mu, std } };
      },
    },
    decode: {
      inputs: { z: latent, t, ...labels },
      run: (_, inputs) => {
        const { x } = decode(
          model,
          parameters(),
          tensorNamed(inputs, 'z'),
          tensorNamed(inputs, 't'),
          conditionsOf(inputs),
        );
        return { outputs: { images: toImages(objective, x) } };
      },
    },
    sample: {
      inputs: { noise, ...labels },
      run: (_, inputs) => {
        const z = priorLatent(model, tensorNamed(inputs, 'noise'));
        const { x } = decode(model, parameters(), z, at(times.first), conditionsOf(inputs));
        return { outputs: { images: toImages(objective, x) } };
      },
    },
    refine: {
      inputs: { images, noise, ...labels },
      run: (_, inputs) => {
        const x = toNetwork(objective, tensorNamed(inputs, 'images'));
        const drawn = tensorNamed(inputs, 'noise');
        const passed = pass(model, parameters(), x, at(times.again), drawn, conditionsOf(inputs));
        return { outputs: { images: toImages(objective, passed.x) } };
      },
    },
  };
}

function conditionsOf(inputs: Tensors): Conditions {
  return inputs['labels'] ? { labels: inputs['labels'] as Tensor1D } : {};
}

function toNetwork({ loss }: ObjectiveConfig, images: Tensor): Tensor4D {
  return (loss === 'bce' ? images : tf.sub(tf.mul(images, 2), 1)) as Tensor4D;
}

function toImages({ loss }: ObjectiveConfig, x: Tensor): Tensor {
  return loss === 'bce' ? tf.sigmoid(x) : tf.add(tf.mul(x, 0.5), 0.5);
}

/** What a first pass decodes. */
function priorLatent(model: CovaeModel, noise: Tensor): Tensor {
  const size = priorSize(model.objective);
  if (size !== null) return size === 1 ? noise : tf.mul(noise, size);
  // Not `zerosLike`, whose shape would be fixed.
  const even = tf.reshape(tf.mul(noise, 0), [-1, ...latentShape(model.network)]);
  return drawLatent(model, { mu: even, std: even }, noise);
}
