import { describe, expect, it } from 'vitest';
import { meanDistance } from './spread.ts';

describe('meanDistance', () => {
  it('is the mean over pairs, in units of [−1, 1]', () => {
    // Distances 3, 4 and 5 pixels' worth of 127.5.
    const data = Uint8Array.of(0, 0, 3, 0, 0, 4);
    expect(meanDistance({ count: 3, data })).toBeCloseTo(4 / 127.5, 12);
  });

  it('is 0 for images that are alike and for a single one', () => {
    expect(meanDistance({ count: 4, data: new Uint8Array(40).fill(7) })).toBe(0);
    expect(meanDistance({ count: 1, data: Uint8Array.of(1, 2, 3) })).toBe(0);
  });
});
