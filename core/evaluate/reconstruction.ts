/** How well a model gives images back, at several times. */
import { setImmediate as turn } from 'node:timers/promises';
import type { ImageBatch } from '../data/dataset.ts';
import type { DrawingOptions, Generator } from '../explore/api.ts';
import { imageErrors } from '../explore/image-error.ts';
import { PART } from '../explore/parts.ts';
import { frechetDistance } from '../metrics/frechet.ts';
import { type Features, momentsOf } from '../metrics/moments.ts';
import { ssim } from '../metrics/ssim.ts';
import { thin } from '../thin.ts';
import type { Extractor } from './extractors/extractor.ts';
import { planesOf, type RealImages } from './real-images.ts';
import type { EvaluationRecord } from './record.ts';

/** Times that reconstructions are measured at: the smallest, the largest, and evenly spaced indices in between. */
const TIMES = 5;

/** The time indices at which reconstructions are measured. */
export function reconstructionTimes({ timeSteps }: Pick<Generator, 'timeSteps'>): number[] {
  const indices = Array.from(timeSteps.keys()).filter((index) => timeSteps[index]! > 0);
  return thin(indices, TIMES);
}

export interface ReconstructionOptions extends Pick<DrawingOptions, 'weights' | 'rounding'> {
  count: number;
  extractor: Extractor;
  /** Features of the first `count` of the images. */
  features: Features;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
}

/**
 * Encodes images to the posterior's mean and decodes them at the same t. Of each t:
 * - `mse`, mean squared error over pixels and channels, with black 0 and white 1;
 * - `psnr`, −10 log₁₀ of an image's error in decibels, averaged over the images that are not given back exactly;
 * - `ssim`, see ssim.ts, averaged over the images;
 * - `featureDistance`, squared distance between the features of image and reconstruction, each of length 1 (from 0 to 4),
 *   averaged: in the manner of LPIPS, whose network and weights it does not have;
 * - `fd`, the Fréchet distance between the features of the reconstructions and of these images.
 *
 * @throws the signal's reason when it is aborted
 */
export async function measureReconstructions(
  model: Generator,
  real: RealImages,
  { count, extractor, features, signal, onProgress, ...drawing }: ReconstructionOptions,
): Promise<EvaluationRecord['byTime']> {
  const result: EvaluationRecord['byTime'] = [];
  const indices = reconstructionTimes(model);
  const total = indices.length * count;
  for (const [i, timeIndex] of indices.entries()) {
    const sums = new ErrorSums();
    const made: Features = { count, size: extractor.size, values: new Float32Array(count * extractor.size) };
    for (let start = 0; start < count; start += PART) {
      await turn();
      signal?.throwIfAborted();
      const images = real.read(real.indices.subarray(start, Math.min(count, start + PART)));
      const back = model.reconstruct(images, { ...drawing, at: { timeIndex } });
      sums.add(images, back);
      made.values.set(extractor.extract(planesOf(back)).values, start * extractor.size);
      onProgress?.(i * count + start + images.count, total);
    }
    result.push({
      t: model.timeSteps[timeIndex]!,
      timeIndex,
      measures: {
        ...sums.means(),
        featureDistance: meanDirectionDistance(features, made),
        fd: count < 2 ? null : frechetDistance(momentsOf(made), momentsOf(features)),
      },
    });
  }
  return result;
}

class ErrorSums {
  #count = 0;
  #mse = 0;
  #ssim = 0;
  #psnr = 0;
  #inexact = 0;

  add(images: ImageBatch, made: ImageBatch): void {
    for (const { mse, psnr } of imageErrors(images, made)) {
      this.#mse += mse;
      if (psnr === null) continue;
      this.#psnr += psnr;
      this.#inexact++;
    }
    const [planes, others] = [planesOf(images), planesOf(made)];
    planes.forEach((plane, i) => (this.#ssim += ssim(plane, others[i]!)));
    this.#count += images.count;
  }

  means(): Record<'mse' | 'psnr' | 'ssim', number | null> {
    return {
      mse: this.#mse / this.#count,
      psnr: this.#inexact === 0 ? null : this.#psnr / this.#inexact,
      ssim: this.#ssim / this.#count,
    };
  }
}

/** Mean squared distance between the directions of features, row by row; a row of zeros has none, and counts as far. */
export function meanDirectionDistance(a: Features, b: Features): number {
  const { count, size } = a;
  let sum = 0;
  for (let row = 0; row < count; row++) {
    let [product, squaresA, squaresB] = [0, 0, 0];
    for (let at = row * size; at < (row + 1) * size; at++) {
      const [x, y] = [a.values[at]!, b.values[at]!];
      product += x * y;
      squaresA += x * x;
      squaresB += y * y;
    }
    const lengths = Math.sqrt(squaresA * squaresB);
    if (lengths > 0) sum += Math.max(0, 2 - (2 * product) / lengths);
    else if (squaresA !== squaresB) sum += 2;
  }
  return sum / count;
}
