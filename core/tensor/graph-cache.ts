/**
 * Recorded graphs in the user's cache folder, so that a program that was compiled before starts without being
 * recorded. A help only: whatever is wrong with the folder or a file in it, the program is recorded anew.
 */
import path from 'node:path';
import { BlobCache, blobKey } from '../blob-cache.ts';
import { cacheFolder } from '../cache-folder.ts';

/** Largest size of all graphs together, in bytes. */
const LIMIT = 128 * 2 ** 20;

export interface CachedGraph {
  /** JSON text. */
  readonly description: string;
  /** The bytes of `saved_model.pb`. */
  readonly model: Uint8Array;
}

/** Name for whatever a graph follows from. @param origin JSON values: two that differ have different names */
export const graphKey = blobKey;

/** One file a graph: length of the description, description, model. */
export class GraphCache {
  readonly #blobs: BlobCache;

  constructor(folder = graphsFolder(), limit = LIMIT) {
    this.#blobs = new BlobCache(folder, '.graph', limit);
  }

  /** The graph of that name; null when there is none. One that is damaged is removed. */
  read(key: string): CachedGraph | null {
    const content = this.#blobs.read(key);
    if (content === null || content.length < 4) return null;
    const length = content.readUInt32LE(0);
    return { description: content.toString('utf8', 4, 4 + length), model: content.subarray(4 + length) };
  }

  write(key: string, { description, model }: CachedGraph): void {
    const text = Buffer.from(description);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    this.#blobs.write(key, Buffer.concat([length, text, model]));
  }

  /** Removes a graph that turned out to be of no use. */
  remove(key: string): void {
    this.#blobs.remove(key);
  }
}

function graphsFolder(): string | null {
  const folder = cacheFolder();
  return folder === null ? null : path.join(folder, 'graphs');
}
