import { describe, expect, it } from 'vitest';
import { MEASURE_TABLE } from './measure-table.ts';
import type { EvaluationRecord } from './record.ts';
import {
  differencesOf,
  formatMeasure,
  measuredKeys,
  measureLabel,
  namesOf,
  protocolKey,
  sortEvaluations,
  withMeasures,
} from './comparison.ts';
import { evaluationTable } from './table.ts';
import { testRecord } from './test-record.ts';

const first = testRecord();
const second = testRecord({
  run: { id: 'other-abc123', name: 'other' },
  passes: 2,
  measures: { fd: 9.87654321, precision: null },
  intervals: {},
});
const byPixels = testRecord({
  extractor: { name: 'pixels', distanceName: 'FD-pixels', size: 784, hash: 'pixels-28x28x1', rule: '' },
});
const sorted = (records: EvaluationRecord[], key: string, descending = false) =>
  sortEvaluations(records, { key, descending }, (record) => record);

describe('a table of evaluations', () => {
  it('sorts by any number, with what is missing at the end either way', () => {
    expect(sorted([first, second], 'fd')).toEqual([second, first]);
    expect(sorted([first, second], 'fd', true)).toEqual([first, second]);
    expect(sorted([second, first], 'precision')).toEqual([first, second]);
    expect(sorted([second, first], 'precision', true)).toEqual([first, second]);
    expect(sorted([second, first], 'run')).toEqual([first, second]);
  });

  it('knows what was measured alike, and says in what it was not', () => {
    expect(protocolKey(first)).toBe(protocolKey(second));
    expect(differencesOf([first, second])).toBeNull();
    expect(differencesOf([first, byPixels])).toBe(
      'Not all rows were measured alike (extractor: mobilenet and pixels), so their numbers cannot be held against each other.',
    );
    const fewer = testRecord({ count: 500, against: { ...first.against, kind: 'holdout', count: 200 } });
    expect(differencesOf([first, fewer])).toContain(
      '(real images: 5,000 training images of digits and 200 held-out images of digits; number of images: 5,000 and 500)',
    );
    const otherData = testRecord({ against: { ...first.against, fingerprint: 'sha256:other' } });
    expect(differencesOf([first, otherData])).toContain('5,000 training images of digits in 2 versions');
  });

  it('calls a Fréchet distance by the extractor that all share', () => {
    expect(measureLabel('fd', [first, second])).toBe('FD-MobileNetV2');
    expect(measureLabel('fd', [first, byPixels])).toBe('Fréchet distance');
    expect(measureLabel('recall', [first])).toBe('Recall');
  });

  it('has the measures that something has a number for', () => {
    expect(measuredKeys([second])).toEqual(['fd']);
    expect(measuredKeys([first, second])).toEqual(['fd', 'fdInfinity', 'kid', 'kidStd', 'precision']);
  });

  it('tells runs of one name apart by their id', () => {
    const twin = testRecord({ run: { id: 'digits-tiny-2', name: 'digits-tiny' } });
    expect([first, twin, second].map(namesOf([first, twin, second]))).toEqual([
      'digits-tiny-abc234',
      'digits-tiny-2',
      'other',
    ]);
  });

  it('says of every measure what it means', () => {
    for (const { meaning } of MEASURE_TABLE) expect(meaning).toMatch(/^[A-Z].*\.$/);
  });
});

it('leaves columns of measures out that are not asked for', () => {
  const table = withMeasures(evaluationTable([first, second]), ['precision']);
  const keys = table.columns.map(({ key }) => key);
  expect(keys).toContain('extractor');
  expect(keys).toContain('precision');
  expect(keys).not.toContain('fd');
});

it('numbers have four digits', () => {
  expect([12.3456, 0.5, 1234567, 0.0000123456, null, NaN].map(formatMeasure)).toEqual([
    ...['12.35', '0.5', '1235000', '1.235e-5', '', ''],
  ]);
});
