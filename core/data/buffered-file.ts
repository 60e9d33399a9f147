import fs from 'node:fs/promises';

const BUFFER_BYTES = 2 ** 22;

/** A new file that is written in few large pieces. */
export class BufferedFile {
  #buffer = Buffer.allocUnsafe(BUFFER_BYTES);
  #filled = 0;
  #open = true;

  private constructor(private readonly handle: fs.FileHandle) {}

  /** Creates the file; there must be none of that name. */
  static async create(file: string): Promise<BufferedFile> {
    return new BufferedFile(await fs.open(file, 'wx'));
  }

  /** Copies the bytes, so that they may change once this has returned; to be awaited before the next call. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#filled + bytes.length > this.#buffer.length) await this.#flush();
    if (bytes.length > this.#buffer.length) {
      await this.handle.writeFile(bytes);
    } else {
      this.#buffer.set(bytes, this.#filled);
      this.#filled += bytes.length;
    }
  }

  /** Writes what is left, makes it durable and closes the file. */
  async finish(): Promise<void> {
    await this.#flush();
    await this.handle.sync();
    await this.abandon();
  }

  /** Closes the file as it is. */
  async abandon(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    await this.handle.close();
  }

  async #flush(): Promise<void> {
    if (this.#filled === 0) return;
    await this.handle.writeFile(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }
}
