/** How long what was read from the disk is taken for true, milliseconds: a slider asks many times a second. */
export const TRUSTED_MS = 1_000;

/** Values that were found out a moment ago, by key, so that the files they come from are not looked at for each request. */
export class Recent<T> {
  readonly #trusted: number;
  readonly #now: () => number;
  readonly #known = new Map<string, { at: number; value: Promise<T> }>();

  constructor(trusted = TRUSTED_MS, now = () => performance.now()) {
    this.#trusted = trusted;
    this.#now = now;
  }

  /** What `find` gave a moment ago, or gives now; one that fails is asked again. */
  of(key: string, find: () => Promise<T>): Promise<T> {
    const known = this.#known.get(key);
    if (known !== undefined && this.#now() - known.at < this.#trusted) return known.value;
    const entry = { at: this.#now(), value: find() };
    this.#known.set(key, entry);
    entry.value.catch(() => {
      if (this.#known.get(key) === entry) this.#known.delete(key);
    });
    return entry.value;
  }

  /** Forgets all: something has changed. */
  forget(): void {
    this.#known.clear();
  }
}
