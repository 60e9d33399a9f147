import { afterEach, expect, it } from 'vitest';
import { catalogue } from '../../text/catalogue.ts';
import { setLanguage } from '../../text/language.ts';
import { applicationItems, editItems, windowItems } from './role-items.ts';

afterEach(() => setLanguage('en'));

it.each([true, false])('have labels of their own, which there are in German, on macOS: %s', (mac) => {
  setLanguage('de');
  const items = [...editItems(mac), ...windowItems(mac), ...applicationItems()].filter(
    ({ type }) => type !== 'separator',
  );
  const untold = items.filter(
    ({ label }) => label === undefined || catalogue()?.messages.get(label) === undefined,
  );
  expect(untold).toEqual([]);
});
