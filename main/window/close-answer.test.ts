import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { DEFAULT_PREFERENCES, type Preferences } from '../../core/preferences.ts';
import { PreferenceStore } from '../preferences.ts';
import { closeAnswer } from './close-answer.ts';
import type { ConfirmedClose } from './platform.ts';

let folder: string;
beforeAll(async () => (folder = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-closing-'))));
afterAll(() => fs.rm(folder, { recursive: true, force: true }));

function closing(
  whenClosing: Preferences['whenClosing'],
  answered: ConfirmedClose = { answer: 'cancel', remember: false },
) {
  const preferences = new PreferenceStore(path.join(folder, 'preferences.json'), {
    ...DEFAULT_PREFERENCES,
    whenClosing,
  });
  const confirm = vi.fn(async () => answered);
  const ask = (quitting: boolean, onlyTraining = true) =>
    closeAnswer({ preferences, quitting, onlyTraining, confirm, log: () => undefined });
  return { preferences, confirm, ask };
}

it('asks, and keeps the answer only when it is to hold the next time', async () => {
  const once = closing('ask', { answer: 'background', remember: false });
  expect(await once.ask(false)).toBe('background');
  expect(once.preferences.value.whenClosing).toBe('ask');
  const always = closing('ask', { answer: 'background', remember: true });
  expect(await always.ask(false)).toBe('background');
  expect(always.preferences.value.whenClosing).toBe('background');
  expect(await always.ask(false)).toBe('background');
  expect(always.confirm).toHaveBeenCalledTimes(1);
});

it('goes into the background as the settings say, but not when the application is to quit', async () => {
  const { ask, confirm } = closing('background', { answer: 'stop', remember: false });
  expect(await ask(false)).toBe('background');
  expect(confirm).not.toHaveBeenCalled();
  expect(await ask(true)).toBe('stop');
  expect(confirm).toHaveBeenCalledTimes(1);
});

it('stops a training unasked when the settings say so, and nothing that would be lost', async () => {
  const { ask, confirm } = closing('stop');
  expect(await ask(false)).toBe('stop');
  expect(await ask(true)).toBe('stop');
  expect(confirm).not.toHaveBeenCalled();
  expect(await ask(false, false)).toBe('cancel');
  expect(confirm).toHaveBeenCalledTimes(1);
});
