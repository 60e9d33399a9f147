import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { listPresets } from './presets.ts';
import { SETTINGS } from './settings-table.ts';
import { factsOf, keysByGroup, settingsPage } from './settings-text.ts';

const PAGE = path.join(import.meta.dirname, '../../docs/settings.md');

const facts = (key: string): string => {
  const setting = SETTINGS.find((candidate) => candidate.key === key);
  if (!setting) throw new Error(`no setting ${key}`);
  return factsOf(setting);
};

describe('the table of settings in words', () => {
  it.each([
    ['network.modelChannels', 'a whole number from 4 to 1,024, a multiple of 2 (channels)'],
    ['network.multipliers', '1 to 6 whole numbers from 1 to 4,096'],
    ['network.dropout', 'a number from 0 to 0.95'],
    [
      'objective.sigmaMin',
      'a number from 0.000001 to 1,000,000; default 0.05 (covae), 0.002 (s-covae); only for covae or s-covae',
    ],
    [
      'objective.lambdaDenoiser',
      'a number from 0 to 1,000,000; default 0.1; only for covae, with objective.denoiserLoss other than null',
    ],
    ['objective.denoiserLoss', '"huber", "l2" or "bce", or null; only for covae or s-covae'],
    [
      'objective.klWeight',
      '"linear", "square", "ones", or an expression of t; default "square"; only for covae',
    ],
    ['training.learningRate', 'a number above 0, at most 1'],
    ['training.emaRate', 'a number from 0 and below 1'],
    ['training.horizontalFlip', 'true or false'],
    ['objective.adversarial', 'its parts, or null; default null'],
    [
      'objective.pMean',
      'a number from -100 to 100; default -1.1; only for s-covae, with objective.timeSampling "lognormal"',
    ],
  ])('says of %s: %s', (key, words) => {
    expect(facts(key)).toBe(words);
  });

  it('has every key in the help of --set', () => {
    const help = keysByGroup().join('\n');
    for (const { key, term } of SETTINGS) expect(help).toContain(`    ${key.padEnd(36)}${term}`);
    expect(help).toContain('Gradient accumulation');
  });

  it('is what docs/settings.md shows; if not, write it anew with npx covae settings --markdown', async () => {
    expect(fs.readFileSync(PAGE, 'utf8')).toBe(settingsPage(await listPresets()));
  });
});
