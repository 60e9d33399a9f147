/** A zip archive of stored entries that grows entry by entry, into an open file. */
import type { FileHandle } from 'node:fs/promises';
import { PassThrough, Readable } from 'node:stream';
import { ZipFile } from 'yazl';
import { STORED, writeAll } from './zip.ts';

/**
 * Writes entries as they come. Memory grows by an entry's place in the directory only, never by its content. The same
 * entries give the same bytes.
 */
export class ZipStream {
  readonly #zip = new ZipFile();
  readonly #written: Promise<void>;
  readonly #output: Readable;
  #failed: Error | null = null;
  #giveUp: ((error: Error) => void) | null = null;

  constructor(file: FileHandle) {
    // Not piped: an error of a source reaches the reader of the output only by destroying it.
    this.#output = this.#zip.outputStream as Readable;
    this.#zip.on('error', this.#fail);
    this.#written = this.#copy(file);
    // Told to whoever waits, or writes next.
    this.#written.catch((error: unknown) => {
      this.#failed = error instanceof Error ? error : new Error(String(error));
      this.#giveUp?.(this.#failed);
    });
  }

  /** Adds a small entry, whole. @throws what the disk throws */
  async add(name: string, content: Uint8Array): Promise<void> {
    const put = this.begin(name, content.length);
    await put(content);
    await put(null);
  }

  /**
   * Begins an entry of `size` bytes.
   *
   * @returns takes its content piece by piece, and null at its end
   */
  begin(name: string, size: number): (piece: Uint8Array | null) => Promise<void> {
    const source = new PassThrough();
    source.on('error', this.#fail);
    withoutPool(() => this.#zip.addReadStreamLazy(name, { ...STORED, size }, given(source)));
    return (piece) => this.#put(source, piece);
  }

  /** Writes the directory. @throws what the disk throws */
  async finish(): Promise<void> {
    this.#zip.end();
    await this.#written;
  }

  /** Stops writing. */
  async abort(): Promise<void> {
    this.#output.destroy();
    await this.#written.catch(() => undefined);
  }

  async #put(source: PassThrough, piece: Uint8Array | null): Promise<void> {
    if (piece === null) {
      const over = this.#until(source, 'end');
      source.end();
      await over;
    } else if (!source.write(piece)) {
      await this.#until(source, 'drain');
    }
  }

  /** Waits for a stream, or until the writing fails. What waited leaves nothing with the promise of the whole. */
  #until(source: PassThrough, event: 'end' | 'drain'): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failed !== null) reject(this.#failed);
      this.#giveUp = reject;
      source.once(event, () => {
        this.#giveUp = null;
        resolve();
      });
    });
  }

  readonly #fail = (error: Error): void => void this.#output.destroy(error);

  async #copy(file: FileHandle): Promise<void> {
    for await (const chunk of this.#output) await writeAll(file, chunk as Uint8Array);
  }
}

/** Gives a stream once. The archive keeps the function for as long as it lives, and must not keep the stream with it. */
function given(stream: Readable): (deliver: (error: Error | null, stream: Readable) => void) => void {
  const held: Readable[] = [stream];
  return (deliver) => deliver(null, held.pop() ?? Readable.from([]));
}

/** The archive keeps each name; taken from Node's pool, it would keep the 8 kB around it, which images pass through. */
function withoutPool(work: () => void): void {
  const { poolSize } = Buffer;
  Buffer.poolSize = 0;
  try {
    work();
  } finally {
    Buffer.poolSize = poolSize;
  }
}
