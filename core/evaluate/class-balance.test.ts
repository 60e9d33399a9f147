import { expect, it } from 'vitest';
import type { Features } from '../metrics/moments.ts';
import { classMeasures } from './class-balance.ts';
import type { Extractor } from './extractors/extractor.ts';

/** Features that are the probabilities themselves. */
function features(...rows: [number, number][]): Features {
  return { count: rows.length, size: 2, values: Float32Array.from(rows.flat()) };
}

const extractor: Extractor = {
  ...{ name: 'classifier', distanceName: 'FD-classifier', size: 2, rule: '', hash: '' },
  classes: { names: ['cat', 'dog'], probabilities: ({ values }) => values },
  extract: () => features(),
  dispose: () => undefined,
};

it('samples are counted by class, and those that the classifier is sure of', () => {
  const real = features([1, 0], [0.95, 0.05], [0.1, 0.9], [0.2, 0.8]);
  const samples = features([0.99, 0.01], [0.6, 0.4], [0.91, 0.09], [0.3, 0.7]);
  expect(classMeasures(extractor, real, samples)).toEqual({
    measures: { sure: 0.5, imbalance: 0.25 },
    classes: [
      { name: 'cat', samples: 0.75, reference: 0.5 },
      { name: 'dog', samples: 0.25, reference: 0.5 },
    ],
  });
});

it('says nothing of classes where the extractor knows none', () => {
  const { classes: _, ...other } = extractor;
  expect(classMeasures(other, features([1, 0]), features([1, 0]))).toBeNull();
});
