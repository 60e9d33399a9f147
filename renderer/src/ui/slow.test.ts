import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Slow, SLOW_MS } from './slow.svelte.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const after = (milliseconds: number) => () =>
  new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

it('says nothing of quick work, and of slow work from 150 ms on until it is done', async () => {
  const slow = new Slow();
  const quick = slow.during(after(SLOW_MS - 1));
  await vi.advanceTimersByTimeAsync(SLOW_MS + 50);
  await quick;
  expect(slow.shown).toBe(false);

  const long = slow.during(after(400));
  await vi.advanceTimersByTimeAsync(SLOW_MS - 1);
  expect(slow.shown).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(slow.shown).toBe(true);
  await vi.advanceTimersByTimeAsync(400);
  await long;
  expect(slow.shown).toBe(false);
});

it('is over also when the work fails, and not before all of it is done', async () => {
  const slow = new Slow();
  const failing = slow.during(async () => {
    await after(200)();
    throw new Error('no');
  });
  const other = slow.during(after(300));
  failing.catch(() => undefined);
  await vi.advanceTimersByTimeAsync(250);
  await expect(failing).rejects.toThrow('no');
  expect(slow.shown).toBe(true);
  await vi.advanceTimersByTimeAsync(100);
  await other;
  expect(slow.shown).toBe(false);
});
