import { describe, expect, it } from 'vitest';
import { InFlight } from './in-flight.ts';

/** Ends when its signal is aborted only. */
const untilAborted = (signal: AbortSignal): Promise<string> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });

describe('InFlight', () => {
  it('cancels the work of a number, and no other', async () => {
    const work = new InFlight();
    const outcomes = Promise.allSettled([1, 2].map((id) => work.run(id, untilAborted)));
    work.cancel(1);
    work.cancel(7);
    work.cancelAll();
    expect(await outcomes).toMatchObject([
      { status: 'rejected', reason: { name: 'AbortError' } },
      { status: 'rejected', reason: { name: 'AbortError' } },
    ]);
    const kept = new InFlight();
    const signals: AbortSignal[] = [];
    void kept.run(1, (signal) => untilAborted((signals[0] = signal))).catch(() => undefined);
    void kept.run(2, (signal) => untilAborted((signals[1] = signal))).catch(() => undefined);
    kept.cancel(2);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false, true]);
  });

  it('forgets what is done', async () => {
    const work = new InFlight();
    let first: AbortSignal | undefined;
    expect(await work.run(1, (signal) => ((first = signal), 'done'))).toBe('done');
    work.cancel(1);
    expect(first?.aborted).toBe(false);
  });
});
