import { categoriesOf } from '../../config/objective.ts';
import { latentValues } from '../../config/network.ts';
import type { ImageBatch } from '../../data/dataset.ts';
import { UserError } from '../../errors.ts';
import type { DrawingOptions, Generator, TimePoint } from '../../explore/api.ts';
import type { Estimate } from '../../metrics/bootstrap.ts';
import {
  bitsPerDimension,
  estimateLikelihood,
  meanSquaredDifference,
  type LatentModel,
  type LikelihoodOptions,
} from './likelihood.ts';
import { bernoulliObservation, normalObservation, type Observation } from './observation.ts';

export interface RunLikelihood {
  /** Bits a pixel and channel, at most: upper bounds of −log₂ p(x) over the number of values. */
  elbo: Estimate;
  importance: Estimate;
  observation: Observation;
}

/**
 * Bounds of the log probability that a trained model gives to images; {@link estimateLikelihood} says of what, and of
 * what not. Pixels that were trained on in black and white with binary cross-entropy are black or white, all others
 * normal around the decoder's picture (rounded to 256 levels), with the variance that fits `fitting` best.
 *
 * @param images, fitting as the model saw them in training; no image in both
 * @throws UserError for s-CoVAE, categorical latents and two levels of them; the signal's reason when it is aborted
 */
export async function runLikelihood(
  generator: Generator,
  { images, fitting, at }: { images: ImageBatch; fitting: ImageBatch; at: TimePoint },
  { drawing = {}, ...options }: LikelihoodOptions & { drawing?: DrawingOptions },
): Promise<RunLikelihood> {
  const { config, id } = generator.manifest;
  if (config.objective.variant === 's-covae') {
    throw new UserError(
      `The run ${id} is an s-CoVAE, whose latents have no prior but at the largest time; a likelihood needs a CoVAE or a β-VAE.`,
    );
  }
  if (categoriesOf(config.objective) !== null) {
    throw new UserError(
      `The latents of the run ${id} are categorical; a likelihood is estimated for normal latents only.`,
    );
  }
  if (config.network.latentLevels > 1) {
    throw new UserError(
      `The run ${id} has two levels of latents; a likelihood is estimated for one level only.`,
    );
  }
  const model = modelOf(generator, images, at, drawing);
  const isBinary = config.objective.loss === 'bce' && config.training.binarise;
  const observation = isBinary
    ? bernoulliObservation()
    : normalObservation(meanSquaredDifference(model, fitting.data, options.seed) + 1 / 12, 1);
  const { elbo, importance } = await estimateLikelihood(model, observation, images.data, options);
  return {
    elbo: bitsPerDimension(elbo, model.imageValues, options.seed),
    importance: bitsPerDimension(importance, model.imageValues, options.seed),
    observation,
  };
}

/** Pixels from 0 to 255 in and out. */
function modelOf(
  generator: Generator,
  like: ImageBatch,
  at: TimePoint,
  drawing: DrawingOptions,
): LatentModel {
  const batch = (data: ArrayLike<number>, count: number): ImageBatch => ({
    ...like,
    count,
    data: Uint8Array.from(data),
  });
  return {
    imageValues: like.height * like.width * like.channels,
    latentValues: latentValues(generator.manifest.config.network),
    encode: (images, count) => {
      const { mu, std } = generator.encode(batch(images, count), at, drawing);
      // As the reference keeps it off 0.
      return { mu, std: std.map((value) => value + 1e-8) };
    },
    decode: (latents) => generator.decode(latents, at, drawing).data,
  };
}
