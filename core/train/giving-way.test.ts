import { describe, expect, it } from 'vitest';
import { EARNED, GivingWay, GRACE_MS, LINGER_MS, MOST_PATIENCE_MS } from './giving-way.ts';

/** A clock that moves only as it is told to, and when it is slept on. */
function setup() {
  let now = 0;
  const sleeps: number[] = [];
  /** What happens while the training sleeps, once: after so many milliseconds. */
  let event: { at: number; happen: () => Promise<void> } | null = null;
  const way = new GivingWay({
    now: () => now,
    sleep: async (milliseconds, signal) => {
      sleeps.push(milliseconds);
      const end = now + milliseconds;
      if (event !== null && event.at <= end) {
        now = Math.max(now, event.at);
        const { happen } = event;
        event = null;
        await happen();
        if (signal.aborted) return;
      }
      now = end;
    },
  });
  return {
    way,
    sleeps,
    pass: (milliseconds: number) => (now += milliseconds),
    at: (at: number, happen: () => Promise<void>) => (event = { at, happen }),
    now: () => now,
  };
}

/** A request that is answered when it is told to. */
function request(way: GivingWay) {
  let answer = (): void => undefined;
  const done = way.first(() => new Promise<void>((resolve) => (answer = resolve)));
  return {
    answer: async () => {
      answer();
      await done;
    },
  };
}

describe('GivingWay', () => {
  it('keeps a training that nobody asks anything of waiting for nothing', async () => {
    const { way, sleeps } = setup();
    expect(await way.between()).toBe(0);
    expect(await way.between()).toBe(0);
    expect(sleeps).toEqual([]);
  });

  it('waits until a request is answered, and a little longer for the next one', async () => {
    const { way, at, now } = setup();
    const asked = request(way);
    at(30, asked.answer);
    expect(await way.between()).toBe(30 + LINGER_MS);
    expect(now()).toBe(30 + LINGER_MS);
    expect(await way.between()).toBe(0);
  });

  it('goes on when its patience is at an end, though a request is under way, and earns more by its steps', async () => {
    const { way, pass } = setup();
    request(way);
    expect(await way.between()).toBe(MOST_PATIENCE_MS + GRACE_MS);
    expect(await way.between()).toBe(0);
    pass(100);
    expect(await way.between()).toBe(EARNED * 100);
    pass(10 * MOST_PATIENCE_MS);
    expect(await way.between()).toBe(MOST_PATIENCE_MS + GRACE_MS);
  });

  it.each([20, 100, 900])(
    'keeps a quarter of its speed over ten seconds of a held slider, with steps of %i ms',
    async (step) => {
      const { way, pass, now } = setup();
      request(way);
      let steps = 0;
      while (now() < 10_000) {
        await way.between();
        pass(step);
        steps++;
      }
      expect((steps * step) / now()).toBeGreaterThanOrEqual(0.25);
    },
  );

  it('stops waiting when the training is stopped', async () => {
    const { way, at } = setup();
    request(way);
    const stop = new AbortController();
    at(40, async () => stop.abort());
    expect(await way.between(stop.signal)).toBe(40);
  });

  it('hands on what the work gives, and forgets work that fails', async () => {
    const { way, pass } = setup();
    expect(await way.first(() => 7)).toBe(7);
    await expect(
      way.first(() => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    pass(LINGER_MS);
    expect(await way.between()).toBe(LINGER_MS);
    expect(await way.between()).toBe(0);
  });

  it('wakes by the real clock at once when a request is answered', async () => {
    const way = new GivingWay();
    const asked = request(way);
    const waiting = way.between();
    setTimeout(() => void asked.answer(), 20);
    const waited = await waiting;
    expect(waited).toBeGreaterThan(LINGER_MS);
    expect(waited).toBeLessThan(MOST_PATIENCE_MS);
  });
});
