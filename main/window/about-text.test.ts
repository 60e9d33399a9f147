import { expect, it } from 'vitest';
import { PINNED_ELECTRON } from '../electron-release.ts';
import { aboutLines } from './about-text.ts';

const now = Date.UTC(2026, 10, 28);

it('says which Electron runs, how old it is, and which it should be', () => {
  expect(aboutLines('0.1.0', { electron: '25.1.1', chrome: '114.0.5735.106', node: '18.15.0' }, now)).toEqual(
    [
      'Version 0.1.0',
      'Electron 25.1.1 of June 2023, 3 years and 5 months old; this version of CoVAE Studio is made for ' +
        '45.4.1 of 19 November 2026, less than a month old',
      'Chromium 114.0.5735.106, Node.js 18.15.0',
    ],
  );
});

it('has nothing to remark on the Electron it is made for', () => {
  const lines = aboutLines('0.1.0', { electron: PINNED_ELECTRON, chrome: '1', node: '2' }, now);
  expect(lines.join()).not.toContain('made for');
});
