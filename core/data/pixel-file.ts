/** The open `pixels.u8` of a data set: what is read of it is held to the hashes of its blocks, each once. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { UserError } from '../errors.ts';
import { readProblem } from '../files.ts';
import { openToReadSync } from '../read-file.ts';
import { altered, BLOCK_BYTES, fingerprintOfFile, isBlock } from './blocks.ts';
import type { DatasetRecord } from './dataset.ts';
import { PIXELS_FILE } from './layout.ts';

/** Data sets whose verified blocks are remembered. */
const REMEMBERED = 16;

/** File as it lies on the disk → 1 for each block that has verified: pages are read from a file opened anew each time. */
const remembered = new Map<string, Uint8Array>();

export class PixelFile {
  readonly file: string;
  readonly bytes: number;
  readonly #record: DatasetRecord;
  readonly #blocks: Buffer | null;
  readonly #descriptor: number;
  readonly #verified: Uint8Array;
  #memory: Uint8Array | null = null;
  #closed = false;

  /**
   * @param blocks hashes of the blocks; null when they are not known, and nothing is held to them then
   * @throws UserError when the file cannot be read
   */
  constructor(folder: string, record: DatasetRecord, blocks: Buffer | null) {
    this.file = path.join(folder, PIXELS_FILE);
    this.bytes = record.count * record.height * record.width * record.channels;
    this.#record = record;
    this.#blocks = blocks;
    try {
      this.#descriptor = openToReadSync(this.file).descriptor;
      this.#verified = verifiedBlocks(this.#descriptor, record, Math.ceil(this.bytes / BLOCK_BYTES));
    } catch (error) {
      throw readProblem(error, this.file);
    }
  }

  /**
   * Fills `target` with the bytes from `position` on.
   *
   * @throws UserError when they are not what was imported, with both fingerprints of the whole file
   */
  read(target: Uint8Array, position: number): void {
    if (this.#memory !== null) {
      target.set(this.#memory.subarray(position, position + target.length));
      return;
    }
    if (this.#blocks !== null && target.length > 0) {
      const last = Math.floor((position + target.length - 1) / BLOCK_BYTES);
      for (let block = Math.floor(position / BLOCK_BYTES); block <= last; block++) this.#verify(block);
    }
    this.#fill(target, position);
  }

  /**
   * All bytes, held to the fingerprint of the whole, and in memory from then on.
   *
   * @throws UserError as {@link read}
   */
  async all(): Promise<Uint8Array> {
    if (this.#memory !== null) return this.#memory;
    const memory = new Uint8Array(this.bytes);
    const hash = createHash('sha256');
    for (let at = 0; at < this.bytes; at += 16 * BLOCK_BYTES) {
      const part = memory.subarray(at, at + 16 * BLOCK_BYTES);
      this.#fill(part, at);
      hash.update(part);
      await turn();
    }
    const found = `sha256:${hash.digest('hex')}`;
    const { name, fingerprint } = this.#record;
    if (found !== fingerprint) throw altered(this.file, name, found, fingerprint);
    this.#verified.fill(1);
    return (this.#memory = memory);
  }

  /**
   * Verifies the blocks that were not read yet, one after the other, with turns of the event loop between them; ends when
   * the file is closed.
   *
   * @throws UserError as {@link read}
   */
  async verifyRest(): Promise<void> {
    if (this.#blocks === null) {
      const found = await fingerprintOfFile(this.file);
      const { name, fingerprint } = this.#record;
      if (found !== fingerprint) throw altered(this.file, name, found, fingerprint);
    }
    for (let block = 0; this.#blocks !== null && block < this.#verified.length; block++) {
      if (this.#closed) return;
      this.#verify(block);
      await turn();
    }
  }

  close(): void {
    this.#closed = true;
    this.#memory = null;
    fs.closeSync(this.#descriptor);
  }

  #verify(block: number): void {
    if (this.#blocks === null || this.#verified[block] === 1) return;
    const start = block * BLOCK_BYTES;
    const bytes = new Uint8Array(Math.min(BLOCK_BYTES, this.bytes - start));
    this.#fill(bytes, start);
    if (!isBlock(this.#blocks, block, bytes)) {
      throw altered(this.file, this.#record.name, this.#fingerprint(), this.#record.fingerprint);
    }
    this.#verified[block] = 1;
  }

  /** Of the file as it is now; only for the sentence. */
  #fingerprint(): string {
    const hash = createHash('sha256');
    for (let at = 0; at < this.bytes; at += BLOCK_BYTES) {
      const part = new Uint8Array(Math.min(BLOCK_BYTES, this.bytes - at));
      this.#fill(part, at);
      hash.update(part);
    }
    return `sha256:${hash.digest('hex')}`;
  }

  #fill(target: Uint8Array, position: number): void {
    for (let done = 0; done < target.length;) {
      let read: number;
      try {
        read = fs.readSync(this.#descriptor, target, done, target.length - done, position + done);
      } catch (error) {
        throw readProblem(error, this.file);
      }
      if (read === 0) {
        throw new UserError(`${this.file} became shorter while it was read.`, {
          code: 'unreadable',
          file: this.file,
        });
      }
      done += read;
    }
  }
}

function verifiedBlocks(descriptor: number, { fingerprint }: DatasetRecord, count: number): Uint8Array {
  const { dev, ino, size, mtimeNs, ctimeNs } = fs.fstatSync(descriptor, { bigint: true });
  const key = [dev, ino, size, mtimeNs, ctimeNs, fingerprint].join();
  const known = remembered.get(key) ?? new Uint8Array(count);
  // The last used ones stay.
  remembered.delete(key);
  remembered.set(key, known);
  for (const oldest of [...remembered.keys()].slice(0, -REMEMBERED)) remembered.delete(oldest);
  return known;
}
