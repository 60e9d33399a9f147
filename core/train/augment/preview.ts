/** What augmentation does to a data set's own images. */
import type { ModelConfig } from '../../config/model.ts';
import type { ImageBatch } from '../../data/dataset.ts';
import { openDataset } from '../../data/packed.ts';
import { binarise } from '../../explore/pixels.ts';
import { augmentImages, transformationsOf } from './augmenter.ts';

/** Probability of each kind where the configuration has none yet: with 0 there would be nothing to see. */
const SHOWN_STRENGTH = 0.5;

export interface PreviewOptions {
  /** Images of the data set, evenly spread; each begins a row of the grid. */
  rows: number;
  /** Transformed copies of each, behind it. */
  copies: number;
  seed: number;
}

export interface AugmentPreview {
  /** Row by row: an image, then what is made of it. */
  images: ImageBatch;
  columns: number;
  /** Probability with which each kind was applied. */
  strength: number;
}

/**
 * Images of a data set beside what a training would make of them.
 *
 * @throws UserError when the data set is missing or altered
 */
export async function previewAugmentation(
  home: string,
  name: string,
  config: ModelConfig,
  { rows, copies, seed }: PreviewOptions,
): Promise<AugmentPreview> {
  const dataset = await openDataset(home, name);
  try {
    const { height, width, channels, count } = dataset.record;
    const shown = Math.min(rows, count);
    const originals = dataset.readAt(
      Array.from({ length: shown }, (_, row) => Math.floor((row * count) / shown)),
    );
    if (config.training.binarise) binarise(originals);
    const strength = config.augment.strength > 0 ? config.augment.strength : SHOWN_STRENGTH;
    const size = height * width * channels;
    const columns = copies + 1;
    const strengths = new Array<number>(copies).fill(strength);
    const data = new Uint8Array(shown * columns * size);
    for (let row = 0; row < shown; row++) {
      const original = originals.subarray(row * size, (row + 1) * size);
      const changed = Float32Array.from({ length: copies * size }, (_, i) => original[i % size] ?? 0);
      augmentImages(changed, config, transformationsOf(config, seed, row, strengths), [0, 255]);
      data.set(original, row * columns * size);
      data.set(Uint8ClampedArray.from(changed), (row * columns + 1) * size);
    }
    return { images: { count: shown * columns, height, width, channels, data }, columns, strength };
  } finally {
    dataset.close();
  }
}
