import { expect, it } from 'vitest';
import { writeRgba } from './atlas.ts';
import { pageLength } from './source.ts';

it('writes a grey and a colour image into a larger one', () => {
  const target = new Uint8ClampedArray(3 * 2 * 4);
  writeRgba({ count: 2, height: 1, width: 1, channels: 1, data: Uint8Array.of(10, 20) }, 1, target, 3, 2, 1);
  expect([...target.slice(20, 24)]).toEqual([20, 20, 20, 255]);
  writeRgba(
    { count: 1, height: 2, width: 1, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) },
    0,
    target,
    3,
    1,
    0,
  );
  expect([...target.slice(4, 8)]).toEqual([1, 2, 3, 255]);
  expect([...target.slice(16, 20)]).toEqual([4, 5, 6, 255]);
  expect([...target.slice(0, 4)]).toEqual([0, 0, 0, 0]);
});

it('keeps pages of large images small', () => {
  expect(pageLength(28, 28)).toBe(512);
  expect(pageLength(64, 64)).toBe(256);
  expect(pageLength(256, 256)).toBe(16);
});
