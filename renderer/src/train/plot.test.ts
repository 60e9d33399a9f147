// @vitest-environment node
import fs from 'node:fs';
import { expect, it } from 'vitest';
import { compact, translucent } from './plot.ts';

it('numbers on axes are short', () => {
  expect([0, 0.00012, 0.05, 3, 1_500, 12_345, 2_000_000, null].map(compact)).toEqual([
    '0',
    '1e-4',
    '0.05',
    '3',
    '1500',
    '12.3k',
    '2M',
    '',
  ]);
});

it('every colour of a series can be made see-through', () => {
  const css = fs.readFileSync(new URL('../styles/tokens.css', import.meta.url), 'utf8');
  const colours = [...css.matchAll(/--series-[a-z]+: (.*);/g)].map((match) => match[1] ?? '');
  expect(colours.length).toBeGreaterThan(6);
  for (const colour of colours) {
    expect(translucent(colour, 0.2)).toMatch(/^oklch\([\d.]+ [\d.]+ [\d.]+ \/ 0\.2\)$/);
  }
});
