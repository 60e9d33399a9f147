import { expect, it } from 'vitest';
import { axisOf, differencesBetween, labelsOf } from './comparison.ts';

it('names what differs, and only that', () => {
  const found = differencesBetween([
    { seed: 1, 'training.steps': 100, 'training.optimizer': 'radam' },
    { seed: 1, 'training.steps': 200, 'training.optimizer': 'adamw', 'objective.beta': 1 },
  ]);
  expect(found).toEqual([
    { key: 'training.steps', name: 'Steps', values: ['100', '200'] },
    { key: 'training.optimizer', name: 'Optimizer', values: ['radam', 'adamw'] },
    { key: 'objective.beta', name: expect.any(String) as string, values: ['—', '1'] },
  ]);
});

it('tells runs of one name apart', () => {
  const runs = [
    { id: 'a-abc234', name: 'a' },
    { id: 'a-xyz789', name: 'a' },
    { id: 'b-abc234', name: 'b' },
  ];
  expect(labelsOf(runs)).toEqual(['a (abc234)', 'a (xyz789)', 'b']);
});

it('lays numbers over a range, logarithmically where they span much, and words one by one', () => {
  expect(axisOf('k', 'K', [1, 3, 5, null]).places).toEqual([0, 0.5, 1, null]);
  const wide = axisOf('k', 'K', [0.001, 0.01, 0.1]);
  wide.places.forEach((place, i) => expect(place).toBeCloseTo(i / 2, 12));
  expect(axisOf('k', 'K', ['b', 'a', 'c', 'a']).places).toEqual([0.5, 0, 1, 0]);
  expect(axisOf('k', 'K', [4, 4])).toMatchObject({ places: [0.5, 0.5], ticks: [{ at: 0.5, text: '4' }] });
});
