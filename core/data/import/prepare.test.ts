import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { prepareImage } from './prepare.ts';

const CaseSchema = v.object({
  width: v.number(),
  height: v.number(),
  channels: v.picklist([1, 3, 4]),
  step: v.number(),
  target: v.object({
    size: v.number(),
    channels: v.picklist([1, 3]),
    fit: v.picklist(['crop', 'stretch', 'pad', 'celeba']),
    padColour: v.string(),
    background: v.string(),
  }),
  pixels: v.string(),
});

/** Made by Pillow: testdata/prepare.py. */
const { cases } = v.parse(
  v.object({ cases: v.array(CaseSchema) }),
  JSON.parse(fs.readFileSync(path.join(import.meta.dirname, 'testdata', 'prepare.json'), 'utf8')),
);

/** As in prepare.py. */
function made(length: number, step: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Math.floor((i * i * step + i * 7) / 8) % 256);
}

describe('prepareImage', () => {
  it.each(
    cases.map((one) => {
      const { width, height, channels, target } = one;
      return [
        `${width} × ${height} × ${channels} → ${target.size} × ${target.channels}, ${target.fit}`,
        one,
      ] as const;
    }),
  )('gives the bytes that Pillow gives: %s', (_, { width, height, channels, step, target, pixels }) => {
    const image = { width, height, channels, data: made(width * height * channels, step) };
    expect(Buffer.from(prepareImage(image, target)).toString('base64')).toBe(pixels);
  });

  it('leaves an image alone that has the form already', () => {
    const image = { width: 8, height: 8, channels: 3, data: made(192, 1) } as const;
    const target = {
      size: 8,
      channels: 3,
      fit: 'crop',
      padColour: '#000000',
      background: '#ffffff',
    } as const;
    expect(prepareImage(image, target)).toBe(image.data);
  });
});
