import { describe, expect, it } from 'vitest';
import { panned, placeIn, shareIn, snapped, zoomed } from './plane-area.ts';

describe('an area of the plane', () => {
  it('zooms around a place that stays where it is seen', () => {
    const near = zoomed([0, 0, 1, 1], 0.5, [0.25, 0.75]);
    expect(near).toEqual([0.125, 0.375, 0.625, 0.875]);
    expect(placeIn(near, [0.25, 0.75])).toEqual([0.25, 0.75]);
    expect(shareIn(near, [0.25, 0.75])).toEqual([0.25, 0.75]);
    expect(zoomed(near, 2, [0.25, 0.75])).toEqual([0, 0, 1, 1]);
  });

  it('is moved by shares of its sides, and never leaves the plane', () => {
    expect(panned([0, 0, 0.5, 0.5], 0.5, -0.2)).toEqual([0.25, -0.1, 0.75, 0.4]);
    expect(panned([7, 0, 8, 1], 100, 0)).toEqual([7.5, 0, 8.5, 1]);
    expect(zoomed([0, 0, 1, 1], 1000)).toEqual([-7.5, -7.5, 8.5, 8.5]);
    const [left, , right] = zoomed([0, 0, 1, 1], 0.0001);
    expect(right - left).toBeCloseTo(0.01);
  });

  it('has places snap to its ends', () => {
    expect(snapped([0.03, 0.98], [0, 0, 1, 1])).toEqual([0, 1]);
    expect(snapped([0.03, 0.51], [0, 0, 1, 1], [0.5])).toEqual([0, 0.5]);
    // Nearer by, an end is snapped to from nearer.
    expect(snapped([0.03, 0.5], [0, 0.4, 0.2, 0.6])).toEqual([0.03, 0.5]);
  });
});
