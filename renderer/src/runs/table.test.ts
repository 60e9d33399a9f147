import { afterEach, expect, it } from 'vitest';
import { setLanguage } from '../../../text/language.ts';
import { finishedRun } from '../test-studio/run.ts';
import { filtered, grouped, sorted, spreadOf, type TableRun, valueWords, windowOf } from './table.ts';

function row(
  id: string,
  more: Parameters<typeof finishedRun>[1] = {},
  tone: 'good' | 'bad' = 'good',
): TableRun {
  return { run: finishedRun(id, more), status: { text: 'Finished', tone }, live: false };
}

const measured = (value: number) => ({ step: 10, measure: 'fd-1-pass' as const, value });
const ALL = { text: '', state: 'all' as const, dataset: '', tag: '' };

const rows = [
  row('a', {
    lastLoss: 3,
    seed: 1,
    best: measured(5),
    tags: ['paper'],
    createdAt: '2026-01-01T00:00:00.000Z',
  }),
  row('b', { lastLoss: null, seed: 2, best: measured(7), createdAt: '2026-01-02T00:00:00.000Z' }, 'bad'),
  row('c', {
    ...{ lastLoss: 1, dataset: 'faces', tags: ['paper', 'slow'], createdAt: '2026-01-03T00:00:00.000Z' },
    differs: [{ key: 'training.learningRate', value: 0.001 }],
  }),
];
const ids = (some: readonly TableRun[]): string => some.map(({ run }) => run.id).join('');

it('finds every word, wherever it stands', () => {
  expect(ids(filtered(rows, { ...ALL, text: 'PAPER' }))).toBe('ac');
  expect(ids(filtered(rows, { ...ALL, text: 'learning faces' }))).toBe('c');
  expect(ids(filtered(rows, { ...ALL, state: 'bad' }))).toBe('b');
  expect(ids(filtered(rows, { ...ALL, dataset: 'faces' }))).toBe('c');
  expect(ids(filtered(rows, { ...ALL, tag: 'slow' }))).toBe('c');
});

it('sorts what has no value last, either way', () => {
  expect(ids(sorted(rows, { key: 'lastLoss', descending: false }))).toBe('cab');
  expect(ids(sorted(rows, { key: 'lastLoss', descending: true }))).toBe('acb');
  expect(ids(sorted(rows, { key: 'createdAt', descending: true }))).toBe('cba');
});

it('groups with mean and range', () => {
  const [digits, faces] = grouped(rows, 'dataset', () => undefined);
  expect(digits).toMatchObject({ label: 'digits', best: { mean: 6, least: 5, largest: 7, count: 2 } });
  expect(faces).toMatchObject({ label: 'faces', best: null, loss: { mean: 1, count: 1 } });
  expect(grouped(rows, 'tag', () => undefined).map(({ label }) => label)).toEqual([
    'paper',
    'without a tag',
    'slow',
  ]);
  const bySetting = grouped(rows, 'training.steps', (id) => (id === 'a' ? 100 : 200));
  expect(bySetting.map(({ label, rows: members }) => [label, ids(members)])).toEqual([
    ['Steps: 100', 'a'],
    ['Steps: 200', 'bc'],
  ]);
  // Values of different measures have no mean.
  const mixed = [rows[0]!, row('d', { best: { step: 1, measure: 'reconstruction', value: 1 } })];
  expect(grouped(mixed, 'dataset', () => undefined)[0]?.best).toBeNull();
  expect(spreadOf([null, NaN])).toBeNull();
});

it('draws the rows in view', () => {
  expect(windowOf(500, 40, 0, 400)).toEqual({ from: 0, to: 18, before: 0, after: 482 * 40 });
  expect(windowOf(500, 40, 19_000, 400, 2)).toEqual({ from: 473, to: 487, before: 473 * 40, after: 13 * 40 });
  expect(windowOf(3, 40, 9_000, 400)).toMatchObject({ to: 3, after: 0 });
});

afterEach(() => setLanguage('en'));

it('says values of settings in the language in use', () => {
  const values = [0.0005, 12, true, false, null, 'cosine', [1, 2]];
  expect(values.map(valueWords)).toEqual(['0.0005', '12', 'on', 'off', 'none', 'cosine', '[1,2]']);
  setLanguage('de');
  expect(values.map(valueWords)).toEqual(['0,0005', '12', 'an', 'aus', 'keine', 'cosine', '[1,2]']);
});
