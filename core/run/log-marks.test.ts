import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeCheckpoint } from './checkpoint.ts';
import { runHealth } from './health.ts';
import { logDamage, type LogMarks } from './log-marks.ts';
import { METRICS_FILE, openMetricsLog } from './run-folder.ts';
import { openRunLog } from './run-log.ts';

let run: string;
let marks: LogMarks;
beforeEach(async () => {
  run = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-log-marks-'));
  marks = log(0, 30);
});
afterEach(() => fs.rmSync(run, { recursive: true, force: true }));

function log(from: number, to: number): LogMarks {
  const metrics = openMetricsLog(run, from);
  const others = openRunLog(run, from);
  for (let step = from + 1; step <= to; step++) {
    metrics.append({
      ...{ step, loss: 1 / step, recLoss: 1, denoiserLoss: null, klLoss: 0, gradNorm: 1, learningRate: 1e-3 },
      ...{ intervals: 2, stepsPerSecond: 1, seconds: step },
    });
  }
  const found = { [METRICS_FILE]: metrics.mark(), ...others.marks() };
  metrics.close();
  others.close();
  return found;
}

const file = (): string => path.join(run, METRICS_FILE);
const lines = (): string[] => fs.readFileSync(file(), 'utf8').split('\n').slice(0, -1);

describe('what is remembered of the logs', () => {
  it('fits for as long as lines are only added, also by a training that was resumed', async () => {
    expect(marks[METRICS_FILE]).toMatchObject({ lines: 30, bytes: fs.statSync(file()).size });
    expect(await logDamage(run, marks, 30)).toBeNull();
    const later = log(30, 40);
    expect(later[METRICS_FILE]?.lines).toBe(40);
    expect(await logDamage(run, later, 40)).toBeNull();
    expect(await logDamage(run, marks, 30)).toBeNull();
    // Going on from an earlier step cuts the lines after it, and what fits then is what was noted by then.
    const early = log(0, 10);
    log(10, 20);
    expect(await logDamage(run, early, 10)).toBeNull();
  });

  it('tells of nothing for a run of an earlier version', async () => {
    fs.rmSync(file());
    expect(await logDamage(run, {}, 30)).toBeNull();
  });

  const damages: [string, () => void, RegExp][] = [
    ['emptied', () => fs.writeFileSync(file(), ''), /metrics\.jsonl has 0 of 30 lines/],
    ['removed', () => fs.rmSync(file()), /metrics\.jsonl with 30 lines is gone/],
    [
      'shortened at a line',
      () => fs.writeFileSync(file(), lines().slice(0, 12).join('\n') + '\n'),
      /metrics\.jsonl has 12 of 30 lines/,
    ],
    [
      'robbed of a line in its middle',
      () => fs.writeFileSync(file(), [...lines().slice(0, 12), ...lines().slice(13)].join('\n') + '\n'),
      /metrics\.jsonl has 29 of 30 lines/,
    ],
    [
      'changed in one digit',
      () => fs.writeFileSync(file(), lines().join('\n').replace('"loss":0.5', '"loss":0.6') + '\n'),
      /metrics\.jsonl has lines that were changed/,
    ],
    [
      'given some of its lines again',
      () => fs.appendFileSync(file(), lines().slice(3, 6).join('\n') + '\n'),
      /metrics\.jsonl has 3 lines that do not belong there/,
    ],
  ];

  it.each(damages)('does not fit a log that was %s', async (_, damage, told) => {
    damage();
    expect(await logDamage(run, marks, 30)).toMatch(told);
  });

  it('is told of a run with its newest checkpoint', async () => {
    const tensors = { w: { shape: [1], data: Float32Array.of(1) } };
    await writeCheckpoint(
      run,
      30,
      { model: tensors, ema: tensors, optimizer: tensors, state: null },
      { logs: marks },
    );
    expect(await runHealth(run)).toEqual({ step: 30, remarks: [], setAside: null });
    fs.truncateSync(file(), 0);
    expect((await runHealth(run)).remarks).toEqual([
      'The logs of the run are not what was written (metrics.jsonl has 0 of 30 lines); they stay as they are, and the weights are not touched by it.',
    ]);
  });
});
