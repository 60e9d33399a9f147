/** Images made larger by a whole number. */
import type { ImageBatch } from '../data/dataset.ts';
import { resample } from '../data/import/resample.ts';

/** How the pixels between are made: as their neighbour, or as Pillow's `LANCZOS`. */
export const KERNELS = ['nearest', 'lanczos'] as const;
export type Kernel = (typeof KERNELS)[number];

/** By which small images are about 84 pixels a side. */
export function defaultScale(side: number): number {
  return Math.max(1, Math.round(84 / side));
}

/** Images of `scale` times their height and width. */
export function enlarge(images: ImageBatch, scale: number, kernel: Kernel): ImageBatch {
  if (scale === 1) return images;
  const { count, height, width, channels, data } = images;
  const size = height * width * channels;
  const large = { count, height: height * scale, width: width * scale, channels };
  const result = new Uint8Array(size * count * scale * scale);
  for (let i = 0; i < count; i++) {
    const image = { height, width, channels, data: data.subarray(i * size, (i + 1) * size) };
    const made =
      kernel === 'lanczos'
        ? resample(image, large.width, large.height, [0, 0, width, height]).data
        : repeated(image, scale);
    result.set(made, i * size * scale * scale);
  }
  return { ...large, data: result };
}

function repeated({ height, width, channels, data }: Omit<ImageBatch, 'count'>, scale: number): Uint8Array {
  const line = width * channels * scale;
  const result = new Uint8Array(height * scale * line);
  for (let y = 0; y < height; y++) {
    const row = result.subarray(y * scale * line, (y * scale + 1) * line);
    for (let x = 0; x < width * scale; x++) {
      const from = (y * width + Math.floor(x / scale)) * channels;
      for (let c = 0; c < channels; c++) row[x * channels + c] = data[from + c]!;
    }
    for (let copy = 1; copy < scale; copy++) result.set(row, (y * scale + copy) * line);
  }
  return result;
}
