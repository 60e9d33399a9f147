import * as v from 'valibot';
import type { CatalogueDatabase, ViewEntry } from './database.ts';

const schema = v.object({
  fingerprint: v.string(),
  tab: v.fallback(v.picklist(['images', 'statistics', 'skipped']), 'images'),
  active: v.fallback(v.number(), 0),
  className: v.fallback(v.nullable(v.string()), null),
  show: v.fallback(v.picklist(['all', 'constant', 'duplicates', 'suspicious', 'heldOut']), 'all'),
});

/** How one data set is looked at; kept in the catalogue, so that it is found again as it was left. */
export class DatasetView {
  readonly #database: CatalogueDatabase;
  #value = $state<ViewEntry>({ fingerprint: '', tab: 'images', active: 0, className: null, show: 'all' });
  /** Nothing is shown before: it would jump. */
  ready = $state(false);
  #writing: ReturnType<typeof setTimeout> | undefined;

  constructor(database: CatalogueDatabase, fingerprint: string) {
    this.#database = database;
    this.#value.fingerprint = fingerprint;
    void this.#load(fingerprint);
  }

  get value(): Readonly<ViewEntry> {
    return this.#value;
  }

  set(change: Partial<Omit<ViewEntry, 'fingerprint'>>): void {
    Object.assign(this.#value, change);
    clearTimeout(this.#writing);
    // Arrow keys held down change it many times a second.
    this.#writing = setTimeout(() => void this.write(), 200);
  }

  /** Writes what has not been written yet. */
  async write(): Promise<void> {
    clearTimeout(this.#writing);
    // A view that is not kept is no reason to stop anybody.
    await this.#database.views.put($state.snapshot(this.#value)).catch(() => undefined);
  }

  async #load(fingerprint: string): Promise<void> {
    try {
      const kept = v.safeParse(schema, await this.#database.views.get(fingerprint));
      if (kept.success) Object.assign(this.#value, kept.output);
    } catch {
      // The usual view will do.
    }
    this.ready = true;
  }
}
