import { expect, it } from 'vitest';
import { OFFERED_SIZES } from '../../../main/ipc/contract.ts';
import { halvings, sizeAdvice } from './sizes.ts';

it('offers only sides that can be halved twice', () => {
  for (const size of OFFERED_SIZES) {
    expect(halvings(size).length, String(size)).toBeGreaterThanOrEqual(3);
    expect(sizeAdvice(size).good).toBe(true);
  }
  expect([OFFERED_SIZES[0], OFFERED_SIZES.at(-1)]).toEqual([16, 128]);
});

it('tells how a side is halved, or which other would be', () => {
  expect(sizeAdvice(28).text).toBe('A network halves it: 28 → 14 → 7.');
  expect(halvings(64)).toEqual([64, 32, 16, 8, 4]);
  expect(sizeAdvice(30)).toEqual({
    text: 'A network halves images twice or more, which 30 pixels do not allow; 28 do.',
    good: false,
  });
  expect(sizeAdvice(127).text).toMatch(/128 do\.$/);
});
