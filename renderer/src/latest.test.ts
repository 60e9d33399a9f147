import { describe, expect, it, vi } from 'vitest';
import { Latest } from './latest.ts';

/** A task that is finished by hand. */
function slow() {
  const started: number[] = [];
  const failures: unknown[] = [];
  let end: { resolve: () => void; reject: (error: Error) => void } | undefined;
  const latest = new Latest<number>(
    (request) => {
      started.push(request);
      return new Promise<void>((resolve, reject) => (end = { resolve, reject }));
    },
    (error) => failures.push(error),
  );
  const settle = async (error?: Error) => {
    if (error) end?.reject(error);
    else end?.resolve();
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { latest, started, failures, settle };
}

describe('Latest', () => {
  it('runs one at a time and of those that wait only the newest', async () => {
    const { latest, started, settle } = slow();
    for (const request of [1, 2, 3, 4]) latest.request(request);
    expect(started).toEqual([1]);
    await settle();
    expect(started).toEqual([1, 4]);
    expect(latest.busy).toBe(true);
    await settle();
    expect(started).toEqual([1, 4]);
    expect(latest.busy).toBe(false);
  });

  it('cancels what runs when a newer request makes it useless, or when it is cleared, without a word', async () => {
    const signals: AbortSignal[] = [];
    const failed = vi.fn();
    const latest = new Latest<number>(
      (_, signal) => {
        signals.push(signal);
        return new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason as Error));
        });
      },
      failed,
      (running, next) => next - running > 1,
    );
    const turn = () => new Promise((resolve) => setTimeout(resolve));
    latest.request(1);
    latest.request(2);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    latest.request(3);
    await turn();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, false]);
    latest.clear();
    await turn();
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(latest.busy).toBe(false);
    expect(failed).not.toHaveBeenCalled();
  });

  it('goes on after a failure and reports it', async () => {
    const { latest, started, failures, settle } = slow();
    latest.request(1);
    latest.request(2);
    await settle(new Error('no'));
    expect(failures).toEqual([new Error('no')]);
    expect(started).toEqual([1, 2]);
    await settle();
    latest.request(3);
    expect(started).toEqual([1, 2, 3]);
  });

  it('forgets what waits when cleared', async () => {
    const { latest, started, settle } = slow();
    latest.request(1);
    latest.request(2);
    latest.clear();
    await settle();
    expect(started).toEqual([1]);
  });
});
