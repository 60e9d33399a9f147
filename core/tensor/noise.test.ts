import { describe, expect, it } from 'vitest';
import { normals, uniformFloats } from './noise.ts';

const COUNT = 100_000;

function moment(values: Float32Array, power: number): number {
  return values.reduce((sum, value) => sum + value ** power, 0) / values.length;
}

describe('uniformFloats', () => {
  it('lies in [0, 1) with the mean and variance of a uniform distribution', () => {
    const values = uniformFloats([1, 2], COUNT);
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(moment(values, 1)).toBeCloseTo(1 / 2, 2);
    expect(moment(values, 2)).toBeCloseTo(1 / 3, 2);
  });
});

describe('normals', () => {
  it('has the first four moments of a standard normal distribution', () => {
    const values = normals([3, 4], COUNT);
    [0, 1, 0, 3].forEach((wanted, i) => expect(Math.abs(moment(values, i + 1) - wanted)).toBeLessThan(0.05));
  });

  it('is a function of the seed, and longer draws begin with shorter ones', () => {
    expect(normals([5, 6], 7)).toEqual(normals([5, 6], 8).subarray(0, 7));
    expect(normals([5, 6], 7)).not.toEqual(normals([5, 7], 7));
  });
});
