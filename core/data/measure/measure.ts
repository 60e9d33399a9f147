/** All that is measured of a data set, in one pass over its pixels. */
import { createHash } from 'node:crypto';
import { type Flags, FlagMeter } from './flags.ts';
import { FlipMeter, type FlipVerdict } from './flip.ts';
import { type Statistics, StatisticsMeter } from './statistics.ts';

export interface Measured {
  statistics: Statistics;
  flags: Flags;
  flip: FlipVerdict;
}

export interface Measurable {
  count: number;
  height: number;
  width: number;
  channels: 1 | 3;
  /** Of the pixels. */
  fingerprint: string;
  classes: readonly string[] | null;
  /** Class of each image, the number of classes for none; null without classes. */
  labels: ArrayLike<number> | null;
  /** Pixels of `count` images from `start` on; valid until the next call. */
  read(start: number, count: number): Promise<Uint8Array>;
}

const CHUNK_BYTES = 2 ** 22;

/**
 * Measures the images of a data set.
 *
 * @param onImages told how many images are done since the last time
 * @throws the signal's reason when aborted
 */
export async function measure(
  images: Measurable,
  {
    signal,
    onImages,
  }: { signal?: AbortSignal | undefined; onImages?: ((count: number) => void) | undefined } = {},
): Promise<Measured> {
  const { count, height, width, channels, fingerprint, classes, labels } = images;
  const perImage = height * width * channels;
  const classCount = classes?.length ?? 0;
  const statistics = new StatisticsMeter(perImage, channels, classCount);
  const flags = new FlagMeter(channels, count);
  const flip = new FlipMeter(images, { count, classes: classCount });
  const atOnce = Math.max(1, Math.floor(CHUNK_BYTES / perImage));
  for (let start = 0; start < count; start += atOnce) {
    signal?.throwIfAborted();
    const n = Math.min(atOnce, count - start);
    const chunk = await images.read(start, n);
    for (let i = 0; i < n; i++) {
      const pixels = chunk.subarray(i * perImage, (i + 1) * perImage);
      const label = labels?.[start + i] ?? 0;
      statistics.add(pixels, label);
      flags.add(pixels, createHash('sha256').update(pixels).digest('binary').slice(0, 16));
      flip.add(pixels, label);
    }
    onImages?.(n);
  }
  return {
    statistics: statistics.statistics(fingerprint),
    flags: flags.flags(fingerprint, labels, classCount),
    flip: flip.verdict(classes),
  };
}
