/** Averages made after trainings of a few steps of the smallest preset. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadPreset } from '../../config/presets.ts';
import type { Settings } from '../../config/settings.ts';
import { covaeModel } from '../../covae/model.ts';
import { importDataset } from '../../data/import/import-dataset.ts';
import { DEFAULT_SETTINGS } from '../../data/import/settings.ts';
import { openGenerator } from '../../explore/open-generator.ts';
import { runFolder } from '../../library.ts';
import { fromTorch } from '../../nn/parameters.ts';
import { againCommand } from '../../run/again-command.ts';
import { summarizeRun } from '../../run/catalogue.ts';
import { readCheckpointOf } from '../../run/checkpoint.ts';
import { readRunManifest } from '../../run/run-folder.ts';
import { readFloatTensors } from '../../run/safetensors.ts';
import { listSnapshots, snapshotFile } from '../../run/snapshot-files.ts';
import type { TrainCallbacks } from '../api.ts';
import { createAgain } from '../again.ts';
import { createRun } from '../create-run.ts';
import { forkRun } from '../fork-run.ts';
import { openSession } from '../open-session.ts';
import { averagedRun } from './averaged-run.ts';
import { averageOf, openSnapshots } from './average.ts';
import { exponentOf, powerGain } from './power.ts';
import { tryAverages } from './try-averages.ts';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const STEPS = 24;
let home: string;
let id: string;
/** The weights after each step. */
const walk: Float32Array[] = [];

const SETTINGS: Settings = {
  'training.steps': STEPS,
  'training.snapshotEvery': 5,
  'training.checkpointEvery': 1,
  'training.evaluateCount': 16,
  'training.evaluateExtractor': 'pixels',
  'training.learningRate': 0.01,
};

const newRun = async (settings: Settings = {}): Promise<string> => {
  const preset = await loadPreset('smoke');
  const options = { home, dataset: 'few', preset, seed: 5, settings: { ...SETTINGS, ...settings } };
  return (await createRun(options)).id;
};

async function train(run: string, callbacks: TrainCallbacks = {}): Promise<string> {
  const session = await openSession(home, run);
  try {
    return await session.train(callbacks);
  } finally {
    session.dispose();
  }
}

async function layoutOf(run: string) {
  const { network, objective } = (await readRunManifest(runFolder(home, run))).config;
  return covaeModel(network, objective).plan.layout;
}

function largestDifference(a: Float32Array, b: Float32Array): number {
  expect(a).toHaveLength(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** The average of a length, step by step from the weights after each. */
function exactAverage(length: number): Float32Array {
  const value = new Float64Array(walk[0]!.length);
  walk.forEach((weights, step) => {
    const gain = powerGain(step + 1, exponentOf(length));
    for (let k = 0; k < value.length; k++) value[k]! += gain * (weights[k]! - value[k]!);
  });
  return Float32Array.from(value);
}

beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-averages-'));
  await importDataset({
    ...{ home, name: 'few', request: { kind: 'sample', paths: [] } },
    settings: { ...DEFAULT_SETTINGS, size: 8, channels: 1, limit: 60, holdOut: 0.3 },
  });
  id = await newRun();
  const layout = await layoutOf(id);
  const pending: Promise<void>[] = [];
  await train(id, {
    onCheckpoint: (step, folder) => {
      const file = path.join(folder, 'model.safetensors');
      // Before the checkpoint is removed for newer ones.
      fs.copyFileSync(file, path.join(home, `${step}.safetensors`));
      pending.push(
        readFloatTensors(path.join(home, `${step}.safetensors`)).then((tensors) => {
          walk[step - 1] = fromTorch(layout, tensors);
        }),
      );
    },
  });
  await Promise.all(pending);
  expect(walk.filter(Boolean)).toHaveLength(STEPS);
});
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

describe('snapshots', () => {
  it('are there at their interval and at the end, and change no bit of what is learned', async () => {
    expect(await listSnapshots(runFolder(home, id))).toEqual([5, 10, 15, 20, 24]);
    const plain = await newRun({ 'training.snapshotEvery': 0 });
    await train(plain);
    expect(await listSnapshots(runFolder(home, plain))).toEqual([]);
    const [with_, without] = await Promise.all(
      [id, plain].map((run) => readCheckpointOf(runFolder(home, run), STEPS)),
    );
    expect(with_?.model).toEqual(without?.model);
    expect(with_?.ema).toEqual(without?.ema);
  });

  it('are the same to the bit when a training is stopped and goes on', async () => {
    const stopped = await newRun();
    const abort = new AbortController();
    await train(stopped, {
      signal: abort.signal,
      onProgress: ({ step }) => {
        if (step === 12) abort.abort();
      },
    });
    // One of a training that had gone further, and was lost.
    fs.copyFileSync(snapshotFile(runFolder(home, id), 20), snapshotFile(runFolder(home, stopped), 20));
    const session = await openSession(home, stopped);
    let seen: number[] | null = null;
    const reading: Promise<void>[] = [];
    await session.train({
      onProgress: ({ step }) => {
        if (step === 13) {
          reading.push(
            listSnapshots(runFolder(home, stopped)).then((found) => {
              seen = found;
            }),
          );
        }
      },
    });
    session.dispose();
    await Promise.all(reading);
    expect(seen).toEqual([5, 10]);
    for (const step of [5, 10, 15, 20, 24]) {
      const [own, other] = [stopped, id].map((run) =>
        fs.readFileSync(snapshotFile(runFolder(home, run), step)),
      );
      expect(own!.equals(other!), `step ${step}`).toBe(true);
    }
  });
});

describe('averages', () => {
  it('are what averaging step by step gives', async () => {
    const folder = runFolder(home, id);
    const snapshots = await openSnapshots(folder);
    const moved = largestDifference(walk[0]!, walk.at(-1)!);
    for (const [length, share] of [
      [0.05, 1e-5],
      [0.1, 1e-5],
      [0.075, 0.03],
      [0.15, 0.05],
    ] as const) {
      const made = await averageOf(folder, snapshots, length);
      expect(largestDifference(made, exactAverage(length)) / moved, String(length)).toBeLessThan(share);
    }
  });

  it('are measured, each for itself, and the best is named', async () => {
    const tried = await tryAverages(home, id, { lengths: [0.05, 0.2] });
    expect(tried).toMatchObject({ step: STEPS, snapshot: { step: STEPS, count: 5 } });
    expect(tried.tried.map(({ length }) => length)).toEqual([null, 0.05, 0.2]);
    const values = tried.tried.map(({ evaluation }) => evaluation.fd1);
    expect(new Set(values).size).toBe(3);
    expect(tried.best).toBe(values.indexOf(Math.min(...values)));
  });

  it('become the EMA weights of a run of their own, which draws with them', async () => {
    const made = await averagedRun(home, id, { length: 0.15 });
    expect(made).toMatchObject({
      averaged: { length: 0.15 },
      origin: { name: id, step: STEPS },
      config: { training: { snapshotEvery: 0 } },
    });
    const folder = runFolder(home, made.id);
    const [own, parent] = await Promise.all(
      [folder, runFolder(home, id)].map((each) => readCheckpointOf(each, STEPS)),
    );
    expect(own?.model).toEqual(parent?.model);
    const layout = await layoutOf(id);
    const ema = fromTorch(layout, own!.ema);
    expect(largestDifference(ema, exactAverage(0.15))).toBeLessThan(
      0.05 * largestDifference(walk[0]!, walk.at(-1)!),
    );
    const drawn = [];
    for (const each of [folder, runFolder(home, id)]) {
      const model = await openGenerator(each);
      drawn.push(model.sample({ count: 1, seed: 3, passes: 1 }).data);
      model.dispose();
    }
    expect(drawn[0]).not.toEqual(drawn[1]);
    expect(await againCommand(home, made)).toBe(
      `npx covae runs average ${id}@${STEPS} --length 0.15 --make --name ${made.name}`,
    );
    await expect(createAgain(home, made.id)).rejects.toThrow(/it is an average of the weights of another/);
    expect((await summarizeRun(home, made.id)).parent).toEqual({
      ...{ id, step: STEPS, changed: [], average: 0.15 },
    });
  });

  it('are refused in a sentence where they cannot be', async () => {
    await expect(averagedRun(home, id, { length: 0.5 })).rejects.toThrow(/a length of 0.01 to 0.28/);
    const plain = await newRun({ 'training.snapshotEvery': 0, 'training.steps': 2 });
    await train(plain);
    await expect(tryAverages(home, plain)).rejects.toThrow(/has no snapshots to make an average from/);
    await expect(
      forkRun(home, plain, { settings: { 'training.steps': 4, 'training.snapshotEvery': 1 } }),
    ).rejects.toThrow(/did not track what snapshots are made of/);
    const fork = await forkRun(home, id, { checkpoint: 23, settings: { 'training.steps': 30 } });
    expect(await listSnapshots(runFolder(home, fork.id))).toEqual([5, 10, 15, 20]);
    fs.writeFileSync(snapshotFile(runFolder(home, fork.id), 10), 'nothing');
    await expect(averagedRun(home, fork.id, { length: 0.1 })).rejects.toThrow(/step-00000010/);
  });
});
