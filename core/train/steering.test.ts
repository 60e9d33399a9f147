/** A training that is changed while it runs, for real, a few steps of the smallest preset. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import { importDataset } from '../data/import/import-dataset.ts';
import { runFolder } from '../library.ts';
import { readNewestCheckpoint } from '../run/checkpoint.ts';
import { listGrids } from '../run/grid-files.ts';
import { readHistory } from '../run/history.ts';
import { readMetrics } from '../run/run-folder.ts';
import type { TrainingSession } from './api.ts';
import { createRun } from './create-run.ts';
import { openSession } from './open-session.ts';

const STEPS = 8;
let home: string;

beforeAll(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-steering-'));
  await importDataset({ home, name: 'sample', request: { kind: 'sample', paths: [] } });
});
afterAll(() => fs.rm(home, { recursive: true, force: true }));

async function newRun(settings: Record<string, number> = {}): Promise<string> {
  const preset = await loadPreset('smoke');
  const all = {
    'training.steps': STEPS,
    'training.logEvery': 3,
    'training.checkpointEvery': 100,
    ...settings,
  };
  return (await createRun({ home, dataset: 'sample', preset, settings: all, seed: 5 })).id;
}

/** Trains up to a step; `at` may steer after each. */
async function train(
  id: string,
  to: number,
  at: (step: number, session: TrainingSession) => void = () => undefined,
): Promise<number[]> {
  const session = await openSession(home, id);
  const abort = new AbortController();
  const checkpoints: number[] = [];
  await session.train({
    signal: abort.signal,
    onProgress: ({ step }) => {
      at(step, session);
      if (step === to) abort.abort();
    },
    onCheckpoint: (step) => checkpoints.push(step),
  });
  session.dispose();
  return checkpoints;
}

async function hashOf(id: string): Promise<string> {
  const checkpoint = await readNewestCheckpoint(runFolder(home, id));
  const hash = createHash('sha256');
  for (const group of [checkpoint?.model, checkpoint?.ema, checkpoint?.optimizer]) {
    for (const [name, { data }] of Object.entries(group ?? {})) hash.update(name).update(data);
  }
  return hash.digest('hex');
}

it('is changed from the next step on, and goes on with it after a stop, bit for bit', async () => {
  const change = (step: number, session: TrainingSession): void => {
    if (step === 3) session.change({ learningRate: 0.0005, emaRate: 0.5, checkpointEvery: 5 });
  };
  const whole = await newRun();
  // At once, by the new interval, and at the end.
  expect(await train(whole, STEPS, change)).toEqual([4, 5, STEPS]);
  const halves = await newRun();
  await train(halves, 6, change);
  await train(halves, STEPS);
  expect(await hashOf(halves)).toBe(await hashOf(whole));
  const unchanged = await newRun();
  await train(unchanged, STEPS);
  expect(await hashOf(unchanged)).not.toBe(await hashOf(whole));
  const emaAlone = await newRun();
  await train(emaAlone, STEPS, (step, session) => step === 3 && session.change({ emaRate: 0.5 }));
  const [plain, changed] = await Promise.all(
    [unchanged, emaAlone].map((id) => readNewestCheckpoint(runFolder(home, id))),
  );
  const [name] = Object.keys(plain!.model);
  expect(changed!.model[name!]!.data).toEqual(plain!.model[name!]!.data);
  expect(changed!.ema[name!]!.data).not.toEqual(plain!.ema[name!]!.data);

  const history = await readHistory(runFolder(home, halves));
  expect(history.map(({ step, what }) => [step, what])).toEqual([
    ...[
      [0, 'began'],
      [3, 'changed'],
      [6, 'stopped'],
      [6, 'began'],
      [STEPS, 'finished'],
    ],
  ]);
  expect(history[1]).toMatchObject({
    changes: { learningRate: 0.0005, emaRate: 0.5, checkpointEvery: 5 },
  });
  // Each step counts in the curves, also where an interval was cut by a checkpoint.
  for (const id of [whole, halves]) {
    const lines = await readMetrics(runFolder(home, id));
    expect(lines.reduce((sum, { over }) => sum + (over?.steps ?? NaN), 0)).toBe(STEPS);
    expect(lines.at(-1)?.step).toBe(STEPS);
  }
});

it('does what is asked of it out of turn', async () => {
  const id = await newRun({ 'training.sampleEvery': 100 });
  const checkpoints = await train(id, STEPS, (step, session) => {
    if (step !== 2) return;
    session.ask('samples');
    session.ask('checkpoint');
  });
  expect(checkpoints).toEqual([2, STEPS]);
  const grids = await listGrids(runFolder(home, id));
  expect(grids.filter(({ step }) => step === 2).map(({ kind }) => kind)).toEqual([
    ...['passes-1', 'passes-2', 'reconstructions'],
  ]);
  expect(grids[0]).toEqual({ step: 0, kind: 'passes-1' });
});

it('waits between two steps when it is told to, which is no time of training', async () => {
  const id = await newRun();
  const session = await openSession(home, id);
  let waits = 0;
  let seconds = 0;
  await session.train({
    giveWay: async () => {
      waits++;
      return 1e6;
    },
    onProgress: (progress) => (seconds = progress.seconds),
  });
  session.dispose();
  expect(waits).toBeGreaterThanOrEqual(STEPS);
  expect(seconds).toBeLessThan(100);
});
