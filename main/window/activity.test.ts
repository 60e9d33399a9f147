import type { BrowserWindow } from 'electron';
import { beforeEach, expect, it, vi } from 'vitest';
import { Activity, type ActivityOptions, titleOf } from './activity.ts';

const blocker = vi.hoisted(() => ({ start: vi.fn(), stop: vi.fn() }));
vi.mock('electron', () => ({ powerSaveBlocker: blocker }));

function activityOf(window: object, changes: Partial<ActivityOptions> = {}): Activity {
  return new Activity({
    window: { isDestroyed: () => false, ...window } as unknown as BrowserWindow,
    nameOf: async (runId) => runId,
    keepAwake: true,
    failed: () => undefined,
    ...changes,
  });
}

beforeEach(() => {
  vi.resetAllMocks();
  blocker.start.mockReturnValue(7);
});

it('outlasts a system that refuses to be told, and says so', () => {
  const failed = vi.fn();
  blocker.start.mockImplementation(() => {
    throw new Error('no session bus');
  });
  const setProgressBar = vi.fn(() => {
    throw new Error('no task bar');
  });
  const setTitle = vi.fn();
  const activity = activityOf({ setProgressBar, setTitle }, { failed });
  activity.state({ phase: 'running', runId: 'a', detail: null });
  expect(failed.mock.calls.map(([error]) => String(error))).toEqual([
    'Error: no task bar',
    'Error: no session bus',
  ]);
});

it('calls the window by what runs and how far it is, and by its name when nothing does', () => {
  const title = (phase: 'running' | 'paused' | 'finished', share: number) =>
    titleOf(phase, 'digits-tiny', share);
  expect(title('running', 0.4299)).toBe('42 % – digits-tiny – CoVAE Studio');
  expect(title('paused', 0.5)).toBe('Paused at 50 % – digits-tiny – CoVAE Studio');
  expect(title('finished', 1)).toBe('CoVAE Studio');
});

it('changes the title only when there is something new in it', () => {
  const setTitle = vi.fn();
  const activity = activityOf({ setTitle, setProgressBar: () => undefined });
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

it('calls the window by the name of the run, also when it gets another', async () => {
  const setTitle = vi.fn();
  let name = 'first try';
  const activity = activityOf({ setTitle, setProgressBar: () => undefined }, { nameOf: async () => name });
  activity.state({ phase: 'running', runId: 'a', detail: null });
  await vi.waitFor(() => expect(setTitle).toHaveBeenLastCalledWith('0 % – first try – CoVAE Studio'));
  name = 'second try';
  activity.renamed();
  await vi.waitFor(() => expect(setTitle).toHaveBeenLastCalledWith('0 % – second try – CoVAE Studio'));
});

it('has the tray told anew when another language is spoken', () => {
  const changed = vi.fn();
  const setTitle = vi.fn();
  const activity = activityOf({ setTitle, setProgressBar: () => undefined }, { changed });
  activity.state({ phase: 'paused', runId: 'a', detail: null });
  changed.mockClear();
  setTitle.mockClear();
  activity.sayAnew();
  expect(changed).toHaveBeenCalled();
  // The words are the same here, so there is no other title.
  expect(setTitle).not.toHaveBeenCalled();
});

it('keeps the machine awake while a training computes, and only as long as that is wanted', () => {
  const activity = activityOf({ setTitle: () => undefined, setProgressBar: () => undefined });
  const be = (phase: 'running' | 'paused' | 'waiting' | 'finished') =>
    activity.state({ phase, runId: 'a', detail: null });
  be('running');
  expect(blocker.start).toHaveBeenCalledTimes(1);
  be('paused');
  expect(blocker.stop).toHaveBeenCalledWith(7);
  be('running');
  activity.setKeepAwake(false);
  expect(blocker.stop).toHaveBeenCalledTimes(2);
  activity.setKeepAwake(true);
  expect(blocker.start).toHaveBeenCalledTimes(3);
  be('waiting');
  be('finished');
  expect(blocker.stop).toHaveBeenCalledTimes(3);
});
