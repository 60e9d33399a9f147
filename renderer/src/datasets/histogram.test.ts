import { expect, it } from 'vitest';
import { barHeights, outline } from './histogram.ts';

it('measures bars against the highest, by count or by its logarithm', () => {
  expect(barHeights([0, 5, 10], 10, false)).toEqual([0, 0.5, 1]);
  const [none, few, most] = barHeights([0, 9, 99], 99, true);
  expect([none, most]).toEqual([0, 1]);
  expect(few).toBeCloseTo(0.5, 10);
  expect(barHeights([0, 0], 0, true)).toEqual([0, 0]);
});

it('draws bars from the left to the right', () => {
  expect(outline([1, 0.25])).toBe('M0 100V0.00H128.00V75.00H256.00V100Z');
});
