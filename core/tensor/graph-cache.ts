/**
 * Recorded graphs in the user's cache folder, so that a program that was compiled before starts without being
 * recorded. A help only: whatever is wrong with the folder or a file in it, the program is recorded anew.
 */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { cacheFolder } from '../cache-folder.ts';
import { isTemporaryName, makeFolderSync, temporaryBeside } from '../files.ts';
import { isOfDead } from '../owner.ts';

/** Largest size of all graphs together, in bytes; those unused for longest go first. */
const LIMIT = 128 * 2 ** 20;
const EXTENSION = '.graph';
const DIGEST_BYTES = 32;

export interface CachedGraph {
  /** JSON text. */
  readonly description: string;
  /** The bytes of `saved_model.pb`. */
  readonly model: Uint8Array;
}

/** Name for whatever a graph follows from. @param origin JSON values: two that differ have different names */
export function graphKey(...origin: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(origin)).digest('hex').slice(0, 32);
}

/** One file a graph: SHA-256 of the rest, length of the description, description, model. */
export class GraphCache {
  /** null: nothing is kept. */
  readonly #folder: string | null;
  readonly #limit: number;

  constructor(folder = graphsFolder(), limit = LIMIT) {
    this.#folder = folder;
    this.#limit = limit;
  }

  /** The graph of that name; null when there is none. One that is damaged is removed. */
  read(key: string): CachedGraph | null {
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
      const length = content.readUInt32LE(0);
      return {
        description: content.toString('utf8', 4, 4 + length),
        model: content.subarray(4 + length),
      };
    } catch {
      return null;
    }
  }

  write(key: string, { description, model }: CachedGraph): void {
    const text = Buffer.from(description);
    const length = Buffer.alloc(4);
    length.writeUInt32LE(text.length);
    const content = Buffer.concat([length, text, model]);
    const file = this.#fileOf(key);
    if (file === null) return;
    const temporary = temporaryBeside(file);
    try {
      makeFolderSync(path.dirname(file), 0o700);
      writeFileSync(temporary, Buffer.concat([digestOf(content), content]), { mode: 0o600 });
      renameSync(temporary, file);
      this.#shrink(path.dirname(file));
    } catch {
      attempt(() => rmSync(temporary));
    }
  }

  /** Removes a graph that turned out to be of no use. */
  remove(key: string): void {
    const file = this.#fileOf(key);
    if (file !== null) attempt(() => rmSync(file));
  }

  #fileOf(key: string): string | null {
    return this.#folder === null ? null : path.join(this.#folder, `${key}${EXTENSION}`);
  }

  /** Removes what interrupted processes left, and the graphs unused for longest until the rest is small enough. */
  #shrink(folder: string): void {
    const files = readdirSync(folder).flatMap((name) => {
      const file = path.join(folder, name);
      const { size, mtimeMs } = statSync(file, { throwIfNoEntry: false }) ?? { size: 0, mtimeMs: 0 };
      if (isTemporaryName(name) && isOfDead(name)) attempt(() => rmSync(file));
      return name.endsWith(EXTENSION) ? [{ file, size, mtimeMs }] : [];
    });
    let total = files.reduce((sum, { size }) => sum + size, 0);
    for (const { file, size } of files.sort((a, b) => a.mtimeMs - b.mtimeMs)) {
      if (total <= this.#limit) break;
      attempt(() => rmSync(file));
      total -= size;
    }
  }
}

function graphsFolder(): string | null {
  const folder = cacheFolder();
  return folder === null ? null : path.join(folder, 'graphs');
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
