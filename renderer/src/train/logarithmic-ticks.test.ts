import { describe, expect, it } from 'vitest';
import { logarithmicTicks } from './logarithmic-ticks.ts';

describe('logarithmicTicks', () => {
  it('are round, within the range and few', () => {
    expect(logarithmicTicks(42, 2_000)).toEqual([100, 300, 1_000]);
    expect(logarithmicTicks(0.5, 12_000)).toEqual([1, 10, 100, 1_000, 10_000]);
    expect(logarithmicTicks(4, 33)).toEqual([5, 10, 20]);
    expect(logarithmicTicks(30, 55)).toEqual([30, 40, 50]);
    expect(logarithmicTicks(0, 10)).toEqual([]);
  });
});
