/** Encoding and decoding as functions over a program's state: the weights in training and their average. */
import { decode, encode, type Conditions, type CovaeModel } from '../covae/model.ts';
import { latentShape } from '../config/network.ts';
import { unflatten, type Parameters } from '../nn/parameters.ts';
import { inLanes } from '../tensor/lanes.ts';
import { ANY, tensorNamed, type InputSpec, type ProgramFunction, type Tensors } from '../tensor/program.ts';
import { executeOp, tf, type Tensor1D, type Tensor4D } from '../tensor/tf.ts';

/** State that inference needs. */
export const INFERENCE_STATE = ['parameters', 'ema'] as const;

/** Beside images or latents: the times, the classes, and whether the raw weights draw (1) or the averages (0). */
function inputsBeside(model: CovaeModel, batch: number): Record<string, InputSpec> {
  return {
    t: { shape: [batch], dtype: 'float32' },
    raw: { shape: [], dtype: 'float32' },
    ...(model.network.classes > 0 && { labels: { shape: [batch], dtype: 'int32' } as const }),
  };
}

function weightsOf(model: CovaeModel, state: Tensors, inputs: Tensors): Parameters {
  const raw = tf.greater(tensorNamed(inputs, 'raw'), 0.5);
  const chosen = executeOp('SelectV2', { T: { type: 'float32' } }, [
    raw,
    tensorNamed(state, 'parameters'),
    tensorNamed(state, 'ema'),
  ]);
  return unflatten(model.plan.layout, chosen as Tensor1D);
}

/** The inputs that have a value an example. */
function examplesOf({ raw: _, ...examples }: Tensors): Tensors {
  return examples;
}

function conditionsOf(inputs: Tensors): Conditions {
  return inputs['labels'] ? { labels: inputs['labels'] as Tensor1D } : {};
}

/** Images and times to mu and std; of two levels, the lower one's for the topmost latent drawn with the noise given. */
function encodeFunction(model: CovaeModel, batch: number): ProgramFunction {
  const { imageSize, channels } = model.network;
  return {
    inputs: {
      x: { shape: [batch, imageSize, imageSize, channels], dtype: 'float32' },
      ...(model.plan.lower && {
        noise: { shape: [batch, ...latentShape(model.network)], dtype: 'float32' } as const,
      }),
      ...inputsBeside(model, batch),
    },
    run(state, inputs) {
      const weights = weightsOf(model, state, inputs);
      const x = tensorNamed<Tensor4D>(inputs, 'x');
      return {
        outputs: inLanes({ ...examplesOf(inputs), x }, (part) => {
          const conditions = conditionsOf(part);
          const { mu, std } = encode(
            model,
            weights,
            part.x,
            tensorNamed(part, 't'),
            conditions,
            (part as Tensors)['noise'],
          );
          return { mu, std };
        }),
      };
    },
  };
}

/** Latents and times to images. */
function decodeFunction(model: CovaeModel, batch: number): ProgramFunction {
  return {
    inputs: {
      z: { shape: [batch, ...latentShape(model.network)], dtype: 'float32' },
      ...inputsBeside(model, batch),
    },
    run(state, inputs) {
      const weights = weightsOf(model, state, inputs);
      const z = tensorNamed(inputs, 'z');
      return {
        outputs: inLanes({ ...examplesOf(inputs), z }, (part) => {
          const { x } = decode(model, weights, part.z, tensorNamed(part, 't'), conditionsOf(part));
          return { x };
        }),
      };
    },
  };
}

/**
 * `encode` and `decode` for a batch of any size that the number of lanes divides; `encode1` and `decode1` for one example, as a
 * slider asks for it.
 */
export function inferenceFunctions(model: CovaeModel): Record<string, ProgramFunction> {
  return {
    encode: encodeFunction(model, ANY),
    decode: decodeFunction(model, ANY),
    encode1: encodeFunction(model, 1),
    decode1: decodeFunction(model, 1),
  };
}
