import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type EndOptions, OrderlyEnd } from './orderly-end.ts';

const QUESTION = { message: 'A training is under way.', detail: '' };

function ending(changes: Partial<EndOptions> = {}) {
  const options = {
    question: vi.fn<EndOptions['question']>(() => QUESTION),
    ask: vi.fn<EndOptions['ask']>(async () => 'stop'),
    stop: vi.fn<EndOptions['stop']>(async () => 75),
    close: vi.fn(),
    hide: vi.fn(),
    exit: vi.fn(),
    log: vi.fn(),
    ...changes,
  };
  return { ...options, end: new OrderlyEnd(options) };
}

/** An answer that never comes, unless it is taken back. */
const unanswered: EndOptions['ask'] = (_question, signal) =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve('cancel'));
  });

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('closing the window', () => {
  it('is free when nothing is under way', () => {
    const { end, ask, stop } = ending({ question: () => null });
    expect(end.mayClose()).toBe(true);
    expect(ask).not.toHaveBeenCalled();
    expect(stop).not.toHaveBeenCalled();
  });

  it('asks once, stops, and closes then', async () => {
    const { end, ask, stop, close, exit } = ending();
    expect(end.mayClose()).toBe(false);
    expect(end.mayClose()).toBe(false);
    await vi.runAllTimersAsync();
    expect(ask).toHaveBeenCalledTimes(1);
    expect(stop).toHaveBeenCalledTimes(1);
    expect(close).toHaveBeenCalledTimes(1);
    expect(exit).not.toHaveBeenCalled();
    expect(end.mayClose()).toBe(true);
  });

  it('hides the window when what is under way is to go on, and asks the next time', async () => {
    const { end, ask, stop, close, hide } = ending({ ask: vi.fn(async () => 'background' as const) });
    expect(end.mayClose()).toBe(false);
    await vi.runAllTimersAsync();
    expect(hide).toHaveBeenCalledTimes(1);
    expect(stop).not.toHaveBeenCalled();
    expect(close).not.toHaveBeenCalled();
    expect(end.mayClose()).toBe(false);
    expect(ask).toHaveBeenCalledTimes(2);
  });

  it('goes on when the person does not agree, and asks the next time', async () => {
    const { end, ask, stop } = ending({ ask: vi.fn(async () => 'cancel' as const) });
    expect(end.mayClose()).toBe(false);
    await vi.runAllTimersAsync();
    expect(stop).not.toHaveBeenCalled();
    expect(end.ending).toBe(false);
    expect(end.mayClose()).toBe(false);
    expect(ask).toHaveBeenCalledTimes(2);
  });
});

describe('a signal', () => {
  it('stops without a question and says that the training can be gone on with', async () => {
    const { end, ask, exit } = ending();
    await end.now('SIGTERM');
    expect(ask).not.toHaveBeenCalled();
    expect(exit).toHaveBeenCalledExactlyOnceWith(75);
  });

  it('ends with 0 when no training was stopped', async () => {
    const { end, exit } = ending({ stop: async () => 0 });
    await end.now('SIGTERM');
    expect(exit).toHaveBeenCalledExactlyOnceWith(0);
  });

  it('takes back the question that is on the screen', async () => {
    const { end, stop, close, exit } = ending({ ask: unanswered });
    expect(end.mayClose()).toBe(false);
    await end.now('SIGTERM');
    expect(stop).toHaveBeenCalledTimes(1);
    expect(exit).toHaveBeenCalledExactlyOnceWith(75);
    expect(close).not.toHaveBeenCalled();
  });

  it('while it stops already waits for the same stop, also a second one', async () => {
    let finish = (_code: number): void => undefined;
    const stop = vi.fn(() => new Promise<number>((resolve) => (finish = resolve)));
    const { end, exit } = ending({ stop });
    expect(end.mayClose()).toBe(false);
    await vi.advanceTimersByTimeAsync(10);
    const both = Promise.all([end.now('SIGTERM'), end.now('SIGHUP')]);
    await vi.advanceTimersByTimeAsync(10);
    expect(exit).not.toHaveBeenCalled();
    finish(75);
    await both;
    expect(stop).toHaveBeenCalledTimes(1);
    expect(exit).toHaveBeenCalledWith(75);
  });

  it('ends although what is under way does not, or fails', async () => {
    const hanging = ending({ stop: () => new Promise(() => undefined) });
    const ended = hanging.end.now('SIGTERM');
    await vi.advanceTimersByTimeAsync(60_000);
    await ended;
    expect(hanging.exit).toHaveBeenCalledExactlyOnceWith(1);
    const failing = ending({ stop: () => Promise.reject(new Error('gone')) });
    await failing.end.now('SIGTERM');
    expect(failing.exit).toHaveBeenCalledExactlyOnceWith(1);
  });
});
