import type { CatalogueDatabase } from './database.ts';

/** Sheets kept at most; a sheet is some 20 to 200 kB. */
const MOST = 1_500;
/** So many go at once when there are too many. */
const STEP = 200;

/** Sheets of thumbnails in the catalogue. A cache: without a working database every sheet is made anew. */
export class Thumbnails {
  readonly #database: CatalogueDatabase;
  readonly #most: number;

  constructor(database: CatalogueDatabase, most = MOST) {
    this.#database = database;
    this.#most = most;
  }

  /** The sheet of this key, made by `make` and kept when there is none yet. */
  async get(key: string, make: () => Promise<Blob>): Promise<Blob> {
    const known = await this.find(key);
    if (known) return known;
    const sheet = await make();
    await this.#keep(key, sheet);
    return sheet;
  }

  async find(key: string): Promise<Blob | null> {
    try {
      const entry = await this.#database.thumbnails.get(key);
      if (!entry) return null;
      await this.#database.thumbnails.update(key, { usedAt: Date.now() });
      return entry.sheet;
    } catch {
      return null;
    }
  }

  async #keep(key: string, sheet: Blob): Promise<void> {
    const { thumbnails } = this.#database;
    try {
      await thumbnails.put({ key, sheet, usedAt: Date.now() });
      const excess = (await thumbnails.count()) - this.#most;
      if (excess > 0) {
        const oldest = await thumbnails
          .orderBy('usedAt')
          .limit(Math.max(excess, Math.min(STEP, this.#most)))
          .primaryKeys();
        await thumbnails.bulkDelete(oldest);
      }
    } catch {
      // It is made anew the next time.
    }
  }
}
