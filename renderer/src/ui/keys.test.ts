import { afterEach, expect, it } from 'vitest';
import { setLanguage } from '../../../text/language.ts';
import { saidKeys } from './keys.ts';

afterEach(() => setLanguage('en'));

it('says keys as they stand on keyboards', () => {
  expect(saidKeys('Ctrl+Shift+O')).toBe('Ctrl+Shift+O');
  setLanguage('de');
  expect(saidKeys('Ctrl+Shift+O')).toBe('Strg+Umschalt+O');
  expect(saidKeys('Ctrl+,')).toBe('Strg+,');
  expect(saidKeys('F1')).toBe('F1');
});
