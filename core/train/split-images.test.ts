import { describe, expect, it } from 'vitest';
import { splitImages } from './split-images.ts';

describe('splitImages', () => {
  it('trains on all where none is held out, and measures on images spread over them', () => {
    const { training, measured } = splitImages(10, null);
    expect(training).toBe(10);
    expect(measured(4)).toEqual([0, 2, 5, 7]);
    expect(measured(100)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  it('never trains on what is held out, and measures on it', () => {
    const split = Uint8Array.from([0, 1, 0, 0, 1, 1, 0, 1, 0, 0]);
    const { training, measured } = splitImages(10, split);
    expect(training).toEqual(Uint32Array.of(0, 2, 3, 6, 8, 9));
    expect(measured(4)).toEqual([1, 4, 5, 7]);
    expect(measured(2)).toEqual([1, 5]);
  });

  it('measures on any where too few are held out', () => {
    expect(splitImages(6, Uint8Array.of(0, 0, 0, 1, 0, 0)).measured(3)).toEqual([0, 2, 4]);
  });
});
