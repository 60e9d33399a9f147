/** Features of data sets, kept from one evaluation to the next. */
import path from 'node:path';
import { BlobCache, blobKey } from '../blob-cache.ts';
import { cacheFolder } from '../cache-folder.ts';
import type { Features } from '../metrics/moments.ts';

/** Largest size of all features together, in bytes. */
const LIMIT = 2 * 2 ** 30;

/** What the features of some images follow from. */
export interface FeatureOrigin {
  /** Fingerprint of the data set's pixels. */
  fingerprint: string;
  /** What was made of the pixels first: `as they are`, `black and white`. */
  preparation: string;
  /** Numbers of the images. */
  images: Uint32Array;
  /** Says which numbers come out of an extractor. */
  extractorHash: string;
}

export class FeatureCache {
  /** null: nothing is kept. */
  readonly folder: string | null;
  readonly #blobs: BlobCache;

  constructor(folder = featuresFolder(), limit = LIMIT) {
    this.folder = folder;
    this.#blobs = new BlobCache(folder, '.features', limit);
  }

  /** The features of these images; null when they are not kept. */
  read(origin: FeatureOrigin, size: number): Features | null {
    const count = origin.images.length;
    const bytes = this.#blobs.read(keyOf(origin));
    if (bytes?.length !== count * size * Float32Array.BYTES_PER_ELEMENT) return null;
    // Copied to where numbers of four bytes may begin.
    return { count, size, values: new Float32Array(Uint8Array.from(bytes).buffer) };
  }

  /** @returns why they could not be kept; null when they are */
  write(origin: FeatureOrigin, { values }: Features): unknown {
    return this.#blobs.write(
      keyOf(origin),
      new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
    );
  }
}

function keyOf({ fingerprint, preparation, images, extractorHash }: FeatureOrigin): string {
  return blobKey('features', 1, fingerprint, preparation, Array.from(images), extractorHash);
}

function featuresFolder(): string | null {
  const folder = cacheFolder();
  return folder === null ? null : path.join(folder, 'features');
}
