import { expect, it } from 'vitest';
import { pointAfter } from './curve-keys.ts';

it('begins at the end, moves by one, ten and all, and stays within the curve', () => {
  expect(['ArrowLeft', 'ArrowRight', 'End'].map((key) => pointAfter(key, 30, null))).toEqual([29, 29, 29]);
  expect(pointAfter('Home', 30, null)).toBe(0);
  const keys = ['ArrowLeft', 'ArrowRight', 'PageUp', 'PageDown', 'Home', 'End'];
  expect(keys.map((key) => pointAfter(key, 30, 12))).toEqual([11, 13, 2, 22, 0, 29]);
  expect(keys.map((key) => pointAfter(key, 30, 0))).toEqual([0, 1, 0, 10, 0, 29]);
  expect(keys.map((key) => pointAfter(key, 30, 29))).toEqual([28, 29, 19, 29, 0, 29]);
  expect(pointAfter('a', 30, 3)).toBeNull();
  expect(pointAfter('End', 0, null)).toBeNull();
});
