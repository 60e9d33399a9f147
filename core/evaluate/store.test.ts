import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { evaluationFileName, type EvaluationRecord } from './record.ts';
import { evaluationsFolder, listEvaluations, readEvaluation, writeEvaluation } from './store.ts';
import { testRecord } from './test-record.ts';

let run: string;

beforeEach(async () => {
  run = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-evaluations-'));
});

afterEach(() => fs.rm(run, { recursive: true }));

describe('the name of an evaluation', () => {
  it.each<[Partial<EvaluationRecord>, string]>([
    [{}, 'step-00002400-samples-1-pass-mobilenet-ema-5000-seed-0.json'],
    [{ prior: 'fitted' }, 'step-00002400-samples-1-pass-mobilenet-ema-5000-seed-0-fitted-prior.json'],
    [
      { passes: 2, laterTemperature: 0 },
      'step-00002400-samples-2-passes-mobilenet-ema-5000-seed-0-later-temperature-0.json',
    ],
    [
      { passes: 2, weights: 'raw', protocolName: 'paper', seed: 32 },
      'step-00002400-samples-2-passes-mobilenet-raw-5000-seed-32-paper.json',
    ],
    [
      {
        kind: 'reconstructions',
        passes: null,
        against: { kind: 'holdout', name: 'digits', fingerprint: 'sha256:1', count: 7 },
      },
      'step-00002400-reconstructions-mobilenet-ema-5000-seed-0-against-holdout.json',
    ],
    [
      {
        against: { kind: 'dataset', name: 'other digits', fingerprint: 'sha256:1', count: 7 },
        temperature: 0.8,
        label: 3,
      },
      'step-00002400-samples-1-pass-mobilenet-ema-5000-seed-0-against-other digits-temperature-0.8-label-3.json',
    ],
  ])('says what is in it: %j', (changes, name) => {
    expect(evaluationFileName(testRecord(changes))).toBe(name);
  });
});

describe('the evaluations of a run', () => {
  it('are none before the first', async () => {
    expect(await listEvaluations(run)).toEqual({ evaluations: [], damaged: [] });
  });

  it('are listed by step, and the same measurement again takes the place of the older', async () => {
    await writeEvaluation(run, testRecord({ checkpoint: { step: 123_456_789, sha256: null } }));
    const file = await writeEvaluation(run, testRecord({ measures: { fd: 7 } }));
    expect(await writeEvaluation(run, testRecord({ measures: { fd: 6 } }))).toBe(file);
    const { evaluations } = await listEvaluations(run);
    expect(evaluations.map(({ record }) => [record.checkpoint.step, record.measures['fd']])).toEqual([
      [2400, 6],
      [123_456_789, 12.5],
    ]);
    expect(await readEvaluation(file)).toEqual(testRecord({ measures: { fd: 6 } }));
    expect((await fs.readdir(evaluationsFolder(run))).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  it('that are damaged are told of and left out', async () => {
    await writeEvaluation(run, testRecord());
    const folder = evaluationsFolder(run);
    await fs.writeFile(path.join(folder, 'step-1.json'), '{"format":');
    await fs.writeFile(path.join(folder, 'step-2.json'), '{"format": "covae-evaluation", "version": 1}');
    await fs.writeFile(path.join(folder, 'step-3.json'), JSON.stringify({ ...testRecord(), version: 2 }));
    await fs.writeFile(path.join(folder, '.step-4.json.tmp'), '');
    const { evaluations, damaged } = await listEvaluations(run);
    expect(evaluations).toHaveLength(1);
    expect(damaged.map(({ file }) => path.basename(file))).toEqual([
      'step-1.json',
      'step-2.json',
      'step-3.json',
    ]);
    expect(damaged[0]!.problem).toContain('is not valid JSON');
    expect(damaged[1]!.problem).toContain('is missing');
    expect(damaged[2]!.problem).toContain('version 2 is newer than this program can read');
  });

  it('may have more in them than this version knows', async () => {
    const file = path.join(evaluationsFolder(run), 'step-1.json');
    await fs.mkdir(path.dirname(file));
    await fs.writeFile(file, JSON.stringify({ ...testRecord(), later: 1 }));
    expect(await readEvaluation(file)).toEqual(testRecord());
  });

  it('are not begun where nothing can be written', async () => {
    await fs.writeFile(evaluationsFolder(run), '');
    await expect(writeEvaluation(run, testRecord())).rejects.toThrow(
      'The evaluation could not be written to',
    );
  });
});
