import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CheckpointContents, listCheckpoints, writeCheckpoint } from './checkpoint.ts';
import { findBest, openEvaluationLog, readEvaluationLines } from './evaluations.ts';
import { bringBack, setAsideAfter } from './going-back.ts';
import { runHealth } from './health.ts';
import { openRunLog } from './run-log.ts';
import { testEvaluation } from './test-evaluation.ts';
import { verifyRun } from './verify.ts';
import { stepOfCheckpoint } from './which-checkpoint.ts';

let home: string;
let run: string;
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-evaluations-'));
  run = path.join(home, 'runs', 'r-1');
  fs.mkdirSync(run, { recursive: true });
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

const tensors = { w: { shape: [1], data: Float32Array.of(1) } };
const CONTENTS: CheckpointContents = { model: tensors, ema: tensors, optimizer: tensors, state: {} };

/** Trains on from a step: an evaluation and a checkpoint for each value, 10 steps apart, as a training does. */
async function train(from: number, values: readonly number[]): Promise<void> {
  const log = openRunLog(run, from);
  for (const [index, value] of values.entries()) {
    const step = from + 10 * (index + 1);
    log.evaluations.append(testEvaluation(step, value));
    const known = await findBest(run, step);
    const isBest = known === null || value < known.value;
    const best = isBest ? step : known.step;
    await writeCheckpoint(run, step, CONTENTS, { best, logs: log.marks() });
  }
  log.close();
}

const steps = async (): Promise<number[]> => (await listCheckpoints(run)).map(({ step }) => step);

describe('the best checkpoint', () => {
  it('is kept beside the newest three for as long as none is better', async () => {
    await train(0, [9, 4, 5, 6, 7, 8]);
    expect(await steps()).toEqual([20, 40, 50, 60]);
    expect(await findBest(run)).toEqual({ step: 20, measure: 'fd-1-pass', value: 4 });
    await train(60, [3]);
    expect(await steps()).toEqual([50, 60, 70]);
    expect((await findBest(run))?.step).toBe(70);
  });

  it('is the earliest of equal ones, and only those that can be compared count', async () => {
    await train(0, [5, 5]);
    expect((await findBest(run))?.step).toBe(10);
    const log = openEvaluationLog(run, 20);
    log.append(testEvaluation(30, 7, { count: 32 }));
    log.close();
    expect(await findBest(run)).toBeNull();
    await writeCheckpoint(run, 30, CONTENTS);
    expect((await findBest(run))?.step).toBe(30);
  });

  it('is one that is there and whole', async () => {
    await train(0, [3, 4, 5]);
    fs.truncateSync(path.join(run, 'checkpoints', 'step-00000010', 'ema.safetensors'), 3);
    expect((await findBest(run))?.step).toBe(20);
    expect(await stepOfCheckpoint(run, 'best')).toBe(20);
    expect(await stepOfCheckpoint(run, 7)).toBe(7);
    expect(await stepOfCheckpoint(run, 'newest')).toBeUndefined();
  });

  it('is none, in a sentence, where nothing was evaluated', async () => {
    await writeCheckpoint(run, 10, CONTENTS);
    expect(await findBest(run)).toBeNull();
    await expect(stepOfCheckpoint(run, 'best')).rejects.toThrow(
      /^No checkpoint in .* is known as the best, .*\.$/,
    );
  });

  it('goes with what comes after the step gone back to, and comes back with it', async () => {
    await train(0, [9, 6, 7, 8, 2, 3]);
    expect(await steps()).toEqual([40, 50, 60]);
    await setAsideAfter(run, 40);
    // The better one of step 20 was given up for that of step 50: of what is left, 40 is the best.
    expect(await findBest(run, 40)).toEqual({ step: 40, measure: 'fd-1-pass', value: 8 });
    await bringBack(run);
    expect(await findBest(run)).toEqual({ step: 50, measure: 'fd-1-pass', value: 2 });
    expect(await readEvaluationLines(run)).toHaveLength(6);

    await setAsideAfter(run, 40);
    await train(40, [7.5]);
    expect((await readEvaluationLines(run)).map(({ fd1 }) => fd1)).toEqual([9, 6, 7, 8, 7.5]);
    expect((await findBest(run))?.step).toBe(50);
  });
});

describe('evaluations.jsonl', () => {
  it('is held to what was noted of it, as the other logs are', async () => {
    await train(0, [9, 4]);
    expect((await runHealth(run)).remarks).toEqual([]);
    const file = path.join(run, 'evaluations.jsonl');
    fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace('"fd1":4', '"fd1":3'));
    expect((await runHealth(run)).remarks.join()).toMatch(/evaluations\.jsonl has lines that were changed/);
    fs.writeFileSync(file, `nonsense\n${fs.readFileSync(file, 'utf8')}`);
    const { problems } = await verifyRun(home, 'r-1');
    expect(problems.join()).toMatch(/evaluations\.jsonl: line 1 is not valid JSON/);
    await expect(findBest(run)).rejects.toThrow(/line 1 is not valid JSON/);
  });

  it('loses the lines after the step that is gone on from', async () => {
    await train(0, [9, 4, 5]);
    openEvaluationLog(run, 20).close();
    expect((await readEvaluationLines(run)).map(({ step }) => step)).toEqual([10, 20]);
  });
});
