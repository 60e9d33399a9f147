import type { ImageBatch } from '../data/dataset.ts';

/** How far a sample or reconstruction is from the image it stands for. */
export interface ImageError {
  /** Mean squared and mean absolute difference of the values, with black 0 and white 1. */
  mse: number;
  mae: number;
  /** Peak signal-to-noise ratio in decibels, −10·log₁₀(mse); null when there is no difference. */
  psnr: number | null;
}

/** The error of each sample of `made` against its image, both of the same shape. */
export function imageErrors(images: ImageBatch, made: ImageBatch): ImageError[] {
  const size = images.height * images.width * images.channels;
  if (made.count !== images.count || made.data.length !== images.data.length) {
    throw new Error('images of different shapes');
  }
  return Array.from({ length: images.count }, (_, image) => {
    let squares = 0;
    let distance = 0;
    for (let i = image * size; i < (image + 1) * size; i++) {
      const difference = ((made.data[i] ?? 0) - (images.data[i] ?? 0)) / 255;
      squares += difference * difference;
      distance += Math.abs(difference);
    }
    const mse = squares / size;
    return { mse, mae: distance / size, psnr: mse === 0 ? null : -10 * Math.log10(mse) };
  });
}
