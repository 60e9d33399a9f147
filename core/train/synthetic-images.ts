import type { ModelConfig } from '../config/model.ts';
import { uniformInts } from '../tensor/random.ts';
import type { TrainingImages } from './batches.ts';

/** Number of images that batches are drawn from. */
const IMAGES = 1024;

/** {@link IMAGES} images of evenly distributed noise: what an image shows makes no difference to the time of a step. */
export function syntheticImages({ network }: ModelConfig, seed = 0): TrainingImages {
  const size = network.imageSize ** 2 * network.channels;
  const pixels = Uint8Array.from(uniformInts([seed, 1], IMAGES * size, 256));
  return {
    drawn: IMAGES,
    readAt(indices) {
      const chosen = new Uint8Array(indices.length * size);
      Array.from(indices, (image, i) =>
        chosen.set(pixels.subarray(image * size, (image + 1) * size), i * size),
      );
      return chosen;
    },
    labels:
      network.classes > 0 ? Array.from({ length: IMAGES }, (_, image) => image % network.classes) : null,
  };
}
