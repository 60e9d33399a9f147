import { isCancellation } from './bridge.ts';

/**
 * Runs a task for the newest request only: one at a time, and of all requests that come in meanwhile just
 * the last. Keeps a slider live over a model that may be slower than the hand.
 */
export class Latest<T> {
  readonly #task: (request: T, signal: AbortSignal) => Promise<void>;
  readonly #failed: (error: unknown) => void;
  readonly #outdated: (running: T, next: T) => boolean;
  #next: { request: T } | null = null;
  #running: { request: T; abort: AbortController } | null = null;

  /**
   * @param task ends early when its signal is aborted: its answer is not wanted any more
   * @param outdated whether a request that runs is of no use once there is a newer one; default: always. A slider is
   *   better shown what is a little late than nothing.
   */
  constructor(
    task: (request: T, signal: AbortSignal) => Promise<void>,
    failed: (error: unknown) => void,
    outdated: (running: T, next: T) => boolean = () => true,
  ) {
    this.#task = task;
    this.#failed = failed;
    this.#outdated = outdated;
  }

  get busy(): boolean {
    return this.#running !== null;
  }

  request(request: T): void {
    this.#next = { request };
    if (this.#running === null) void this.#run();
    else if (this.#outdated(this.#running.request, request)) this.#running.abort.abort();
  }

  /** Forgets what waits and cancels what runs. */
  clear(): void {
    this.#next = null;
    this.#running?.abort.abort();
  }

  async #run(): Promise<void> {
    while (this.#next) {
      const { request } = this.#next;
      this.#next = null;
      const abort = new AbortController();
      this.#running = { request, abort };
      try {
        await this.#task(request, abort.signal);
      } catch (error) {
        if (!(abort.signal.aborted && isCancellation(error))) this.#failed(error);
      }
    }
    this.#running = null;
  }
}
