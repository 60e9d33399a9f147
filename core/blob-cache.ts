/**
 * Bytes in the user's cache folder that cost time to make. A help only: whatever is wrong with the folder or a file in it,
 * they are made anew.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isTemporaryName, makeFolderSync, temporaryBeside } from './files.ts';
import { isOfDead } from './owner.ts';

const DIGEST_BYTES = 32;

/** Name for whatever something follows from. @param origin JSON values: two that differ have different names */
export function blobKey(...origin: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(origin)).digest('hex').slice(0, 32);
}

/** One file a blob: SHA-256 of the rest, and the rest. */
export class BlobCache {
  /** null: nothing is kept. */
  readonly #folder: string | null;
  readonly #extension: string;
  readonly #limit: number;

  /**
   * @param extension of the files, with its dot
   * @param limit largest size of all together, in bytes; those unused for longest go first
   */
  constructor(folder: string | null, extension: string, limit: number) {
    this.#folder = folder;
    this.#extension = extension;
    this.#limit = limit;
  }

  /** The bytes of that name; null when there are none. A file that is damaged is removed. */
  read(key: string): Buffer | null {
    const file = this.#fileOf(key);
    if (file === null) return null;
    try {
      const bytes = readFileSync(file);
      const content = bytes.subarray(DIGEST_BYTES);
      if (!bytes.subarray(0, DIGEST_BYTES).equals(digestOf(content))) {
        attempt(() => rmSync(file));
        return null;
      }
      // Says when it was used last.
      attempt(() => utimesSync(file, new Date(), new Date()));
      return content;
    } catch {
      return null;
    }
  }

  /** @returns why it could not be kept; null when it is, or nothing ever is */
  write(key: string, content: Uint8Array): unknown {
    const file = this.#fileOf(key);
    if (file === null) return null;
    const temporary = temporaryBeside(file);
    try {
      makeFolderSync(path.dirname(file), 0o700);
      writeFileSync(temporary, Buffer.concat([digestOf(content), content]), { mode: 0o600 });
      renameSync(temporary, file);
      this.#shrink(path.dirname(file));
      return null;
    } catch (error) {
      attempt(() => rmSync(temporary));
      return error;
    }
  }

  /** Removes what turned out to be of no use. */
  remove(key: string): void {
    const file = this.#fileOf(key);
    if (file !== null) attempt(() => rmSync(file));
  }

  #fileOf(key: string): string | null {
    return this.#folder === null ? null : path.join(this.#folder, `${key}${this.#extension}`);
  }

  /** Removes what interrupted processes left, and what was unused for longest until the rest is small enough. */
  #shrink(folder: string): void {
    const files = readdirSync(folder).flatMap((name) => {
      const file = path.join(folder, name);
      const { size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
      if (isTemporaryName(name) && isOfDead(name)) attempt(() => rmSync(file));
      return name.endsWith(this.#extension) ? [{ file, size, mtimeMs }] : [];
    });
    let total = files.reduce((sum, { size }) => sum + size, 0);
    for (const { file, size } of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (total <= this.#limit) break;
      attempt(() => rmSync(file));
      total -= size;
    }
  }
}

/** The file may be gone by now, or another's. */
function attempt(body: () => void): void {
  try {
    body();
  } catch {
    // Nothing depends on it.
  }
}

function digestOf(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}
