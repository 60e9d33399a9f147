import { describe, expect, it } from 'vitest';
import { normals } from '../../tensor/noise.ts';
import { NeighbourIndex } from './neighbour-index.ts';

describe('NeighbourIndex', () => {
  it('finds what looking at everything finds', () => {
    const [count, size] = [2000, 21];
    const values = normals([1, 2], count * size).map((value, i) => value * (1 + (i % size)));
    const index = new NeighbourIndex({ count, size, values });
    for (const row of [0, 17, 1999]) {
      const point = values.slice(row * size, (row + 1) * size).map((value) => value + 0.1);
      const all = Array.from({ length: count }, (_, other) => {
        let square = 0;
        for (let k = 0; k < size; k++) square += (values[other * size + k]! - point[k]!) ** 2;
        return { index: other, distance: Math.sqrt(square) };
      }).sort((a, b) => a.distance - b.distance || a.index - b.index);
      const found = index.nearest(point, 10);
      expect(found.map((entry) => entry.index)).toEqual(all.slice(0, 10).map((entry) => entry.index));
      found.forEach(({ distance }, i) => expect(distance).toBeCloseTo(all[i]!.distance, 5));
      expect(found[0]?.index).toBe(row);
    }
  });

  it('names the first of equals first, and no more than there are', () => {
    const values = Float32Array.of(1, 1, 0, 0, 1, 1);
    const index = new NeighbourIndex({ count: 3, size: 2, values });
    expect(index.nearest(Float32Array.of(1, 1), 5).map((entry) => entry.index)).toEqual([0, 2, 1]);
    expect(index.nearest(Float32Array.of(1, 1), 1)).toEqual([{ index: 0, distance: 0 }]);
  });

  it('answers for 60,000 images of 49 values within 50 ms of processor time', () => {
    const [count, size] = [60_000, 49];
    const values = normals([3, 4], count * size);
    const index = new NeighbourIndex({ count, size, values });
    index.nearest(values.subarray(0, size), 10);
    const spent = Array.from({ length: 9 }, (_, query) => {
      const before = process.cpuUsage();
      index.nearest(values.subarray(query * size, (query + 1) * size), 10);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000;
    }).sort((a, b) => a - b);
    expect(spent[4]).toBeLessThan(50);
  });
});
