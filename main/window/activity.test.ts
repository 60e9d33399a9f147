import type { BrowserWindow } from 'electron';
import { expect, it, vi } from 'vitest';
import { Activity } from './activity.ts';

vi.mock('electron', () => ({
  powerSaveBlocker: {
    start: () => {
      throw new Error('no session bus');
    },
    stop: () => undefined,
  },
}));

it('outlasts a system that refuses to be told, and says so', () => {
  const failed = vi.fn();
  const setProgressBar = vi.fn(() => {
    throw new Error('no task bar');
  });
  const activity = new Activity({ setProgressBar } as unknown as BrowserWindow, failed);
  activity.state({ phase: 'running', runId: 'a', detail: null });
  expect(failed.mock.calls.map(([error]) => String(error))).toEqual([
    'Error: no task bar',
    'Error: no session bus',
  ]);
});
