/** Features of real images, a block at a time, kept in the cache. */
import { setImmediate as turn } from 'node:timers/promises';
import { writeProblem } from '../files.ts';
import type { Features } from '../metrics/moments.ts';
import type { Extractor } from './extractors/extractor.ts';
import { FeatureCache } from './feature-cache.ts';
import { planesOf, type RealImages } from './real-images.ts';

/** Images whose features are kept together: a stopped evaluation loses no more. */
const BLOCK = 512;
/** Images that are looked at before others get their turn. */
const BATCH = 32;

export interface RealFeatureOptions {
  /** Images at most, the first of their order. */
  count: number;
  cache?: FeatureCache;
  signal?: AbortSignal;
  onProgress?: (done: number, total: number) => void;
  /** Told once when features could not be kept, in a sentence. */
  onWarning?: (sentence: string) => void;
}

/**
 * The features of real images, block by block.
 *
 * @throws UserError for images that the extractor cannot take; the signal's reason when it is aborted
 */
export async function* realFeatureBlocks(
  real: RealImages,
  extractor: Extractor,
  { count, cache = new FeatureCache(), signal, onProgress, onWarning }: RealFeatureOptions,
): AsyncGenerator<Features> {
  const total = Math.min(count, real.indices.length);
  let hasWarned = false;
  for (let start = 0; start < total; start += BLOCK) {
    await turn();
    signal?.throwIfAborted();
    const images = real.indices.subarray(start, Math.min(total, start + BLOCK));
    const { fingerprint, preparation } = real;
    const origin = { fingerprint, preparation, images, extractorHash: extractor.hash };
    let features = cache.read(origin, extractor.size);
    if (features === null) {
      features = await look(real, extractor, images, signal, (done) => onProgress?.(start + done, total));
      const problem = cache.write(origin, features);
      if (problem !== null && !hasWarned) {
        hasWarned = true;
        onWarning?.(cacheWarning(problem, cache));
      }
    }
    onProgress?.(start + images.length, total);
    yield features;
  }
}

/** As {@link realFeatureBlocks}, all in one. */
export async function realFeatures(
  real: RealImages,
  extractor: Extractor,
  options: RealFeatureOptions,
): Promise<Features> {
  const { size } = extractor;
  const count = Math.min(options.count, real.indices.length);
  const values = new Float32Array(count * size);
  let at = 0;
  for await (const block of realFeatureBlocks(real, extractor, options)) {
    values.set(block.values, at);
    at += block.values.length;
  }
  return { count, size, values };
}

async function look(
  real: RealImages,
  extractor: Extractor,
  images: Uint32Array,
  signal: AbortSignal | undefined,
  onProgress: (done: number) => void,
): Promise<Features> {
  const { size } = extractor;
  const values = new Float32Array(images.length * size);
  for (let at = 0; at < images.length; at += BATCH) {
    await turn();
    signal?.throwIfAborted();
    const part = images.subarray(at, at + BATCH);
    values.set(extractor.extract(planesOf(real.read(part))).values, at * size);
    onProgress(at + part.length);
  }
  return { count: images.length, size, values };
}

function cacheWarning(problem: unknown, { folder }: FeatureCache): string {
  const { message } = writeProblem(problem, 'cache of features', folder ?? 'the cache folder');
  return `${message.replace(/\.$/, '')}; the numbers are the same, and the next evaluation looks at the images again.`;
}
