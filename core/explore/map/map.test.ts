import { describe, expect, it, vi } from 'vitest';
import { normals } from '../../tensor/noise.ts';
import { mapPoints } from './map.ts';
import { MAP_METHODS } from './map-order.ts';

const [COUNT, SIZE] = [90, 10];
/** Three heaps, far from one another. */
const values = normals([5, 6], COUNT * SIZE).map(
  (value, i) => value * 0.3 + (i % SIZE === Math.floor(i / SIZE) % 3 ? 20 : 0),
);
const points = { count: COUNT, size: SIZE, values };

describe('maps', () => {
  it.each(MAP_METHODS)('%s keeps together what is near, the same for a seed', async (method) => {
    const onProgress = vi.fn();
    const placed = await mapPoints(points, { method, seed: 1, onProgress });
    expect(placed).toHaveLength(2 * COUNT);
    for (let i = 0; i < COUNT; i++) {
      let nearest = -1;
      let best = Infinity;
      for (let j = 0; j < COUNT; j++) {
        if (j === i) continue;
        const square =
          (placed[2 * i]! - placed[2 * j]!) ** 2 + (placed[2 * i + 1]! - placed[2 * j + 1]!) ** 2;
        if (square < best) [best, nearest] = [square, j];
      }
      expect(nearest % 3).toBe(i % 3);
    }
    expect(await mapPoints(points, { method, seed: 1 })).toEqual(placed);
    if (method !== 'pca') expect(onProgress).toHaveBeenCalled();
  });

  it.each(MAP_METHODS)('%s stops when it is asked to, and wants enough points', async (method) => {
    await expect(mapPoints(points, { method, seed: 1, signal: AbortSignal.abort() })).rejects.toThrow(
      'aborted',
    );
    const few = { count: 1, size: SIZE, values: values.slice(0, SIZE) };
    await expect(mapPoints(few, { method, seed: 1 })).rejects.toThrow('points or more');
  });

  it('refuses more points than it can lay out', async () => {
    const many = { count: 2001, size: 1, values: new Float32Array(2001) };
    await expect(mapPoints(many, { method: 'tsne', seed: 0 })).rejects.toThrow(
      'up to 2,000 points, not 2,001',
    );
  });
});
