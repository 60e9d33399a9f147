import { expect, it } from 'vitest';
import type { DatasetEntry } from '../library/database.ts';
import { datasetEntry } from '../test-studio/studio.ts';
import { arrange } from './arrange.ts';

const entries: DatasetEntry[] = [
  datasetEntry('digits', { count: 5, createdAt: '2026-01-02T00:00:00.000Z' }),
  datasetEntry('faces', { count: 50, createdAt: '2026-01-01T00:00:00.000Z' }),
  { ...datasetEntry('old'), record: null, problem: 'It is damaged.' },
];

const names = (search: string, order: Parameters<typeof arrange>[2]) =>
  arrange(entries, search, order).map(({ name }) => name);

it('finds all words, in the name or the origin, whatever their case', () => {
  expect(names('', 'name')).toEqual(['digits', 'faces', 'old']);
  expect(names('FACE', 'name')).toEqual(['faces']);
  expect(names('pictures dig', 'name')).toEqual(['digits']);
  expect(names('cats', 'name')).toEqual([]);
});

it('sorts by age or size, damaged ones last', () => {
  expect(names('', 'newest')).toEqual(['digits', 'faces', 'old']);
  expect(names('', 'largest')).toEqual(['faces', 'digits', 'old']);
  expect(entries.map(({ name }) => name)).toEqual(['digits', 'faces', 'old']);
});
