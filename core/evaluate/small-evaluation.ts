/** Small evaluations of a model while it learns, always of the same noise and against the same images. */
import { setImmediate as turn } from 'node:timers/promises';
import type { PackedDataset } from '../data/packed.ts';
import type { Generator } from '../explore/api.ts';
import { imageErrors } from '../explore/image-error.ts';
import { PART, sampleInParts } from '../explore/parts.ts';
import { frechetDistance } from '../metrics/frechet.ts';
import { type Features, type Moments, momentsOf } from '../metrics/moments.ts';
import type { EvaluationLine } from '../run/evaluation-line.ts';
import type { Extractor } from './extractors/extractor.ts';
import { openExtractor } from './extractors/open-extractor.ts';
import { FeatureCache } from './feature-cache.ts';
import { copiesAmong, type RealFeatures } from './nearness.ts';
import { realFeatures } from './real-features.ts';
import { planesOf, type RealImages, realImages } from './real-images.ts';

/** Seed of the samples. */
const SEED = 0;
/** Training images that samples are compared with, at least, where there are so many. */
const FEWEST_REFERENCE = 2000;
/** Images that are reconstructed at most. */
const RECONSTRUCTED = 256;

interface Known extends RealFeatures {
  extractor: Extractor;
  moments: Moments;
  /** What is reconstructed. */
  images: RealImages;
}

export interface SmallEvaluationOptions {
  signal?: AbortSignal | undefined;
  onProgress?: (done: number, total: number) => void;
  /** Awaited between two calls of a network; default: a turn of the event loop. */
  between?: () => Promise<void>;
}

/**
 * Evaluates one model again and again. It draws with the EMA weights, takes nothing from the random streams of a training,
 * and gives other work a turn after each call of a network.
 */
export class SmallEvaluation {
  #known: Known | null = null;

  /** @param data the data set of the model's run, which stays open for as long as this is used */
  constructor(
    private readonly model: Generator,
    private readonly data: PackedDataset,
    private readonly cache = new FeatureCache(),
  ) {}

  /**
   * Evaluates the model as it is now.
   *
   * @throws UserError when the extractor's weights are missing, or there are too few images; the signal's reason when
   *   it is aborted
   */
  async evaluate({
    signal,
    onProgress,
    between = turn,
  }: SmallEvaluationOptions = {}): Promise<EvaluationLine> {
    const start = performance.now();
    const { model } = this;
    const { training, objective } = model.manifest.config;
    const { evaluateCount: count, bestMeasure: measure } = training;
    const known = await this.#open(signal);
    const { extractor, moments, images } = known;
    const passes = objective.variant === 'beta-vae' ? [1] : [1, 2];
    const reconstructed = Math.min(RECONSTRUCTED, count, images.indices.length);
    const total = passes.length * count + reconstructed;
    const tell = (done: number): void => onProgress?.(done, total);
    tell(0);

    const distances: number[] = [];
    let first: Features | null = null;
    for (const [index, each] of passes.entries()) {
      const features = await this.#look(extractor, each, between, signal, (done) =>
        tell(index * count + done),
      );
      first ??= features;
      const own = momentsOf(features);
      await between();
      signal?.throwIfAborted();
      distances.push(frechetDistance(own, moments));
    }
    const error = await this.#reconstruct(images, reconstructed, between, signal, (done) =>
      tell(passes.length * count + done),
    );
    const copies = first && (await copiesAmong(first, known, signal));
    const [fd1 = NaN, fd2 = null] = distances;
    return {
      ...{ step: model.step, extractor: extractor.name, distanceName: extractor.distanceName },
      ...{ count, reference: known.training.count, fd1, fd2, reconstruction: error },
      reconstructed: { kind: images.kind === 'holdout' ? 'holdout' : 'train', count: reconstructed },
      ...{ copies, measure, seconds: Math.round(performance.now() - start) / 1000 },
    };
  }

  dispose(): void {
    this.#known?.extractor.dispose();
    this.#known = null;
  }

  /** Opens the extractor and looks at the real images, once. */
  async #open(signal: AbortSignal | undefined): Promise<Known> {
    if (this.#known !== null) return this.#known;
    const { evaluateCount, evaluateExtractor, binarise } = this.model.manifest.config.training;
    const options = { blackAndWhite: binarise };
    const real = await realImages(this.data, 'train', options);
    const hasHeldOut = (await this.data.split())?.includes(1) === true;
    const heldOut = hasHeldOut ? await realImages(this.data, 'holdout', options) : null;
    const [example] = planesOf(real.read(real.indices.subarray(0, 1)));
    const extractor = await openExtractor(evaluateExtractor, example!, signal && { signal });
    const look = (images: RealImages, count: number): Promise<Features> =>
      realFeatures(images, extractor, {
        ...{ count, cache: this.cache },
        ...(signal && { signal }),
      });
    try {
      const training = await look(real, Math.max(FEWEST_REFERENCE, evaluateCount));
      this.#known = {
        ...{ extractor, training, trainingImages: real.indices.length, images: heldOut ?? real },
        heldOut: heldOut && (await look(heldOut, training.count)),
        moments: momentsOf(training),
      };
      return this.#known;
    } catch (error) {
      extractor.dispose();
      throw error;
    }
  }

  /** Draws samples and looks at them, a few at a time: their pixels are not kept. */
  async #look(
    extractor: Extractor,
    passes: number,
    between: () => Promise<void>,
    signal: AbortSignal | undefined,
    tell: (done: number) => void,
  ): Promise<Features> {
    const { size } = extractor;
    const { evaluateCount: count } = this.model.manifest.config.training;
    const values = new Float32Array(count * size);
    for (let start = 0; start < count; start += PART) {
      const asked = { ...{ start, seed: SEED, passes }, count: Math.min(PART, count - start) };
      const modelNow = async (): Promise<Generator> => {
        await between();
        return this.model;
      };
      const { images } = await sampleInParts(modelNow, asked, undefined, signal);
      await between();
      signal?.throwIfAborted();
      values.set(extractor.extract(planesOf(images)).values, start * size);
      await between();
      tell(start + images.count);
    }
    return { count, size, values };
  }

  /** @returns the mean squared error */
  async #reconstruct(
    real: RealImages,
    count: number,
    between: () => Promise<void>,
    signal: AbortSignal | undefined,
    tell: (done: number) => void,
  ): Promise<number> {
    let sum = 0;
    for (let start = 0; start < count; start += PART) {
      await between();
      signal?.throwIfAborted();
      const images = real.read(real.indices.subarray(start, Math.min(count, start + PART)));
      for (const { mse } of imageErrors(images, this.model.reconstruct(images))) sum += mse;
      tell(start + images.count);
    }
    return sum / count;
  }
}
