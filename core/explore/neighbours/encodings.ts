/** Encodings of a whole data set: posterior means, made once and kept in the user's cache folder. */
import path from 'node:path';
import { BlobCache, blobKey } from '../../blob-cache.ts';
import { cacheFolder } from '../../cache-folder.ts';
import { latentValues } from '../../config/network.ts';
import type { PackedDataset } from '../../data/packed.ts';
import type { Features } from '../../metrics/moments.ts';
import type { TimePoint } from '../api.ts';
import { encodedImages } from '../encode-images.ts';
import type { ModelNow } from '../parts.ts';
import { timeOf } from '../points/latents.ts';

/** Largest size of all encodings together, in bytes. */
const LIMIT = 2 * 2 ** 30;

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
  const asked = { at, indices, weights, signal, onProgress };
  for await (const { latents, start } of encodedImages(modelNow, dataset, asked)) {
    values.set(latents.mu, start * size);
  }
  cache.write(key, new Uint8Array(values.buffer));
  return { count, size, values };
}

function encodingsFolder(): string | null {
  const folder = cacheFolder();
  return folder === null ? null : path.join(folder, 'encodings');
}
