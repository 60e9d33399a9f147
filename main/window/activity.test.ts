import type { BrowserWindow } from 'electron';
import { expect, it, vi } from 'vitest';
import { Activity, titleOf } from './activity.ts';

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
  const setTitle = vi.fn();
  const activity = new Activity({ setProgressBar, setTitle } as unknown as BrowserWindow, failed);
  activity.state({ phase: 'running', runId: 'a', detail: null });
  expect(failed.mock.calls.map(([error]) => String(error))).toEqual([
    'Error: no task bar',
    'Error: no session bus',
  ]);
});

it('calls the window by what runs and how far it is, and by its name when nothing does', () => {
  const title = (phase: 'running' | 'paused' | 'finished', share: number) =>
    titleOf({ phase, runId: 'digits-tiny', detail: null }, share);
  expect(title('running', 0.4299)).toBe('42 % – digits-tiny – CoVAE Studio');
  expect(title('paused', 0.5)).toBe('Paused at 50 % – digits-tiny – CoVAE Studio');
  expect(title('finished', 1)).toBe('CoVAE Studio');
});

it('changes the title only when there is something new in it', () => {
  const setTitle = vi.fn();
  const window = { setTitle, setProgressBar: () => undefined } as unknown as BrowserWindow;
  const activity = new Activity(window, () => undefined);
  activity.state({ phase: 'running', runId: 'a', detail: null });
  for (const step of [1, 2, 3, 11]) {
    activity.progress({ step, steps: 1000 } as Parameters<Activity['progress']>[0]);
  }
  activity.state({ phase: 'finished', runId: 'a', detail: null });
  expect(setTitle.mock.calls.flat()).toEqual([
    '0 % – a – CoVAE Studio',
    '1 % – a – CoVAE Studio',
    'CoVAE Studio',
  ]);
});
