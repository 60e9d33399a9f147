import { describe, expect, it } from 'vitest';
import type { ImageBatch } from '../data/dataset.ts';
import { imageErrors } from './image-error.ts';

const batch = (...values: number[]): ImageBatch => ({
  count: values.length / 4,
  height: 2,
  width: 2,
  channels: 1,
  data: Uint8Array.from(values),
});

describe('imageErrors', () => {
  it('measures each image by itself, black 0 and white 1', () => {
    const [same, wrong, one] = imageErrors(
      batch(9, 8, 7, 6, 0, 255, 0, 255, 0, 0, 0, 0),
      batch(9, 8, 7, 6, 255, 0, 255, 0, 51, 0, 0, 0),
    );
    expect(same).toEqual({ mse: 0, mae: 0, psnr: null });
    expect(wrong).toEqual({ mse: 1, mae: 1, psnr: -0 });
    expect(one?.mse).toBeCloseTo(0.01, 12);
    expect(one?.mae).toBeCloseTo(0.05, 12);
    expect(one?.psnr).toBeCloseTo(20, 10);
  });

  it('refuses images of another shape', () => {
    expect(() => imageErrors(batch(0, 0, 0, 0), batch(0, 0, 0, 0, 0, 0, 0, 0))).toThrow('shapes');
  });
});
