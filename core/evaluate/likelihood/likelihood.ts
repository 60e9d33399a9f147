/** Estimates of how probable a model finds images, as bounds from below of their log probability. */
import { setImmediate as turn } from 'node:timers/promises';
import { bootstrapMean, type Estimate } from '../../metrics/bootstrap.ts';
import { normals } from '../../tensor/noise.ts';
import { streamSeed } from '../../tensor/random.ts';
import type { Observation } from './observation.ts';

/** Images at a time. */
const PART = 32;

/** A model of images with a normal latent: z ~ N(0, I), and an observation around what the decoder makes of z. */
export interface LatentModel {
  /** Values of one image, and of one latent. */
  imageValues: number;
  latentValues: number;
  /** Mean and standard deviation of the posterior q(z | x) of some images. */
  encode(images: ArrayLike<number>, count: number): { mu: Float32Array; std: Float32Array };
  /** What the decoder makes of some latents, in the units of images. */
  decode(latents: Float32Array, count: number): ArrayLike<number>;
}

export interface LikelihoodOptions {
  /** Latents drawn for each image. */
  samples: number;
  seed: number;
  signal?: AbortSignal;
  onProgress?: (done: number) => void;
}

export interface Likelihood {
  /** Bounds of the log probability of each image, in nats. */
  elbo: Float64Array;
  importance: Float64Array;
}

/**
 * Two bounds from below of log p(x) for each image, in nats, where p(x) = ∫ N(z; 0, I) p(x | z) dz:
 *
 * - the evidence lower bound, E_q log p(x | z) − KL(q(z | x) ‖ N(0, I)) (Kingma & Welling 2014, equation 3), with the
 *   divergence exact and the expectation over `samples` draws;
 * - the importance-weighted one, log of the mean over draws of p(x | z) N(z; 0, I) / q(z | x) (Burda et al. 2016,
 *   arXiv 1509.00519, equation 8): with one draw it is the first one on average, with more it rises towards log p(x).
 *
 * Both are bounds on average over draws; single values scatter. What they do not bound: a CoVAE is trained to give
 * images, not densities, so p(x | z) is an assumption that is added here (see {@link Observation}), and another one gives
 * other numbers. p(x) is of latents from the prior that are decoded at the very time of the encoder. At the smallest
 * time, where training hardly asks posteriors to resemble the prior, that is not how samples are drawn, and the bound
 * says little of them; at the largest it is the model of one-pass samples. Numbers compare models under the same
 * observation, data and time, and say nothing of how good images look (Theis et al. 2016, arXiv 1511.01844).
 *
 * @param images count × values
 * @throws the signal's reason when it is aborted
 */
export async function estimateLikelihood(
  model: LatentModel,
  observation: Observation,
  images: Float32Array | Uint8Array,
  options: LikelihoodOptions,
): Promise<Likelihood> {
  const { samples, signal, onProgress } = options;
  const count = images.length / model.imageValues;
  const found: Likelihood = { elbo: new Float64Array(count), importance: new Float64Array(count) };
  for (let start = 0; start < count; start += PART) {
    const size = Math.min(PART, count - start);
    const part = images.subarray(start * model.imageValues, (start + size) * model.imageValues);
    const posterior = model.encode(part, size);
    const weights = Array.from({ length: size }, () => new Float64Array(samples));
    for (let draw = 0; draw < samples; draw++) {
      await turn();
      signal?.throwIfAborted();
      const drawn = drawLatents(posterior, model, { start, size, draw, seed: options.seed });
      const means = model.decode(drawn.z, size);
      for (let i = 0; i < size; i++) {
        const seen = observed(observation, part, means, i, model.imageValues);
        found.elbo[start + i]! += seen / samples;
        weights[i]![draw] = seen + drawn.logRatio[i]!;
      }
    }
    for (let i = 0; i < size; i++) {
      found.elbo[start + i]! -= divergence(posterior, i, model.latentValues);
      found.importance[start + i] = logMeanExp(weights[i]!);
    }
    onProgress?.(start + size);
  }
  return found;
}

/** Bits a pixel and channel that −log p comes to, over images, with a 95 % confidence interval. */
export function bitsPerDimension(logs: Float64Array, imageValues: number, seed: number): Estimate {
  return bootstrapMean(
    logs.map((log) => -log / (imageValues * Math.LN2)),
    seed,
  );
}

/**
 * The mean squared difference between images and what a latent drawn from their posterior is decoded to: the variance of a
 * normal observation that fits them best.
 */
export function meanSquaredDifference(
  model: LatentModel,
  images: Float32Array | Uint8Array,
  seed: number,
): number {
  const count = images.length / model.imageValues;
  const posterior = model.encode(images, count);
  // A stream of its own: the draws that follow are independent of the fit.
  const { z } = drawLatents(posterior, model, { start: 0, size: count, draw: -1, seed });
  const means = model.decode(z, count);
  let sum = 0;
  for (let at = 0; at < images.length; at++) sum += (images[at]! - means[at]!) ** 2;
  return sum / images.length;
}

type Posterior = ReturnType<LatentModel['encode']>;

/** Latents from posteriors, with log N(z; 0, I) − log q(z | x) of each. */
function drawLatents(
  { mu, std }: Posterior,
  { latentValues }: LatentModel,
  { start, size, draw, seed }: { start: number; size: number; draw: number; seed: number },
): { z: Float32Array; logRatio: Float64Array } {
  const z = new Float32Array(size * latentValues);
  const logRatio = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    const noise = normals(streamSeed(seed, 'likelihood', start + i, draw), latentValues);
    for (let k = 0; k < latentValues; k++) {
      const at = i * latentValues + k;
      z[at] = mu[at]! + std[at]! * noise[k]!;
      logRatio[i]! += 0.5 * (noise[k]! ** 2 - z[at] ** 2) + Math.log(std[at]!);
    }
  }
  return { z, logRatio };
}

/** KL(q ‖ N(0, I)) of one image. */
function divergence({ mu, std }: Posterior, image: number, latentValues: number): number {
  let sum = 0;
  for (let at = image * latentValues; at < (image + 1) * latentValues; at++) {
    sum += 0.5 * (std[at]! ** 2 + mu[at]! ** 2 - 1) - Math.log(std[at]!);
  }
  return sum;
}

function observed(
  observation: Observation,
  images: ArrayLike<number>,
  means: ArrayLike<number>,
  image: number,
  size: number,
): number {
  let sum = 0;
  for (let at = image * size; at < (image + 1) * size; at++) {
    sum += observation.logProbability(images[at]!, means[at]!);
  }
  return sum;
}

function logMeanExp(values: Float64Array): number {
  const largest = values.reduce((most, value) => Math.max(most, value), -Infinity);
  if (largest === -Infinity) return largest;
  return (
    largest + Math.log(values.reduce((sum, value) => sum + Math.exp(value - largest), 0) / values.length)
  );
}
