import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runFolder } from '../library.ts';
import type { EvaluationRecord } from './record.ts';
import { measuresIn, measuresOfRuns } from './run-measures.ts';
import { evaluationsFolder, writeEvaluation } from './store.ts';
import { testRecord } from './test-record.ts';

let home: string;

beforeEach(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-measures-'));
});

afterEach(() => fs.rm(home, { recursive: true }));

const at = (step: number, measures: EvaluationRecord['measures'], more: Partial<EvaluationRecord> = {}) =>
  testRecord({ checkpoint: { step, sha256: null }, measures, ...more });

describe('what stored evaluations say of a run', () => {
  it('is the best of all steps by what is better, and that of the last', () => {
    const { columns, measures } = measuresIn([
      at(100, { fd: 9, precision: 0.7, kidStd: 1, recall: null }),
      at(200, { fd: 5, precision: 0.4 }),
      at(300, { fd: 6, precision: 0.5 }),
    ]);
    expect(columns.map(({ title, better }) => [title, better])).toEqual([
      ['FD-MobileNetV2, 1 pass', 'lower'],
      ['Precision, 1 pass', 'higher'],
    ]);
    expect(measures.map(({ best, last }) => [best, last])).toEqual([
      [
        { step: 200, value: 5 },
        { step: 300, value: 6 },
      ],
      [
        { step: 100, value: 0.7 },
        { step: 300, value: 0.5 },
      ],
    ]);
  });

  it('keeps apart what was not measured alike', () => {
    const { columns } = measuresIn([
      at(100, { fd: 9 }),
      at(100, { fd: 8 }, { passes: 2 }),
      at(100, { fd: 7 }, { count: 500 }),
      at(100, { fd: 7 }, { weights: 'raw' }),
      at(100, { mse: 0.1 }, { kind: 'reconstructions', passes: null }),
    ]);
    expect(columns.map(({ title }) => title)).toEqual([
      ...['FD-MobileNetV2, 1 pass', 'FD-MobileNetV2, 2 passes'],
      ...['FD-MobileNetV2, 1 pass', 'FD-MobileNetV2, 1 pass', 'Mean squared error, reconstructions'],
    ]);
    expect(new Set(columns.map(({ key }) => key)).size).toBe(5);
    expect(columns[3]?.about).toBe(
      '5,000 samples, against 5,000 training images of digits, features of mobilenet, raw weights',
    );
  });
});

describe('the measures of runs', () => {
  it('begin with what most have, leave damaged ones out, and know a new file at once', async () => {
    const [one, two] = [runFolder(home, 'one'), runFolder(home, 'two')];
    await writeEvaluation(one, at(100, { fd: 9 }, { passes: 2 }));
    await writeEvaluation(one, at(100, { fd: 9 }));
    await writeEvaluation(two, at(100, { fd: 4 }));
    await fs.writeFile(path.join(evaluationsFolder(two), 'bad.json'), '{');
    const ids = ['one', 'two', 'gone'];
    const first = await measuresOfRuns(home, ids);
    expect(first.columns.map(({ title }) => title)).toEqual([
      'FD-MobileNetV2, 1 pass',
      'FD-MobileNetV2, 2 passes',
    ]);
    expect(first.runs.map(({ runId, measures }) => [runId, measures.length])).toEqual([
      ['one', 2],
      ['two', 1],
    ]);
    await writeEvaluation(two, at(200, { fd: 3 }));
    const { runs } = await measuresOfRuns(home, ids);
    expect(runs[1]?.measures[0]).toMatchObject({ best: { step: 200, value: 3 }, last: { step: 200 } });
  });
});
