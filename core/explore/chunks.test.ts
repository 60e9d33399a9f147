import { describe, expect, it } from 'vitest';
import { LANES } from '../tensor/threads.ts';
import { chunks, LARGEST_BATCH } from './chunks.ts';

describe('chunks', () => {
  it('asks for no more rows than there are images, but for one that makes the lanes equal', () => {
    const calls = (count: number) =>
      [...chunks(count)].map(({ used, batch, suffix }) => [used, batch, suffix]);
    expect(calls(1)).toEqual([[1, 1, '1']]);
    expect(calls(5)).toEqual([[5, 6, '']]);
    expect(calls(8)).toEqual([[8, 8, '']]);
    expect(calls(33)).toEqual([
      [32, 32, ''],
      [1, 1, '1'],
    ]);
    expect(calls(128)).toEqual(Array.from({ length: 4 }, () => [32, 32, '']));
    expect(calls(0)).toEqual([]);
  });

  it('covers every image once, with batches that can be cut into lanes', () => {
    for (let count = 1; count < 3 * LARGEST_BATCH; count++) {
      let next = 0;
      for (const { start, used, batch } of chunks(count)) {
        expect(start).toBe(next);
        expect(batch - used).toBeLessThan(LANES);
        expect(batch === 1 || batch % LANES === 0).toBe(true);
        next += used;
      }
      expect(next).toBe(count);
    }
  });
});
