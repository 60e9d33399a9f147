/** Trains for real, a few steps of the smallest preset on made-up images. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { importDataset } from '../data/import/import-dataset.ts';
import { openDataset } from '../data/packed.ts';
import { readNewestCheckpoint } from '../run/checkpoint.ts';
import { runFolder } from '../library.ts';
import { loadPreset } from '../config/presets.ts';
import { readDiagnostics } from '../run/run-log.ts';
import { readMetrics } from '../run/run-folder.ts';
import type { TrainProgress } from './api.ts';
import { openGenerator } from '../explore/open-generator.ts';
import { createRun } from './create-run.ts';
import { openSession } from './open-session.ts';

const STEPS = 6;
let home: string;

beforeAll(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-session-'));
  await importDataset({ home, name: 'sample', request: { kind: 'sample', paths: [] } });
});

afterAll(() => fs.rm(home, { recursive: true, force: true }));

async function newRun(seed = 5) {
  const preset = await loadPreset('smoke');
  return createRun({ home, dataset: 'sample', preset, settings: { 'training.steps': STEPS }, seed });
}

/** Trains until the step, then stops as Ctrl-C would. */
async function trainTo(id: string, step: number) {
  const session = await openSession(home, id);
  const abort = new AbortController();
  const seen: TrainProgress[] = [];
  const end = await session.train({
    signal: abort.signal,
    onProgress: (progress) => {
      seen.push(progress);
      if (progress.step === step) abort.abort();
    },
  });
  const drawn = session.generator.sample({ count: 3, seed: 1, passes: 2 });
  session.dispose();
  return { end, seen, drawn };
}

async function checkpointHash(id: string): Promise<string> {
  const checkpoint = await readNewestCheckpoint(runFolder(home, id));
  const hash = createHash('sha256');
  for (const group of [checkpoint?.model, checkpoint?.ema, checkpoint?.optimizer]) {
    for (const [name, { data }] of Object.entries(group ?? {})) hash.update(name).update(data);
  }
  return hash.digest('hex');
}

describe('a training', () => {
  it('shows a grid before its first step, then at steps that double until the interval is reached', async () => {
    const preset = await loadPreset('smoke');
    const settings = { 'training.steps': 40, 'training.sampleEvery': 40, 'training.batchSize': 32 };
    const { id } = await createRun({ home, dataset: 'sample', preset, settings, seed: 5 });
    const session = await openSession(home, id);
    const happened: string[] = [];
    await session.train({
      onProgress: ({ step }) => {
        if (step === 1) happened.push('first step');
      },
      onGrid: ({ step, kind }) => {
        if (kind === 'passes-1') happened.push(`grid ${step}`);
      },
    });
    session.dispose();
    expect(happened).toEqual(['grid 0', 'first step', 'grid 8', 'grid 16', 'grid 32', 'grid 40']);
  });

  it('goes on after a stop as if it had not stopped, bit for bit', async () => {
    const whole = await newRun();
    const halves = await newRun();
    const once = await trainTo(whole.id, STEPS);
    expect(once.end).toBe('finished');
    const first = await trainTo(halves.id, 2);
    expect(first).toMatchObject({ end: 'stopped' });
    expect(first.seen).toHaveLength(2);
    const second = await trainTo(halves.id, STEPS);
    expect(second.seen.map(({ step }) => step)).toEqual([3, 4, 5, 6]);
    expect(await checkpointHash(halves.id)).toBe(await checkpointHash(whole.id));
    expect(second.drawn.data).toEqual(once.drawn.data);
    const losses = (lines: { step: number; loss: number }[]) =>
      lines.map(({ step, loss }) => ({ step, loss }));
    expect(losses(await readMetrics(runFolder(home, halves.id)))).toEqual(losses(once.seen));
    expect(await checkpointHash((await newRun(6)).id)).not.toBe(await checkpointHash(whole.id));
  });

  it('does so with two levels of latents too, and tells what each brings to the divergence', async () => {
    const preset = await loadPreset('smoke');
    const settings = { 'training.steps': STEPS, 'training.sampleEvery': STEPS, 'network.latentLevels': 2 };
    const runOf = () => createRun({ home, dataset: 'sample', preset, settings, seed: 5 });
    const [whole, halves] = [await runOf(), await runOf()];
    const once = await trainTo(whole.id, STEPS);
    await trainTo(halves.id, 2);
    const twice = await trainTo(halves.id, STEPS);
    expect(await checkpointHash(halves.id)).toBe(await checkpointHash(whole.id));
    expect(twice.drawn.data).toEqual(once.drawn.data);
    for (const { klLoss, klTop, klLower } of await readMetrics(runFolder(home, whole.id))) {
      expect(klTop).toBeGreaterThan(0);
      expect(klLower).toBeGreaterThan(0);
      expect(klTop! + klLower!).toBeCloseTo(klLoss!, 3);
    }
    const [measured] = await readDiagnostics(runFolder(home, whole.id));
    const sums = measured!.t.map((_, i) => measured!.klOfLevels!.reduce((sum, level) => sum + level[i]!, 0));
    sums.forEach((sum, i) => expect(sum).toBeCloseTo(measured!.kl[i]!.mean, 3));
    // What is drawn is brought back by the model itself, as well as an untrained one can.
    const generator = await openGenerator(runFolder(home, whole.id));
    expect(generator.reconstruct(once.drawn)).toMatchObject({ count: 3, height: 28, width: 28 });
    generator.dispose();
  });

  it('teaches two levels of latents digits: the loss falls, and both levels tell of the image', async () => {
    const preset = await loadPreset('smoke');
    const steps = 60;
    const settings = { 'training.steps': steps, 'training.sampleEvery': steps, 'network.latentLevels': 2 };
    const run = await createRun({ home, dataset: 'sample', preset, settings, seed: 1 });
    const { seen } = await trainTo(run.id, steps);
    const mean = (lines: TrainProgress[]) => lines.reduce((sum, { loss }) => sum + loss, 0) / lines.length;
    expect(mean(seen.slice(-20))).toBeLessThan(0.7 * mean(seen.slice(0, 20)));
    const [measured] = await readDiagnostics(runFolder(home, run.id));
    for (const [smallest] of measured!.klOfLevels!) expect(smallest).toBeGreaterThan(1);
  });

  it('lowers the loss and moves the weights', async () => {
    const run = await newRun();
    const { seen } = await trainTo(run.id, STEPS);
    expect(seen.every(({ loss, gradNorm }) => Number.isFinite(loss) && gradNorm > 0)).toBe(true);
    const checkpoint = await readNewestCheckpoint(runFolder(home, run.id));
    const name = 'encoder.conv_out.weight';
    expect(checkpoint?.model[name]?.data).not.toEqual(checkpoint?.ema[name]?.data);
  });

  it('draws the same from the session and from its checkpoint, image by image', async () => {
    const run = await newRun();
    const { drawn } = await trainTo(run.id, 2);
    const generator = await openGenerator(runFolder(home, run.id));
    expect(generator.step).toBe(2);
    expect(generator.sample({ count: 3, seed: 1, passes: 2 }).data).toEqual(drawn.data);
    const more = generator.sample({ count: 70, seed: 1, passes: 1 });
    const fewer = generator.sample({ count: 64, seed: 1, passes: 1 });
    expect(more.data.subarray(0, fewer.data.length)).toEqual(fewer.data);
    expect(generator.sample({ count: 3, seed: 2, passes: 1 }).data).not.toEqual(
      generator.sample({ count: 3, seed: 1, passes: 1 }).data,
    );
    const data = await openDataset(home, 'sample');
    const [a, b] = [await data.readImages(0, 1), await data.readImages(1, 1)];
    const path = generator.interpolate(a, b, { positions: [0, 0.5, 1] });
    expect(path).toMatchObject({ count: 3, height: 28, width: 28, channels: 1 });
    expect(generator.reconstruct(a).count).toBe(1);
    expect(() => generator.reconstruct({ ...a, height: 14, width: 56 })).toThrow(/was trained on 28×28×1/);
    data.close();
    generator.dispose();
  });

  it('passes over a damaged checkpoint and says so when none is left', async () => {
    const run = await newRun();
    await trainTo(run.id, 2);
    await trainTo(run.id, 4);
    const checkpoints = path.join(runFolder(home, run.id), 'checkpoints');
    const file = (step: number) => path.join(checkpoints, `step-0000000${step}`, 'model.safetensors');
    await fs.truncate(file(4), 100);
    const session = await openSession(home, run.id);
    expect(session.step).toBe(2);
    session.dispose();
    await fs.truncate(file(2), 100);
    await expect(openSession(home, run.id)).rejects.toThrow(/No checkpoint of this run can be used: .*\.$/);
  });

  it('refuses data that is no longer what it was trained on', async () => {
    const run = await newRun();
    const folder = path.join(home, 'datasets', 'sample');
    const file = path.join(folder, 'dataset.json');
    const before = await fs.readFile(file, 'utf8');
    await fs.writeFile(file, before.replace(/sha256:../, 'sha256:00'));
    await expect(openSession(home, run.id)).rejects.toThrow(/is no longer the one/);
    await fs.writeFile(file, before);
  });

  it('refuses a missing data set, a run that does not exist and one without a checkpoint', async () => {
    const preset = await loadPreset('smoke');
    await expect(createRun({ home, dataset: 'nothing', preset })).rejects.toThrow(
      /There is no data set "nothing"/,
    );
    await expect(openSession(home, 'nothing-abc')).rejects.toThrow(/run\.json/);
    const run = await newRun();
    await expect(openGenerator(runFolder(home, run.id))).rejects.toThrow(/has no checkpoint yet/);
  });
});
