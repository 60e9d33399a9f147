/**
 * A terminal and a session that end send their signals to every process, also to those of main, which ends them itself
 * once it has what they were at. So they do not die in the middle of it: they end when they are done.
 */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

/** What was said last has to get out first, milliseconds. */
const LAST_WORDS = 1_000;

interface Process {
  on(signal: (typeof SIGNALS)[number], listener: () => void): unknown;
  exit(code: number): void;
}

export class SignalEnd {
  readonly #process: Process;
  #under = 0;
  #wanted = false;

  /** @param onSignal asks what is under way to end early; where it is long, main does */
  constructor(onSignal: () => void, target: Process = process) {
    this.#process = target;
    for (const signal of SIGNALS) {
      target.on(signal, () => {
        this.#wanted = true;
        if (this.#under === 0) target.exit(0);
        else onSignal();
      });
    }
  }

  /** Work that a signal waits for. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#under++;
    try {
      return await work();
    } finally {
      this.#under--;
      if (this.#wanted && this.#under === 0) setTimeout(() => this.#process.exit(0), LAST_WORDS);
    }
  }
}
