/** Latents, paths, boards and directions kept by name in the catalogue, each with its picture. */
import * as v from 'valibot';
import { KeyPointSchema, type SavedThing, SavedThingSchema } from '../../../main/ipc/contract.ts';
import type { CatalogueDatabase, KeptEntry } from '../library/database.ts';
import { type Board, BoardSchema } from './board.ts';

export type Kept = KeptEntry;

/** The point of an entry; null when it is none, or is damaged. */
export function keptPoint({ kind, value }: Kept) {
  const found = v.safeParse(KeyPointSchema, value);
  return kind === 'point' && found.success ? found.output : null;
}

/** The board of an entry, as it lay there. */
export function keptBoard({ kind, value }: Kept): Board | null {
  if (kind !== 'board') return null;
  const wrapped = v.safeParse(v.object({ board: v.record(v.string(), v.unknown()) }), value);
  const found = v.safeParse(BoardSchema, wrapped.success ? wrapped.output.board : value);
  return found.success ? found.output : null;
}

/** An entry as it is exported; null when it is damaged. */
export function keptThing({
  kind,
  name,
  runId,
  shape = [],
  value,
  picture,
  createdAt,
}: Kept): SavedThing | null {
  const board = keptBoard({ kind, name, runId, value, picture, createdAt });
  const whole = v.safeParse(SavedThingSchema, {
    ...{ kind, name, run: runId, shape, createdAt: new Date(createdAt).toISOString(), picture },
    value: board && !hasBoard(value) ? { board, seen: null } : value,
  });
  return whole.success ? whole.output : null;
}

function hasBoard(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'board' in value;
}

/** An imported thing as it is kept. */
export function entryOf({ kind, name, run, shape, value, picture, createdAt }: SavedThing): Kept {
  return { kind, name, runId: run, shape, value, picture, createdAt: Date.parse(createdAt) };
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

  /** Keeps imported ones with the time at which they were kept first. @returns how many */
  async keepAll(entries: readonly Kept[]): Promise<number> {
    try {
      await this.#database.kept.bulkAdd([...entries]);
      await this.load();
      return entries.length;
    } catch (error) {
      this.#failed(error);
      return 0;
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
