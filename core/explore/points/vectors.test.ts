import { describe, expect, it } from 'vitest';
import { child, exchanged, moved, nudged, stacked, sum, varied } from './vectors.ts';

const a = Float32Array.of(1, 2, 3, 4);
const b = Float32Array.of(-1, -2, -3, -4);

describe('arithmetic of latents', () => {
  it('adds and takes away', () => {
    expect([...sum(a, b, Float32Array.of(1, 1, 1, 1))]).toEqual([3, 5, 7, 9]);
    expect([...stacked([a, b], 4)]).toEqual([1, 2, 3, 4, -1, -2, -3, -4]);
  });

  it('varies by so much of noise as is asked for, the same for a seed', () => {
    expect(varied(a, 0, 5)).toBe(a);
    const noise = varied(new Float32Array(10_000), 1, 5);
    const mean = noise.reduce((total, value) => total + value, 0) / noise.length;
    const squares = noise.reduce((total, value) => total + value * value, 0) / noise.length;
    expect(mean).toBeCloseTo(0, 1);
    expect(squares).toBeCloseTo(1, 1);
    expect(varied(a, 0.3, 5)).toEqual(varied(a, 0.3, 5));
    expect(varied(a, 0.3, 5)).not.toEqual(varied(a, 0.3, 6));
    // Standard normal stays standard normal.
    const still = varied(noise, 0.6, 9).reduce((total, value) => total + value * value, 0) / noise.length;
    expect(still).toBeCloseTo(1, 1);
  });

  it('breeds children whose positions come whole from a parent', () => {
    const [mother, father] = [new Float32Array(600).fill(1), new Float32Array(600).fill(-1)];
    const found = child([mother, father], 3, 7, 0);
    let own = 0;
    for (let i = 0; i < 600; i += 3) {
      const position = [...found.subarray(i, i + 3)];
      expect([
        [1, 1, 1],
        [-1, -1, -1],
      ]).toContainEqual(position);
      if (position[0] === 1) own++;
    }
    expect(own).toBeGreaterThan(70);
    expect(own).toBeLessThan(130);
    expect(child([mother, father], 3, 8, 0)).not.toEqual(found);
    expect(child([mother, father], 3, 7, 0.2)).not.toEqual(found);
  });

  it('moves, exchanges and nudges where the mask says', () => {
    const direction = Float32Array.of(1, 0, 1, 0);
    expect([...moved(a, [{ values: direction, amount: 2 }], 2)]).toEqual([3, 2, 5, 4]);
    expect([...moved(a, [{ values: direction, amount: 2, mask: [0, 1] }], 2)]).toEqual([1, 2, 5, 4]);
    expect([...exchanged(a, b, [0, 1], 2)]).toEqual([1, 2, -3, -4]);
    expect([...exchanged(a, b, [0.5, 0], 2)]).toEqual([0, 0, 3, 4]);
    expect([...nudged(a, 1, 10, [1, 0], 2)]).toEqual([1, 12, 3, 4]);
  });
});
