import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { imageErrors } from '../explore/image-error.ts';
import { ssim, ssimWindow } from './ssim.ts';
import { testImage } from './test-features.ts';

const CasesSchema = v.array(
  v.object({
    height: v.number(),
    width: v.number(),
    channels: v.picklist([1, 3]),
    ssim: v.number(),
    psnr: v.number(),
  }),
);
const cases = v.parse(
  CasesSchema,
  JSON.parse(fs.readFileSync(new URL('testdata/ssim.json', import.meta.url), 'utf8')),
);

/** As `case` of make_ssim.py. */
function pair(height: number, width: number, channels: 1 | 3) {
  const a = testImage(height, width, channels, 5);
  const other = testImage(height, width, channels, 7);
  return { a, b: { ...a, data: a.data.map((value, i) => Math.floor((3 * value + other.data[i]!) / 4)) } };
}

describe('structural similarity', () => {
  it.each(cases)(
    "of $height × $width × $channels is scikit-image's",
    ({ height, width, channels, ...numbers }) => {
      const { a, b } = pair(height, width, channels);
      expect(ssim(a, b)).toBeCloseTo(numbers.ssim, 10);
      const [error] = imageErrors({ count: 1, ...a }, { count: 1, ...b });
      expect(error!.psnr).toBeCloseTo(numbers.psnr, 10);
    },
  );

  it('of an image with itself is 1, and the same both ways', () => {
    const { a, b } = pair(28, 28, 1);
    expect(ssim(a, a)).toBeCloseTo(1, 12);
    expect(ssim(b, a)).toBeCloseTo(ssim(a, b), 12);
  });

  it.each([
    [28, 28, 11],
    [8, 30, 7],
    [1, 1, 1],
  ])('of %i × %i has a window of %i', (height, width, window) => {
    expect(ssimWindow({ height, width })).toBe(window);
  });
});
