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

  it('compares equally many images of each kind, where some are held out', () => {
    const split = Uint8Array.from([0, 1, 0, 0, 1, 1, 0, 1, 0, 0]);
    expect(splitImages(10, split).compared(2)).toEqual({ training: [0, 6], heldOut: [1, 5] });
    expect(splitImages(10, split).compared(100)).toEqual({ training: [0, 2, 6, 8], heldOut: [1, 4, 5, 7] });
    expect(splitImages(10, null).compared(4)).toBeNull();
    expect(splitImages(2, Uint8Array.of(1, 1)).compared(4)).toBeNull();
  });
});
