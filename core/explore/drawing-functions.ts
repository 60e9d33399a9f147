/** Encoding and decoding with the averaged weights, as functions over a program's state `ema`. */
import { decode, encode, type CovaeModel } from '../covae/model.ts';
import { latentShape } from '../nn/autoencoder.ts';
import { unflatten } from '../nn/parameters.ts';
import { tensorNamed, type ProgramFunction } from '../tensor/program.ts';

/** Batch sizes that encoding and decoding are compiled for: one picture at once for a slider, else batches, the last one padded. */
export const INFERENCE_BATCHES = [1, 16] as const;

/** `encode16` and the like: images and times to mu and std, with the averaged weights. */
function encodeFunction(model: CovaeModel, batch: number): ProgramFunction {
  const { imageSize, channels } = model.plan.network;
  return {
    inputs: {
      x: { shape: [batch, imageSize, imageSize, channels], dtype: 'float32' },
      t: { shape: [batch], dtype: 'float32' },
    },
    run(state, inputs) {
      const weights = unflatten(model.plan.layout, tensorNamed(state, 'ema'));
      const { mu, std } = encode(model, weights, tensorNamed(inputs, 'x'), tensorNamed(inputs, 't'));
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
      const weights = unflatten(model.plan.layout, tensorNamed(state, 'ema'));
      return { outputs: { x: decode(model, weights, tensorNamed(inputs, 'z'), tensorNamed(inputs, 't')).x } };
    },
  };
}

/** `encodeN` and `decodeN` for each N of {@link INFERENCE_BATCHES}. */
export function drawingFunctions(model: CovaeModel): Record<string, ProgramFunction> {
  return Object.fromEntries(
    INFERENCE_BATCHES.flatMap((batch) => [
      [`encode${batch}`, encodeFunction(model, batch)],
      [`decode${batch}`, decodeFunction(model, batch)],
    ]),
  );
}
