/** Encodings of a whole data set: posterior means, made once and kept in the user's cache folder. */
import path from 'node:path';
import { BlobCache, blobKey } from '../../blob-cache.ts';
import { cacheFolder } from '../../cache-folder.ts';
import { latentValues } from '../../config/network.ts';
import type { PackedDataset } from '../../data/packed.ts';
import type { Features } from '../../metrics/moments.ts';
import type { TimePoint } from '../api.ts';
import { type ModelNow, workInCalls } from '../parts.ts';
import { timeOf } from '../points/latents.ts';

/** Largest size of all encodings together, in bytes. */
const LIMIT = 2 * 2 ** 30;
/** Images at a time. */
const PART = 128;

export interface EncodingOptions {
  at: TimePoint;
  weights?: 'ema' | 'raw' | undefined;
  /** Numbers of the images; default: all. */
  indices?: Uint32Array | undefined;
  /** Hash of the weights; null where they change, so that nothing is kept. */
  checkpoint: string | null;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
  /** Where encodings are kept; null: nowhere. */
  folder?: string | null | undefined;
}

/**
 * The posterior means of a data set's images, row by row.
 *
 * @throws the signal's reason when aborted, within one call of the network
 */
export async function encodeDataset(
  modelNow: ModelNow,
  dataset: PackedDataset,
  options: EncodingOptions,
): Promise<Features> {
  const { at, weights = 'ema', checkpoint, signal, onProgress, folder = encodingsFolder() } = options;
  const model = await modelNow();
  const size = latentValues(model.manifest.config.network);
  const indices = options.indices ?? Uint32Array.from({ length: dataset.count }, (_, i) => i);
  const count = indices.length;
  const cache = new BlobCache(checkpoint === null ? null : folder, '.encodings', LIMIT);
  const t = timeOf(model, at);
  const { fingerprint } = dataset.record;
  const chosen = options.indices ? Array.from(indices) : 'all';
  const key = blobKey('encodings', 1, checkpoint, weights, fingerprint, t, chosen);
  const known = cache.read(key);
  if (known?.length === count * size * Float32Array.BYTES_PER_ELEMENT) {
    return { count, size, values: new Float32Array(Uint8Array.from(known).buffer) };
  }
  const values = new Float32Array(count * size);
  const { height, width, channels } = dataset.record;
  // The first part may take seconds.
  onProgress?.(0, count);
  for (let done = 0; done < count;) {
    signal?.throwIfAborted();
    const part = indices.subarray(done, done + PART);
    const images = { count: part.length, height, width, channels, data: dataset.readAt(part) };
    const { value } = await workInCalls(modelNow, (now) => now.encodeCalls(images, at, { weights }), signal);
    values.set(value.mu, done * size);
    done += part.length;
    onProgress?.(done, count);
  }
  cache.write(key, new Uint8Array(values.buffer));
  return { count, size, values };
}

function encodingsFolder(): string | null {
  const folder = cacheFolder();
  return folder === null ? null : path.join(folder, 'encodings');
}
