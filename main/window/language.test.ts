import { afterEach, expect, it, vi } from 'vitest';
import { language, setLanguage } from '../../text/language.ts';
import { PreferenceStore } from '../preferences.ts';
import { followLanguage, wantedLanguage } from './language.ts';

afterEach(() => setLanguage('en'));

it.each([
  [undefined, 'system', ['de-AT', 'en'], 'de'],
  [undefined, 'system', ['fr', 'de'], 'en'],
  [undefined, 'system', [], 'en'],
  [undefined, 'en', ['de'], 'en'],
  [undefined, 'de', ['en'], 'de'],
  ['de', 'en', ['en'], 'de'],
  ['en', 'de', ['de'], 'en'],
  ['xx', 'de', ['en'], 'de'],
] as const)('asked for %s, set to %s, where the system speaks %j: %s', (asked, set, system, wanted) => {
  expect(wantedLanguage(asked, { language: set }, system)).toBe(wanted);
});

it('changes with the settings, and only then', async () => {
  const store = new PreferenceStore('/nowhere/preferences.json');
  const changed = vi.fn();
  followLanguage(store, 'en', ['en'], changed);
  await store.change({ theme: 'dark' }).catch(() => undefined);
  expect(changed).not.toHaveBeenCalled();
  await store.change({ language: 'de' }).catch(() => undefined);
  expect(language()).toBe('de');
  expect(changed).toHaveBeenCalledOnce();
  await store.change({ language: 'system' }).catch(() => undefined);
  expect(language()).toBe('en');
});
