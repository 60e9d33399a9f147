import { expect, it } from 'vitest';
import { elementCount } from './shape.ts';

it.each([
  [[], 1],
  [[3], 3],
  [[2, 3, 5], 30],
  [[2, 0, 5], 0],
])('a tensor of shape %j has %i elements', (shape, count) => {
  expect(elementCount(shape)).toBe(count);
});
