/** Runs that go on after their end, and runs that begin as another was: a few steps of the smallest preset, for real. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import { importDataset } from '../data/import/import-dataset.ts';
import { runFolder } from '../library.ts';
import { summarizeRun } from '../run/catalogue.ts';
import { readNewestCheckpoint } from '../run/checkpoint.ts';
import { continueRun, planContinuation } from '../run/continue-run.ts';
import { listGrids } from '../run/grid-files.ts';
import { readMetrics, readRunManifest } from '../run/run-folder.ts';
import { verifyRun } from '../run/verify.ts';
import { createRun } from './create-run.ts';
import { forkRun } from './fork-run.ts';
import { openSession } from './open-session.ts';

let home: string;
let id: string;

const SETTINGS = {
  'training.steps': 6,
  'training.logEvery': 1,
  'training.warmupSteps': 0,
  'training.checkpointEvery': 2,
  'training.learningRateSchedule': 'cosine',
  'training.learningRate': 0.004,
};

async function train(run: string): Promise<string> {
  const session = await openSession(home, run);
  const end = await session.train({});
  session.dispose();
  return end;
}

const rates = async (run: string): Promise<number[]> =>
  (await readMetrics(runFolder(home, run))).map(({ learningRate }) => learningRate);

beforeAll(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-fork-'));
  await importDataset({ home, name: 'sample', request: { kind: 'sample', paths: [] } });
  const preset = await loadPreset('smoke');
  id = (await createRun({ home, dataset: 'sample', preset, settings: SETTINGS, seed: 5 })).id;
});
afterAll(() => fs.rm(home, { recursive: true, force: true }));

it('refuses further steps before there is anything to go on from', async () => {
  await expect(continueRun(home, id, 4)).rejects.toThrow(/has no checkpoint yet/);
});

it('goes on after its end, and what it had stays as it was', async () => {
  await train(id);
  const before = await rates(id);
  await expect(continueRun(home, id, 0)).rejects.toThrow(/0 steps left/);
  const { sentence } = await planContinuation(home, id, 4, 0.001);
  expect(sentence).toContain('falls from 0.001 to 0 as a half cosine');
  const continued = await continueRun(home, id, 4);
  expect(continued).toMatchObject({ from: 6, steps: 10 });
  expect(await summarizeRun(home, id)).toMatchObject({ step: 6, steps: 10, outcome: { state: 'stopped' } });
  expect(await train(id)).toBe('finished');
  const after = await rates(id);
  expect(after.slice(0, 6)).toEqual(before);
  // Half of the configured rate, as a half cosine over four steps.
  [0, 1, 2, 3].forEach((step, i) =>
    expect(after[6 + i]).toBeCloseTo(0.002 * 0.5 * (1 + Math.cos((Math.PI * step) / 4)), 10),
  );
  expect((await verifyRun(home, id)).problems).toEqual([]);
});

it('forks with the whole state: without a change it goes on as the run itself did, bit for bit', async () => {
  const fork = await forkRun(home, id, { checkpoint: 8, name: 'twin' });
  expect(fork).toMatchObject({
    name: 'twin',
    startsFrom: 'weights',
    origin: { kind: 'run', name: id, step: 8, fresh: [] },
    forked: { settings: {} },
  });
  const folder = runFolder(home, fork.id);
  expect((await readMetrics(folder)).map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect((await verifyRun(home, fork.id)).problems).toEqual([]);
  expect((await listGrids(folder)).every(({ step }) => step <= 8)).toBe(true);
  await train(fork.id);
  const [ours, theirs] = await Promise.all(
    [fork.id, id].map((run) => readNewestCheckpoint(runFolder(home, run))),
  );
  expect(ours?.step).toBe(10);
  for (const part of ['model', 'ema', 'optimizer'] as const) {
    for (const [name, { data }] of Object.entries(ours?.[part] ?? {})) {
      expect(data).toEqual(theirs?.[part][name]?.data);
    }
  }
});

it('forks with changed settings, which count from there on', async () => {
  const settings = {
    'training.steps': 12,
    'training.learningRate': 0.0005,
    'training.learningRateSchedule': 'constant',
  };
  const fork = await forkRun(home, id, { checkpoint: 8, settings });
  expect((await readRunManifest(runFolder(home, fork.id))).forked).toEqual({ settings });
  const { parent } = await summarizeRun(home, fork.id);
  expect(parent).toMatchObject({ id, step: 8 });
  expect(parent?.changed).toContainEqual({ key: 'training.learningRate', value: 0.0005 });
  await train(fork.id);
  const all = await rates(fork.id);
  expect(all).toHaveLength(12);
  expect(all.slice(8)).toEqual([0.0005, 0.0005, 0.0005, 0.0005]);
});

it('says what cannot be forked', async () => {
  await expect(forkRun(home, id)).rejects.toThrow(/is the last of the 10 steps/);
  await expect(
    forkRun(home, id, { settings: { 'training.steps': 20, 'network.zChannels': 3 } }),
  ).rejects.toThrow(/other networks/);
  await expect(forkRun(home, id, { checkpoint: 3 })).rejects.toThrow(/no usable checkpoint of step 3/);
  await expect(forkRun(home, id, { settings: { 'training.nonsense': 1 } })).rejects.toThrow(/no key/);
});
