/** Lets what a person asks for go before training steps, without ever stopping the training. */
import { setImmediate as turn } from 'node:timers/promises';

/** How long the training waits at most when it has not waited for a while, milliseconds. */
export const MOST_PATIENCE_MS = 2_500;
/** Waiting that is earned by each millisecond of training: under requests that never end two fifths of its speed are left. */
export const EARNED = 1.5;
/** How long the training waits after an answer: a hand on a slider asks again at once. */
export const LINGER_MS = 200;
/** How long a request that is under way is waited for when the patience is at an end, milliseconds; it is paid back later. */
export const GRACE_MS = 400;

/** What the time is told by, and how it is waited for; other ones in tests. */
export interface GivingWayClock {
  now(): number;
  /** Resolves after so long, or when the signal is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

const systemClock: GivingWayClock = {
  now: () => performance.now(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, milliseconds);
      signal.addEventListener('abort', done, { once: true });
    }),
};

/**
 * Requests under way, and a training that waits for them between two steps. It waits until all are answered and a little
 * longer, for the next of them; how long in all is bounded by what it has trained meanwhile: {@link MOST_PATIENCE_MS} at
 * once, and {@link EARNED} times what its steps take. So over ten seconds of requests without a pause it keeps a quarter of
 * its speed. A step that has to begin amid them does so just after an answer, and after it the next request is waited
 * for anew: no request waits for more than one step.
 */
export class GivingWay {
  readonly #clock: GivingWayClock;
  #underWay = 0;
  #answeredAt = -Infinity;
  #patience = MOST_PATIENCE_MS;
  /** When the training was last let go; null before its first wait. */
  #letGoAt: number | null = null;
  /** Something was asked since the training was last let go, or it was let go amid requests: more is likely to be asked. */
  #asking = false;
  /** The last answer, until it was decided whether a step begins after it: milliseconds since the one before it. */
  #answer: { rhythm: number } | null = null;
  /** Ends the present sleep, to look again. */
  #wake: () => void = () => undefined;

  constructor(clock: GivingWayClock = systemClock) {
    this.#clock = clock;
  }

  /** Does what a person waits for; the training waits meanwhile. */
  async first<T>(work: () => T | Promise<T>): Promise<T> {
    this.#underWay++;
    this.#asking = true;
    try {
      return await work();
    } finally {
      this.#underWay--;
      const now = this.#clock.now();
      this.#answer = { rhythm: now - this.#answeredAt };
      this.#answeredAt = now;
      this.#wake();
    }
  }

  /**
   * To be awaited by a training between two pieces of work that block the thread: gives the event loop a turn, so that
   * requests are heard, and waits for those under way.
   *
   * @param signal ends the wait
   * @returns milliseconds waited
   */
  async between(signal?: AbortSignal): Promise<number> {
    const worked = this.#letGoAt === null ? 0 : this.#clock.now() - this.#letGoAt;
    this.#patience = Math.min(MOST_PATIENCE_MS, this.#patience + EARNED * worked);
    await turn();
    const start = this.#clock.now();
    // Nobody could be heard during the step: what is asked next is waited for from its end on.
    if (this.#asking) this.#answeredAt = start;
    this.#takeAnswer();
    for (;;) {
      const now = this.#clock.now();
      const asked = this.#underWay > 0;
      const left = this.#patience - (now - start) + (asked ? GRACE_MS : 0);
      const wanted = asked ? Infinity : this.#answeredAt + LINGER_MS - now;
      this.#asking = wanted > 0;
      // A step that has to begin before the next answer begins while the hand is on its way.
      const answer = this.#takeAnswer();
      const last = answer !== null && !asked && left < answer.rhythm;
      if (wanted <= 0 || left <= 0 || last || signal?.aborted) break;
      const woken = new AbortController();
      this.#wake = () => woken.abort();
      signal?.addEventListener('abort', this.#wake, { once: true });
      await this.#clock.sleep(Math.min(left, wanted), woken.signal);
      signal?.removeEventListener('abort', this.#wake);
    }
    const now = this.#clock.now();
    this.#letGoAt = now;
    this.#patience -= now - start;
    return now - start;
  }

  #takeAnswer(): { rhythm: number } | null {
    const answer = this.#answer;
    this.#answer = null;
    return answer;
  }
}
