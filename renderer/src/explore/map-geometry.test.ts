import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  neighbourTowards,
  onScreen,
  pointAt,
  pointsInside,
  positionsAt,
  wholeSight,
  zoomed,
} from './map-geometry.ts';

const size = { width: 400, height: 300 };

describe('a map', () => {
  it('is seen whole, whatever its units', () => {
    const numbers = fc.double({ min: -1e4, max: 1e4, noNaN: true });
    fc.assert(
      fc.property(fc.array(fc.tuple(numbers, numbers), { minLength: 1 }), (points) => {
        const flat = points.flat();
        const sight = wholeSight(flat, size);
        for (const [x, y] of points) {
          const [px, py] = onScreen(x, y, sight, size);
          expect(px).toBeGreaterThanOrEqual(-1e-6);
          expect(px).toBeLessThanOrEqual(size.width + 1e-6);
          expect(py).toBeGreaterThanOrEqual(-1e-6);
          expect(py).toBeLessThanOrEqual(size.height + 1e-6);
        }
      }),
    );
    expect(wholeSight([], size)).toEqual({ x: 0, y: 0, scale: 1 });
  });

  it('keeps what is under the pointer there while it is zoomed, within bounds', () => {
    const before = wholeSight([0, 0, 10, 5], size);
    const [px, py] = onScreen(3, 4, before, size);
    const after = zoomed(before, 2.5, [px, py], size, [1, 1000]);
    expect(after.scale).toBeCloseTo(2.5 * before.scale);
    const [x, y] = onScreen(3, 4, after, size);
    expect([x, y].map(Math.round)).toEqual([px, py].map(Math.round));
    expect(zoomed(before, 1e9, [0, 0], size, [1, 50]).scale).toBe(50);
  });

  it('moves its points evenly from time to time', () => {
    // One point at three times.
    const positions = [0, 0, 10, 20, 10, 0];
    expect([...positionsAt(positions, 1, 3, 0)]).toEqual([0, 0]);
    expect([...positionsAt(positions, 1, 3, 0.5)]).toEqual([5, 10]);
    expect([...positionsAt(positions, 1, 3, 1.25)]).toEqual([10, 15]);
    expect([...positionsAt(positions, 1, 3, 7)]).toEqual([10, 0]);
  });
});

describe('a point', () => {
  const points = [0, 0, 10, 0, 0, 10, 10, 10, 5, 5];
  const sight = wholeSight(points, size);
  const at = (i: number) => onScreen(points[2 * i]!, points[2 * i + 1]!, sight, size);

  it('is found under the pointer, and no other', () => {
    const [x, y] = at(4);
    expect(pointAt(points, sight, size, [x + 3, y - 2], 6)).toBe(4);
    expect(pointAt(points, sight, size, [x + 30, y], 6)).toBeNull();
  });

  it('is inside of a loop or outside', () => {
    const [left, top] = at(0);
    const [right, bottom] = at(3);
    const middle = (left + right) / 2;
    const loop = [
      [left - 5, top - 5],
      [middle + 5, top - 5],
      [middle + 5, bottom + 5],
      [left - 5, bottom + 5],
    ] as const;
    expect(pointsInside(points, sight, size, loop)).toEqual([0, 2, 4]);
    expect(pointsInside(points, sight, size, loop.slice(0, 2))).toEqual([]);
  });

  it('leads to another one by each arrow key', () => {
    expect(neighbourTowards(points, 0, 'ArrowRight')).toBe(1);
    expect(neighbourTowards(points, 0, 'ArrowDown')).toBe(2);
    expect(neighbourTowards(points, 0, 'ArrowUp')).toBeNull();
    expect(neighbourTowards(points, 3, 'ArrowLeft')).toBe(2);
    expect(neighbourTowards(points, 3, 'Enter')).toBeNull();
  });
});
