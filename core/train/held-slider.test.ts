/** What a hand on a slider waits for, and what a training keeps of its speed meanwhile: played through on a clock of its own. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { GivingWay } from './giving-way.ts';

interface Event {
  at: number;
  /** @param at when it would have happened, had the thread been free */
  happen: (at: number) => void;
}

/** One thread and its messages: what happens while it is at work is heard afterwards. */
class Thread {
  now = 0;
  readonly #events: Event[] = [];

  after(milliseconds: number, happen: Event['happen']): Event {
    return this.at(this.now + milliseconds, happen);
  }

  at(at: number, happen: Event['happen']): Event {
    const event = { at, happen };
    this.#events.push(event);
    return event;
  }

  drop(event: Event): void {
    const at = this.#events.indexOf(event);
    if (at >= 0) this.#events.splice(at, 1);
  }

  async until(end: number): Promise<void> {
    while (this.now < end) {
      // All that goes on without time passing.
      for (let turns = 0; turns < 4; turns++) await turn();
      this.#events.sort((a, b) => a.at - b.at);
      const next = this.#events.shift();
      if (next === undefined) return;
      this.now = Math.max(this.now, next.at);
      next.happen(next.at);
    }
  }
}

interface Held {
  /** Milliseconds of a training step, of an answer, of a message's way, and from a picture to the next move. */
  step: number;
  answer: number;
  message: number;
  pause: number;
  seconds: number;
}

/** A slider that is held for so long while a training runs. @returns how long each move waited, and the share of its speed that the training kept */
async function hold({ step, answer, message, pause, seconds }: Held) {
  const thread = new Thread();
  const way = new GivingWay({
    now: () => thread.now,
    sleep: (milliseconds, signal) =>
      new Promise((resolve) => {
        const wake = (): void => {
          thread.drop(event);
          resolve();
        };
        const event = thread.after(milliseconds, () => {
          signal.removeEventListener('abort', wake);
          resolve();
        });
        signal.addEventListener('abort', wake, { once: true });
      }),
  });
  const end = 1000 * seconds;
  const waits: number[] = [];
  let steps = 0;
  const train = async (): Promise<void> => {
    while (thread.now < end) {
      await way.between();
      await new Promise<void>((resolve) =>
        thread.after(0, () => {
          thread.now += step;
          steps++;
          resolve();
        }),
      );
    }
  };
  // The window is a process of its own: it shows and asks whatever the thread is at.
  const move = (asked: number): void => {
    thread.at(asked + message, () => {
      void way
        .first(async () => {
          await turn();
          await turn();
          thread.now += answer;
        })
        .then(() =>
          thread.after(message, (shown) => {
            waits.push(shown - asked);
            move(shown + pause);
          }),
        );
    });
  };
  move(0);
  void train();
  await thread.until(end);
  waits.sort((a, b) => a - b);
  const at = (share: number): number => waits[Math.ceil(share * waits.length) - 1] ?? NaN;
  return {
    moves: waits.length,
    median: at(0.5),
    p95: at(0.95),
    longest: at(1),
    speed: (steps * step) / thread.now,
  };
}

describe('a slider held for half a minute while a training runs', () => {
  const answer = 35;
  it.each([50, 100, 143, 300, 900].flatMap((step) => [1, 5].map((message) => [step, message] as const)))(
    'waits for one step at most, with steps of %i ms and messages of %i ms',
    async (step, message) => {
      const held = await hold({ step, answer, message, pause: 30, seconds: 29 });
      expect(held.median).toBeLessThanOrEqual(60);
      expect(held.p95).toBeLessThanOrEqual(step + answer + 2 * message);
      expect(held.longest).toBeLessThanOrEqual(step + answer + 2 * message);
      if (step <= 100) expect(held.p95).toBeLessThanOrEqual(120);
      expect(held.speed).toBeGreaterThanOrEqual(0.25);
    },
  );
});
