import { expect, it } from 'vitest';
import { flatMeasures } from './measure-table.ts';

it('gives a number each, and the intervals beside', () => {
  expect(
    flatMeasures({ fd: 2, fdInfinity: null, precision: { mean: 0.5, low: 0.4, high: 0.6 }, recall: null }),
  ).toEqual({
    measures: { fd: 2, fdInfinity: null, precision: 0.5, recall: null },
    intervals: { precision: [0.4, 0.6] },
  });
});
