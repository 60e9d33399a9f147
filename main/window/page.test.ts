import { EventEmitter } from 'node:events';
import type { BrowserWindow } from 'electron';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Page, type PageOptions } from './page.ts';

class Contents extends EventEmitter {
  readonly send = vi.fn();
  readonly reload = vi.fn();
}

function page(changes: Partial<PageOptions> = {}) {
  const webContents = new Contents();
  const close = vi.fn();
  const window = { webContents, isDestroyed: () => false, close } as unknown as BrowserWindow;
  const options = {
    window,
    log: vi.fn(),
    ending: () => false,
    onGone: vi.fn(),
    askToRetry: vi.fn(async () => false),
    ...changes,
  };
  const die = (): void => {
    webContents.emit('render-process-gone', {}, { reason: 'crashed' });
  };
  return { page: new Page(options), ...options, webContents, close, die };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it('is brought back when it dies, and told nothing meanwhile', async () => {
  const made = page();
  made.die();
  made.page.emit('library.changed', { what: 'runs' });
  expect(made.webContents.send).not.toHaveBeenCalled();
  expect(made.onGone).toHaveBeenCalledTimes(1);
  await vi.runAllTimersAsync();
  expect(made.webContents.reload).toHaveBeenCalledTimes(1);
  made.webContents.emit('did-finish-load');
  made.page.emit('library.changed', { what: 'runs' });
  expect(made.webContents.send).toHaveBeenCalledTimes(1);
});

it('is not brought back for ever', async () => {
  const made = page();
  for (let death = 0; death < 4; death++) {
    made.die();
    await vi.runAllTimersAsync();
  }
  expect(made.webContents.reload).toHaveBeenCalledTimes(3);
  expect(made.askToRetry).toHaveBeenCalledTimes(1);
  expect(made.close).toHaveBeenCalledTimes(1);
});

it('is left alone when the application ends', async () => {
  const made = page({ ending: () => true });
  made.die();
  await vi.runAllTimersAsync();
  expect(made.webContents.reload).not.toHaveBeenCalled();
});

it('never throws, and says once that it cannot be told', () => {
  const made = page();
  made.webContents.send.mockImplementation(() => {
    throw new Error('disposed');
  });
  made.page.emit('library.changed', { what: 'runs' });
  made.page.emit('library.changed', { what: 'runs' });
  expect(made.log).toHaveBeenCalledTimes(1);
});
