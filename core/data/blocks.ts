/**
 * Hashes of a data set's pixels, block by block: a part of the file is held to what was imported without reading the
 * rest. `pixels.sha256` holds the SHA-256 of each block, 32 bytes each; its own hash stands in `dataset.json`.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { readProblem } from '../files.ts';
import { readBytes } from '../read-file.ts';
import type { DatasetRecord } from './dataset.ts';
import { BLOCKS_FILE } from './layout.ts';

export const BLOCK_BYTES = 2 ** 20;
const HASH_BYTES = 32;

/** `sha256:<hex>` of bytes, as records hold it. */
export function fingerprintOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Hashes a stream of bytes in blocks. */
export class BlockHasher {
  readonly #hashes: Buffer[] = [];
  #hash = createHash('sha256');
  #filled = 0;

  update(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const part = bytes.subarray(done, done + BLOCK_BYTES - this.#filled);
      this.#hash.update(part);
      this.#filled += part.length;
      done += part.length;
      if (this.#filled === BLOCK_BYTES) this.#end();
    }
  }

  /** The content of `pixels.sha256`. */
  finish(): Buffer {
    if (this.#filled > 0) this.#end();
    return Buffer.concat(this.#hashes);
  }

  #end(): void {
    this.#hashes.push(this.#hash.digest());
    this.#hash = createHash('sha256');
    this.#filled = 0;
  }
}

/**
 * The hashes of a data set's blocks; null when they are not known: an earlier version did not keep them, or their file is
 * damaged. The fingerprint of the whole stands in the record all the same.
 */
export async function readBlocks(folder: string, record: DatasetRecord): Promise<Buffer | null> {
  if (record.hashes === undefined) return null;
  const content = await readBytes(path.join(folder, BLOCKS_FILE)).catch(() => null);
  if (content === null || fingerprintOf(content) !== record.hashes.blocks) return null;
  const bytes = record.count * record.height * record.width * record.channels;
  return content.length === HASH_BYTES * Math.ceil(bytes / BLOCK_BYTES) ? content : null;
}

/** Whether the bytes of block `number` are those that were imported. */
export function isBlock(blocks: Buffer, number: number, bytes: Uint8Array): boolean {
  const expected = blocks.subarray(number * HASH_BYTES, (number + 1) * HASH_BYTES);
  return createHash('sha256').update(bytes).digest().equals(expected);
}

/** What to say of a file that is not what was imported, with both fingerprints. */
export function altered(file: string, name: string, found: string, expected: string): UserError {
  return new UserError(
    `${file} is not what was imported: its fingerprint is ${found} instead of ${expected}; put the old file back, or ` +
      `remove data set "${name}" and import it again.`,
    { code: 'unreadable', file },
  );
}

/** The fingerprint of an open file of so many bytes, read in pieces; gives the event loop turns. */
export async function fingerprintOfFile(
  file: string,
  { signal, onBytes }: { signal?: AbortSignal | undefined; onBytes?: (bytes: number) => void } = {},
): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of fs.createReadStream(file, { highWaterMark: BLOCK_BYTES })) {
      signal?.throwIfAborted();
      const bytes = chunk as Buffer;
      hash.update(bytes);
      onBytes?.(bytes.length);
    }
  } catch (error) {
    throw readProblem(error, file);
  }
  return `sha256:${hash.digest('hex')}`;
}
