/** The features of a pile's images, a batch after the other. */
import { setImmediate as turn } from 'node:timers/promises';
import type { Plane } from '../data/import/resample.ts';
import { UserError } from '../errors.ts';
import type { Extractor } from './extractors/extractor.ts';
import type { Features } from '../metrics/moments.ts';
import type { PackedDataset } from '../data/packed.ts';
import { pileImages, type Pile } from './pile.ts';
import { realFeatures } from './real-features.ts';
import { planesOf, realImages } from './real-images.ts';

/** Images that are decoded before they are looked at together. */
const BATCH = 64;

export interface PileFeatures {
  features: Features;
  /** Files that gave no image, with the reason. */
  leftOut: { file: string; reason: string }[];
}

export interface PileProgress {
  done: number;
  /** Null when it is not known how many there are. */
  total: number | null;
}

export interface FeatureOptions {
  /** Called with the first image; the features are its extractor's. */
  extractorFor: (first: Plane) => Promise<Extractor>;
  /** Images at most; null for all. */
  count: number | null;
  seed: number;
  signal?: AbortSignal;
  onProgress?: (progress: PileProgress) => void;
  /** Told once when features of a data set could not be kept, in a sentence. */
  onWarning?: (sentence: string) => void;
}

/**
 * Looks at the images of a pile.
 *
 * @throws UserError when the pile has no image that can be read; the signal's reason when it is aborted
 */
export async function pileFeatures(pile: Pile, options: FeatureOptions): Promise<PileFeatures> {
  if (pile.dataset !== null && pile.dataset.count > 0) return datasetFeatures(pile.dataset, options);
  const { count, seed, signal, onProgress } = options;
  const parts: Features[] = [];
  const leftOut: PileFeatures['leftOut'] = [];
  const total = pile.source.total === null ? count : Math.min(pile.source.total, count ?? pile.source.total);
  let extractor: Extractor | null = null;
  let waiting: Plane[] = [];
  let done = 0;
  const look = async (): Promise<void> => {
    const [first] = waiting;
    if (first === undefined) return;
    await turn();
    signal?.throwIfAborted();
    extractor ??= await options.extractorFor(first);
    parts.push(extractor.extract(waiting));
    done += waiting.length;
    waiting = [];
    onProgress?.({ done, total });
  };
  for await (const found of pileImages(pile, { count, seed, ...(signal && { signal }) })) {
    if ('reason' in found) {
      leftOut.push(found);
      continue;
    }
    waiting.push(found.image);
    if (waiting.length === BATCH) await look();
  }
  await look();
  const [first] = parts;
  if (first === undefined) {
    throw new UserError(
      `${pile.name} has no image that can be read${leftOut[0] === undefined ? '' : `; ${leftOut[0].file}: ${leftOut[0].reason}`}.`,
      { code: 'unreadable' },
    );
  }
  return { features: joined(parts, first.size), leftOut };
}

/** Those of a data set are kept for the next time. */
async function datasetFeatures(
  dataset: PackedDataset,
  { extractorFor, count, seed, signal, onProgress, onWarning }: FeatureOptions,
): Promise<PileFeatures> {
  const real = await realImages(dataset, 'dataset', { seed });
  const [first] = planesOf(real.read(real.indices.subarray(0, 1)));
  const features = await realFeatures(real, await extractorFor(first!), {
    count: count ?? Infinity,
    ...(signal && { signal }),
    ...(onWarning && { onWarning }),
    onProgress: (done, total) => onProgress?.({ done, total }),
  });
  return { features, leftOut: [] };
}

function joined(parts: readonly Features[], size: number): Features {
  const count = parts.reduce((sum, part) => sum + part.count, 0);
  const values = new Float32Array(count * size);
  let at = 0;
  for (const part of parts) {
    values.set(part.values, at);
    at += part.values.length;
  }
  return { count, size, values };
}
