/**
 * Pages of something slow, fetched when wanted and the least recently used forgotten. Only what was wanted
 * last is fetched: pages scrolled past in a hurry are never asked for.
 */
export class PageCache<T> {
  readonly #capacity: number;
  readonly #parallel: number;
  readonly #load: (page: number) => Promise<T>;
  readonly #changed: (error: unknown) => void;
  readonly #pages = new Map<number, T>();
  readonly #loading = new Set<number>();
  readonly #failed = new Set<number>();
  /** Pages that are there and have changed since. */
  readonly #outdated = new Set<number>();
  #wanted: number[] = [];
  #epoch = 0;

  /** `changed` is called after each fetch, with null or with what went wrong. */
  constructor(options: {
    capacity: number;
    parallel?: number;
    load: (page: number) => Promise<T>;
    changed: (error: unknown) => void;
  }) {
    this.#capacity = options.capacity;
    this.#parallel = options.parallel ?? 2;
    this.#load = options.load;
    this.#changed = options.changed;
  }

  get(page: number): T | undefined {
    const value = this.#pages.get(page);
    if (value !== undefined) {
      // Last in the map is used last.
      this.#pages.delete(page);
      this.#pages.set(page, value);
    }
    return value;
  }

  /** Replaces the list of pages wanted, the most urgent first. */
  want(pages: readonly number[]): void {
    this.#wanted = pages.filter(
      (page) => (!this.#pages.has(page) || this.#outdated.has(page)) && !this.#failed.has(page),
    );
    this.#pump();
  }

  /** Has a page fetched anew when it is wanted next; what is there stays until then. */
  outdate(page: number): void {
    this.#outdated.add(page);
  }

  /** Forgets all pages; what is on its way is not kept either. */
  clear(): void {
    this.#pages.clear();
    this.#failed.clear();
    this.#outdated.clear();
    this.#wanted = [];
    this.#epoch++;
  }

  /** Lets pages that failed be asked for again. */
  retry(): void {
    this.#failed.clear();
  }

  #pump(): void {
    while (this.#loading.size < this.#parallel) {
      const page = this.#wanted.find((candidate) => !this.#loading.has(candidate));
      if (page === undefined) return;
      this.#wanted = this.#wanted.filter((candidate) => candidate !== page);
      this.#loading.add(page);
      void this.#fetch(page);
    }
  }

  async #fetch(page: number): Promise<void> {
    let problem: unknown = null;
    const epoch = this.#epoch;
    this.#outdated.delete(page);
    try {
      const value = await this.#load(page);
      if (epoch === this.#epoch) this.#pages.set(page, value);
      const oldest = this.#pages.keys().next();
      if (this.#pages.size > this.#capacity && !oldest.done) this.#pages.delete(oldest.value);
    } catch (error) {
      if (epoch === this.#epoch) {
        this.#failed.add(page);
        problem = error;
      }
    }
    this.#loading.delete(page);
    this.#changed(problem);
    this.#pump();
  }
}
