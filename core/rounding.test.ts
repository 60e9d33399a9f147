import { expect, it } from 'vitest';
import { roundHalfEven } from './rounding.ts';

it('rounds as Python does', () => {
  // [round(x) for x in …] of Python 3.11.
  const expected: [number, number][] = [
    [0.5, 0],
    [1.5, 2],
    [2.5, 2],
    [-0.5, 0],
    [-1.5, -2],
    [-2.5, -2],
    [2.4999999999999996, 2],
    [2.500000000000001, 3],
    [0.49999999999999994, 0],
    [128.5, 128],
    [-3.7, -4],
    [7, 7],
  ];
  for (const [value, rounded] of expected) expect(roundHalfEven(value) + 0).toBe(rounded);
});
