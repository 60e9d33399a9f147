/** Measures a model over t: the plots that the reference's diagnostic callback draws, and the spread of its samples. */
import { setImmediate as turn } from 'node:timers/promises';
import { categoriesOf } from '../../config/objective.ts';
import type { ImageBatch } from '../../data/dataset.ts';
import { gumbel } from '../../explore/categorical.ts';
import { latentValues } from '../../config/network.ts';
import { normals, uniformFloats } from '../../tensor/noise.ts';
import { streamSeed } from '../../tensor/random.ts';
import { thin } from '../../thin.ts';
import type { Generator, Latents } from '../../explore/api.ts';
import type { TrainingConfig } from '../../config/model.ts';
import type { Diagnostics, Moments } from '../../run/diagnostics.ts';
import { activeUnits, divergences, divergencesOfLevels } from './posterior.ts';
import { meanDistance } from './spread.ts';

const MAX_TIMES = 16;
/** Images measured at most, and samples whose spread is measured. */
export const MAX_MEASURED_IMAGES = 64;
const FEWEST_TIMES = 4;
const FEWEST_IMAGES = 16;
const NO_VALUES = new Float64Array();
/** Share of the training's time that measuring may take. */
const SHARE = 0.05;
/** Passes through encoder and decoder that a training step is worth, an image; measured on a CPU: 2.7. */
const PASSES_OF_STEP = 2.5;

/**
 * How many images are measured at how many times, so that it takes at most {@link SHARE} of the training: it is done
 * once every `sampleEvery` steps, and 64 samples count as half as many passes. Never fewer than 16 images at 4 times,
 * which only matters for tiny batches; images in steps of 16, since that many are computed at once.
 */
export function measuredSize(
  { batchSize, sampleEvery }: Pick<TrainingConfig, 'batchSize' | 'sampleEvery'>,
  available: { images: number; times: number },
): { images: number; times: number } {
  const passes = SHARE * sampleEvery * batchSize * PASSES_OF_STEP - MAX_MEASURED_IMAGES / 2;
  const times = Math.min(MAX_TIMES, available.times);
  const images = Math.max(FEWEST_IMAGES, 16 * Math.floor(passes / times / 16));
  return {
    images: Math.min(MAX_MEASURED_IMAGES, images, available.images),
    times: Math.min(times, Math.max(FEWEST_TIMES, Math.floor(passes / images))),
  };
}

/**
 * Measures a model at up to 16 of its final time steps, spread evenly by index with the first and the last among
 * them. Images are compared as uint8 pixels, in units of [−1, 1], so with a rounding error of about 1e-5 a pixel.
 * As in the reference each image has the same noise at all times, and that noise is the same at each step.
 *
 * @param images of the data set, the first 64 at most are measured
 * @param step how many steps were trained
 * @param samples one-pass samples, where some were just drawn; default: 64 are drawn
 * @param between awaited between two times, for other work; default: a turn of the event loop
 * @see measuredSize for what it costs
 */
export async function diagnose(
  generator: Generator,
  images: ImageBatch,
  step: number,
  samples?: ImageBatch,
  between: () => Promise<void> = turn,
): Promise<Diagnostics> {
  const { config, seed } = generator.manifest;
  const { timeSteps } = generator;
  const indices = Array.from(timeSteps.keys()).filter((index) => (timeSteps[index] ?? 0) > 0);
  const size = measuredSize(config.training, { images: images.count, times: indices.length });
  const x = firstImages(images, size.images);
  const categories = categoriesOf(config.objective);
  const noise = noiseOf(generator, x.count);
  const found: Diagnostics = {
    step,
    images: x.count,
    t: [],
    kl: [],
    imageError: [],
    stepError: [],
    mu: [],
    std: [],
    latentNorm: [],
    activeUnits: [],
    ...(config.network.latentLevels > 1 && {
      klOfLevels: Array.from({ length: config.network.latentLevels }, () => []),
    }),
    spread: 0,
  };
  let before = x;
  for (const timeIndex of thin(indices, size.times)) {
    const posteriors = generator.encode(x, { timeIndex }, { noise });
    const z = drawn(posteriors, noise, categories);
    const decoded = generator.decode(z, { timeIndex });
    found.t.push(timeSteps[timeIndex] ?? 0);
    found.kl.push(moments(divergences(config, posteriors)));
    if (found.klOfLevels) {
      const levels = divergencesOfLevels(config, posteriors);
      found.klOfLevels.forEach((values, level) => values.push(capped(mean(levels[level] ?? NO_VALUES))));
    }
    found.imageError.push(moments(squaredErrors(decoded, x)));
    found.stepError.push(moments(squaredErrors(decoded, before)));
    found.mu.push(capped(mean(posteriors.mu.map(Math.abs))));
    found.std.push(capped(mean(posteriors.std)));
    found.latentNorm.push(capped(meanNorm(z, x.count, categories)));
    found.activeUnits.push(activeUnits(config, posteriors));
    before = decoded;
    await between();
  }
  const drawnSamples = samples ?? generator.sample({ count: MAX_MEASURED_IMAGES, seed, passes: 1 });
  const ofData = meanDistance(firstImages(images, MAX_MEASURED_IMAGES));
  const ofSamples = meanDistance(firstImages(drawnSamples, MAX_MEASURED_IMAGES));
  return { ...found, spread: ofData > 0 ? ofSamples / ofData : 1 };
}

function firstImages(images: ImageBatch, most: number): ImageBatch {
  const count = Math.min(most, images.count);
  return { ...images, count, data: images.data.subarray(0, (images.data.length / images.count) * count) };
}

/** Noise of each image's latent, always the same. */
function noiseOf({ manifest: { config, seed } }: Generator, count: number): Float32Array {
  const size = latentValues(config.network);
  const draw = categoriesOf(config.objective) === null ? normals : uniformFloats;
  const noise = new Float32Array(count * size);
  for (let i = 0; i < count; i++) noise.set(draw(streamSeed(seed, 'diagnostics', 0, i), size), i * size);
  return draw === normals ? noise : gumbel(noise);
}

/** Latents sampled from posteriors; `decode` takes the likeliest category of logits that noise was added to. */
function drawn({ mu, std }: Latents, noise: Float32Array, categories: number | null): Float32Array {
  return mu.map((m, i) => m + (categories === null ? (std[i] ?? 0) : 1) * (noise[i] ?? 0));
}

/** Mean norm of latents; a categorical one has a 1 in each group. */
function meanNorm(z: Float32Array, count: number, categories: number | null): number {
  const size = z.length / count;
  if (categories !== null) return Math.sqrt(size / categories);
  const squares = Float64Array.from({ length: count }, (_, image) =>
    Math.sqrt(z.subarray(image * size, (image + 1) * size).reduce((sum, v) => sum + v * v, 0)),
  );
  return mean(squares);
}

/** Σ (a − b)² of each image, [count]. */
function squaredErrors(a: ImageBatch, b: ImageBatch): Float64Array {
  const size = a.data.length / a.count;
  return Float64Array.from({ length: a.count }, (_, image) => {
    let sum = 0;
    for (let i = image * size; i < (image + 1) * size; i++) {
      sum += (((a.data[i] ?? 0) - (b.data[i] ?? 0)) / 127.5) ** 2;
    }
    return sum;
  });
}

function moments(values: Float64Array): Moments {
  const center = mean(values);
  return { mean: capped(center), std: capped(Math.sqrt(mean(values.map((value) => (value - center) ** 2)))) };
}

function mean(values: Float32Array | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** The nearest number that JSON can hold. */
function capped(value: number): number {
  return Number.isNaN(value) ? Number.MAX_VALUE : Math.min(Number.MAX_VALUE, value);
}
