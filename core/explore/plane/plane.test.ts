import { describe, expect, it } from 'vitest';
import { gridPlaces } from './places.ts';
import { planeAlong, planeBetween } from './plane.ts';

const [a, b, c, d] = [
  Float32Array.of(2, 0),
  Float32Array.of(0, 2),
  Float32Array.of(-2, 0),
  Float32Array.of(0, -3),
];

describe('planes', () => {
  it.each(['linear', 'spherical'] as const)('%s ones have their corners where they belong', (kind) => {
    const plane = planeBetween([a, b, c, d], kind);
    const corners = [
      [0, 0, a],
      [1, 0, b],
      [0, 1, c],
      [1, 1, d],
    ] as const;
    for (const [x, y, corner] of corners) {
      plane(x, y).forEach((value, i) => expect(value).toBeCloseTo(corner[i]!, 5));
    }
  });

  it('go straight or around between', () => {
    expect([...planeBetween([a, b, c, d], 'linear')(0.5, 0)]).toEqual([1, 1]);
    const around = planeBetween([a, b, c, d], 'spherical')(0.5, 0);
    expect(Math.hypot(...around)).toBeCloseTo(2);
  });

  it('complete three corners to a parallelogram', () => {
    expect([...planeBetween([a, b, c], 'linear')(1, 1)]).toEqual([-4, 2]);
    expect(() => planeBetween([a, b], 'linear')).toThrow(RangeError);
  });

  it('run along two directions through a point', () => {
    const plane = planeAlong(Float32Array.of(1, 1), Float32Array.of(1, 0), Float32Array.of(0, 2), 2);
    expect([...plane(0.5, 0.5)]).toEqual([1, 1]);
    expect([...plane(0, 1)]).toEqual([-1, 5]);
  });

  it('have grids row by row', () => {
    expect(gridPlaces(3, 2)).toEqual([
      [0, 0],
      [0.5, 0],
      [1, 0],
      [0, 1],
      [0.5, 1],
      [1, 1],
    ]);
    expect(gridPlaces(1, 1)).toEqual([[0.5, 0.5]]);
  });
});
