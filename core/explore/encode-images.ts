/** Images of a data set encoded a part at a time. */
import type { PackedDataset } from '../data/packed.ts';
import type { EncodeOptions, Latents, TimePoint } from './api.ts';
import { type ModelNow, workInCalls } from './parts.ts';
import { binarise } from './pixels.ts';

/** Images at a time. */
const PART = 128;

export interface EncodeImagesOptions extends EncodeOptions {
  at: TimePoint;
  /** Numbers of the images, in the order in which they are encoded. */
  indices: Uint32Array;
  /** Images are made black and white first, as a training that asks for it sees them. */
  blackAndWhite?: boolean;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/**
 * The posteriors of some images, a part after the other.
 *
 * @yields latents and the place of the first of them among `indices`
 * @throws the signal's reason when aborted, within one call of the network
 */
export async function* encodedImages(
  modelNow: ModelNow,
  dataset: PackedDataset,
  { at, indices, blackAndWhite = false, signal, onProgress, ...options }: EncodeImagesOptions,
): AsyncGenerator<{ latents: Latents; start: number }> {
  const { height, width, channels } = dataset.record;
  // The first part may take seconds.
  onProgress?.(0, indices.length);
  for (let start = 0; start < indices.length; start += PART) {
    signal?.throwIfAborted();
    const part = indices.subarray(start, start + PART);
    const data = dataset.readAt(part);
    if (blackAndWhite) binarise(data);
    const images = { count: part.length, height, width, channels, data };
    const { value } = await workInCalls(modelNow, (now) => now.encodeCalls(images, at, options), signal);
    yield { latents: value, start };
    onProgress?.(start + part.length, indices.length);
  }
}
