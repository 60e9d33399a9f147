import { afterEach, expect, it } from 'vitest';
import { setLanguage } from '../../text/language.ts';
import { said } from './said.ts';

afterEach(() => setLanguage('en'));

it('translates what is a sentence, and hands on the rest as it is', () => {
  setLanguage('de');
  const curve = Array.from({ length: 1000 }, (_, i) => i);
  const told = { name: 'Finished', message: 'No run is chosen.', curve, inner: { text: [1, 2] } };
  const spoken = said(told);
  expect(spoken).toEqual({ ...told, message: 'Kein Lauf ist gewählt.' });
  expect(spoken.curve).toBe(curve);
  expect(spoken.inner).toBe(told.inner);
  const silent = { step: 3, values: [{ loss: 0.5 }] };
  expect(said(silent)).toBe(silent);
  setLanguage('en');
  expect(said(told)).toBe(told);
});
