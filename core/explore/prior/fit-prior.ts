/** Fits a prior to the encodings of a run's training images, or takes the one that was fitted before. */
import path from 'node:path';
import { BlobCache, blobKey } from '../../blob-cache.ts';
import { cacheFolder } from '../../cache-folder.ts';
import { latentValues } from '../../config/network.ts';
import type { PackedDataset } from '../../data/packed.ts';
import { UserError } from '../../errors.ts';
import { runFolder } from '../../library.ts';
import { fitNormalMixture } from '../../metrics/normal-mixture.ts';
import { weightsHash } from '../../run/checkpoint-hash.ts';
import { openDatasetOf } from '../../run/run-dataset.ts';
import { permutation, streamSeed } from '../../tensor/random.ts';
import { countOf } from '../../words.ts';
import type { Generator, SampleOptions } from '../api.ts';
import { encodedImages } from '../encode-images.ts';
import type { ModelNow } from '../parts.ts';
import {
  componentsFor,
  type FittedPrior,
  imagesFitted,
  priorBytes,
  priorFrom,
  unfittable,
} from './fitted-prior.ts';

/** Largest size of all fitted priors together, in bytes. */
const LIMIT = 256 * 2 ** 20;

/** What is done meanwhile, for people. */
export const FITTING = 'Encoding the training images for the prior';

export interface FitOptions {
  home: string;
  modelNow: ModelNow;
  signal?: AbortSignal | undefined;
  /** Told while images are encoded, unless they were before. */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * The options with what they need to be drawn: where samples are to begin with a fitted prior, with that.
 *
 * @throws UserError when the model has latents of another kind, or the run's training images are not there; the signal's
 *   reason when aborted
 */
export async function withPrior(options: SampleOptions, fit: FitOptions): Promise<SampleOptions> {
  if (options.prior !== 'fitted' || options.fitted !== undefined) return options;
  return { ...options, fitted: await fitPrior(options, fit) };
}

/**
 * Encodes the training images at σ_max, of the class that is asked for if one is, and fits a mixture to their means: all
 * images, or 10,000 drawn by lot. The same weights and images give the same mixture.
 */
async function fitPrior(
  { weights = 'ema', label = null }: Pick<SampleOptions, 'weights' | 'label'>,
  { home, modelNow, signal, onProgress }: FitOptions,
): Promise<FittedPrior> {
  const model = await modelNow();
  const { manifest, step } = model;
  const problem = unfittable(manifest.config);
  if (problem !== null) {
    throw new UserError(
      `No prior can be fitted for the run ${manifest.id}: ${problem}; draw with the normal one.`,
    );
  }
  const dataset = await openDatasetOf(home, manifest);
  try {
    const indices = await imagesToFit(dataset, label);
    if (indices.length < 2) {
      throw new UserError(
        `A prior is fitted to at least 2 images, and "${dataset.record.name}" has ${countOf(indices.length, 'training image')}${label === null ? '' : ` of class ${label}`}; draw with the normal one.`,
      );
    }
    const size = latentValues(manifest.config.network);
    const hash = await weightsHash(runFolder(home, manifest.id), step, weights);
    const cache = new BlobCache(hash === null ? null : priorsFolder(), '.prior', LIMIT);
    const { fingerprint, heldOut } = dataset.record;
    const key = blobKey('prior', 1, hash, weights, label, fingerprint, heldOut, indices.length);
    const known = priorFrom(cache.read(key), indices.length, size);
    if (known !== null) return known;
    const fitted = await fitTo({ model, modelNow, dataset, indices, weights, label, signal, onProgress });
    // A model that learned meanwhile has a prior of no one step.
    if ((await modelNow()).step === step) cache.write(key, priorBytes(fitted));
    return fitted;
  } finally {
    dataset.close();
  }
}

interface ToFit extends Omit<FitOptions, 'home'> {
  model: Generator;
  dataset: PackedDataset;
  indices: Uint32Array;
  weights: 'ema' | 'raw';
  label: number | null;
}

async function fitTo({ model, modelNow, dataset, indices, ...options }: ToFit): Promise<FittedPrior> {
  const { network, training } = model.manifest.config;
  const size = latentValues(network);
  const images = indices.length;
  const means = new Float32Array(images * size);
  const variances = new Float32Array(images * size);
  const asked = {
    ...options,
    indices,
    at: { timeIndex: model.timeSteps.length - 1 },
    blackAndWhite: training.binarise,
  };
  for await (const { latents, start } of encodedImages(modelNow, dataset, asked)) {
    means.set(latents.mu, start * size);
    latents.std.forEach((std, i) => (variances[start * size + i] = std * std));
  }
  if (![means, variances].every((values) => values.every(Number.isFinite))) {
    throw new UserError(
      `The encodings of the run ${model.manifest.id} are not finite numbers, so no prior can be fitted to them; draw from an earlier checkpoint.`,
    );
  }
  const points = { count: images, size, values: means };
  const components = componentsFor(images, size);
  const { shares, ...mixture } = await fitNormalMixture(points, {
    components,
    seed: 0,
    signal: options.signal,
  });
  const spread = new Float64Array(components * size);
  for (let k = 0; k < components; k++) {
    let total = 0;
    for (let row = 0; row < images; row++) {
      const share = shares[row * components + k]!;
      total += share;
      for (let i = 0; i < size; i++) spread[k * size + i]! += share * variances[row * size + i]!;
    }
    for (let i = 0; i < size; i++) spread[k * size + i] = Math.sqrt(spread[k * size + i]! / (total || 1));
  }
  return { mixture, spread, images };
}

/** Numbers of training images, of one class if it is named, in an order drawn by lot. */
async function imagesToFit(dataset: PackedDataset, label: number | null): Promise<Uint32Array> {
  const order = Uint32Array.from(permutation(streamSeed(0, 'images to fit to', 0), dataset.count));
  const split = await dataset.split();
  const labels = label === null ? null : await dataset.labels();
  const chosen = order.filter(
    (index) => split?.[index] !== 1 && (label === null || labels?.[index] === label),
  );
  return chosen.subarray(0, imagesFitted(chosen.length));
}

function priorsFolder(): string | null {
  const folder = cacheFolder();
  return folder === null ? null : path.join(folder, 'priors');
}
