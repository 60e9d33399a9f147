/** Points, paths and boards kept by name in the catalogue, each with its picture. */
import * as v from 'valibot';
import { KeyPointSchema } from '../../../main/ipc/contract.ts';
import type { CatalogueDatabase, KeptEntry } from '../library/database.ts';
import { type Board, BoardSchema } from './board.ts';

export type Kept = KeptEntry;

/** The point of an entry; null when it is none, or is damaged. */
export function keptPoint({ kind, value }: Kept) {
  const found = v.safeParse(KeyPointSchema, value);
  return kind === 'point' && found.success ? found.output : null;
}

/** The board of an entry. */
export function keptBoard({ kind, value }: Kept): Board | null {
  const found = v.safeParse(BoardSchema, value);
  return kind === 'board' && found.success ? found.output : null;
}

export class KeptThings {
  all = $state.raw<readonly Kept[]>([]);
  readonly #database: CatalogueDatabase;
  readonly #failed: (error: unknown) => void;

  constructor(database: CatalogueDatabase, failed: (error: unknown) => void) {
    this.#database = database;
    this.#failed = failed;
  }

  async load(): Promise<void> {
    try {
      const found = await this.#database.kept.toArray();
      this.all = found.sort((a, b) => b.createdAt - a.createdAt);
    } catch (error) {
      this.#failed(error);
    }
  }

  /** @returns whether it is kept */
  async keep(entry: Omit<Kept, 'id' | 'createdAt'>): Promise<boolean> {
    try {
      const kept = { ...entry, createdAt: Date.now() };
      const id = await this.#database.kept.add(kept);
      this.all = [{ ...kept, ...(id !== undefined && { id }) }, ...this.all];
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    }
  }

  async remove({ id }: Kept): Promise<void> {
    try {
      if (id !== undefined) await this.#database.kept.delete(id);
      this.all = this.all.filter((entry) => entry.id !== id);
    } catch (error) {
      this.#failed(error);
    }
  }
}
