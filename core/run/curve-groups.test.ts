import { expect, it } from 'vitest';
import { bandOf } from './curve-groups.ts';

it('is the mean with least and largest, between the places of each curve too', () => {
  const band = bandOf([
    { x: [0, 10, 20], y: [0, 10, 20] },
    { x: [5, 15], y: [1, 3] },
  ]);
  expect([...band.x]).toEqual([0, 5, 10, 15, 20]);
  expect([...band.count]).toEqual([1, 2, 2, 2, 1]);
  expect([...band.mean]).toEqual([0, 3, 6, 9, 20]);
  expect([...band.min]).toEqual([0, 1, 2, 3, 20]);
  expect([...band.max]).toEqual([0, 5, 10, 15, 20]);
});

it('leaves gaps out', () => {
  const band = bandOf([
    { x: [0, 1, 2], y: [1, NaN, 3] },
    { x: [], y: [] },
  ]);
  expect([...band.x]).toEqual([0, 2]);
  expect([...band.mean]).toEqual([1, 3]);
  expect(bandOf([]).x).toHaveLength(0);
});
