/** What pictures are compared by where a path goes in equal steps of features. */
import type { ImageBatch } from '../data/dataset.ts';
import type { Extractor } from './extractors/extractor.ts';
import { openExtractor } from './extractors/open-extractor.ts';

/** Images looked at in one go. */
const PART = 32;

/**
 * Features of pictures by MobileNetV2, which set-up brings; opened at the first picture and kept.
 *
 * @returns count × size from images; throws a UserError when the network's weights are not there
 */
export function pictureFeatures(): (images: ImageBatch, signal?: AbortSignal) => Promise<Float32Array> {
  let opening: Promise<Extractor> | null = null;
  return async ({ count, height, width, channels, data }, signal) => {
    const size = height * width * channels;
    const planes = Array.from({ length: count }, (_, i) => ({
      height,
      width,
      channels,
      data: data.subarray(i * size, (i + 1) * size),
    }));
    const [first] = planes;
    if (first === undefined) return new Float32Array();
    opening ??= openExtractor('mobilenet', first);
    opening.catch(() => (opening = null));
    const extractor = await opening;
    const values = new Float32Array(count * extractor.size);
    for (let done = 0; done < count; done += PART) {
      signal?.throwIfAborted();
      values.set(extractor.extract(planes.slice(done, done + PART)).values, done * extractor.size);
    }
    return values;
  };
}
