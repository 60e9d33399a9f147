/** Work that was asked for by number, so that whoever asked can say that it is not wanted any more. */
export class InFlight {
  readonly #work = new Map<number, AbortController>();

  /** Does the work; its signal is aborted by {@link cancel} with the same number while it lasts. */
  async run<T>(id: number, work: (signal: AbortSignal) => T | Promise<T>): Promise<T> {
    const controller = new AbortController();
    this.#work.set(id, controller);
    try {
      return await work(controller.signal);
    } finally {
      if (this.#work.get(id) === controller) this.#work.delete(id);
    }
  }

  /** Does nothing when the work is done already. */
  cancel(id: number): void {
    this.#work.get(id)?.abort();
  }

  cancelAll(): void {
    for (const controller of this.#work.values()) controller.abort();
  }
}
