import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { DEFAULT_PREFERENCES } from '../core/preferences.ts';
import { PreferenceStore } from './preferences.ts';

let folder: string;
beforeAll(async () => (folder = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-store-'))));
afterAll(() => fs.rm(folder, { recursive: true, force: true }));

it('keeps what is changed over a start, and tells who follows', async () => {
  const userData = path.join(folder, 'kept');
  const tell = vi.fn();
  const store = await PreferenceStore.open(userData, { tell });
  const heard = vi.fn();
  store.onChange(heard);
  const changes = [store.change({ theme: 'dark' }), store.change({ keepAwake: false })];
  // At once, before anything is written.
  expect(store.value).toMatchObject({ theme: 'dark', keepAwake: false });
  await Promise.all(changes);
  expect(heard).toHaveBeenCalledTimes(2);
  const again = await PreferenceStore.open(userData, { tell });
  expect(again.value).toEqual({ ...DEFAULT_PREFERENCES, theme: 'dark', keepAwake: false });
  expect(tell).not.toHaveBeenCalled();
});

it('tells of a damaged file, once, and goes on', async () => {
  const userData = path.join(folder, 'damaged');
  await fs.mkdir(userData);
  await fs.writeFile(path.join(userData, 'preferences.json'), '{');
  const tell = vi.fn();
  const store = await PreferenceStore.open(userData, { tell });
  expect(store.value).toEqual(DEFAULT_PREFERENCES);
  expect(tell).toHaveBeenCalledOnce();
});

it('holds for the session what cannot be written, and says so', async () => {
  await fs.writeFile(path.join(folder, 'file'), '');
  const store = new PreferenceStore(path.join(folder, 'file', 'preferences.json'));
  await expect(store.change({ theme: 'light' })).rejects.toThrow();
  expect(store.value.theme).toBe('light');
});
