import { describe, expect, it } from 'vitest';
import { sphericalInterpolation } from './spherical.ts';

describe('sphericalInterpolation', () => {
  const a = Float32Array.of(2, 0, 0);
  const b = Float32Array.of(0, 4, 0);

  it('begins and ends at its ends', () => {
    expect(Array.from(sphericalInterpolation(a, b, 0))).toEqual([2, 0, 0]);
    sphericalInterpolation(a, b, 1).forEach((value, i) => expect(value).toBeCloseTo(b[i] ?? NaN));
  });

  it('keeps to the great circle, its length going linearly', () => {
    const [x = 0, y = 0, z = 0] = sphericalInterpolation(a, b, 0.5);
    expect(Math.hypot(x, y, z)).toBeCloseTo(3);
    expect(x).toBeCloseTo(y);
    expect(z).toBe(0);
  });

  it('goes straight where directions agree, oppose or are none', () => {
    expect(Array.from(sphericalInterpolation(a, Float32Array.of(4, 0, 0), 0.5))).toEqual([3, 0, 0]);
    expect(Array.from(sphericalInterpolation(a, Float32Array.of(-2, 0, 0), 0.5))).toEqual([0, 0, 0]);
    expect(Array.from(sphericalInterpolation(a, Float32Array.of(0, 0, 0), 0.5))).toEqual([1, 0, 0]);
  });
});
