import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { SignalEnd } from './signal-end.ts';

class FakeProcess extends EventEmitter {
  readonly exit = vi.fn();
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'])(
  'ends at once by %s when nothing is under way',
  (signal) => {
    const target = new FakeProcess();
    const onSignal = vi.fn();
    new SignalEnd(onSignal, target);
    target.emit(signal);
    expect(target.exit).toHaveBeenCalledExactlyOnceWith(0);
    expect(onSignal).not.toHaveBeenCalled();
  },
);

it('asks what is under way to end, and ends after it, its last words out', async () => {
  const target = new FakeProcess();
  const onSignal = vi.fn();
  const ends = new SignalEnd(onSignal, target);
  let finish = (): void => undefined;
  const work = ends.during(() => new Promise<void>((resolve) => (finish = resolve)));
  target.emit('SIGHUP');
  expect(onSignal).toHaveBeenCalledTimes(1);
  expect(target.exit).not.toHaveBeenCalled();
  finish();
  await work;
  expect(target.exit).not.toHaveBeenCalled();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(target.exit).toHaveBeenCalledExactlyOnceWith(0);
});

it('stays when no signal came', async () => {
  const target = new FakeProcess();
  const ends = new SignalEnd(() => undefined, target);
  await ends.during(async () => undefined);
  await vi.runAllTimersAsync();
  expect(target.exit).not.toHaveBeenCalled();
});
