/**
 * Runs a task for the newest request only: one at a time, and of all requests that come in meanwhile just
 * the last. Keeps a slider live over a model that may be slower than the hand.
 */
export class Latest<T> {
  readonly #task: (request: T) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #next: { request: T } | null = null;
  #busy = false;

  constructor(task: (request: T) => Promise<void>, failed: (error: unknown) => void) {
    this.#task = task;
    this.#failed = failed;
  }

  get busy(): boolean {
    return this.#busy;
  }

  request(request: T): void {
    this.#next = { request };
    if (!this.#busy) void this.#run();
  }

  /** Forgets what waits; what runs is not interrupted. */
  clear(): void {
    this.#next = null;
  }

  async #run(): Promise<void> {
    this.#busy = true;
    while (this.#next) {
      const { request } = this.#next;
      this.#next = null;
      try {
        await this.#task(request);
      } catch (error) {
        this.#failed(error);
      }
    }
    this.#busy = false;
  }
}
