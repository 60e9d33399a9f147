import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPreset } from '../../config/presets.ts';
import type { Device } from '../../device.ts';
import { describeModel } from '../describe.ts';
import { StepTimes } from './step-times.ts';
import { planTraining } from './training-plan.ts';
import { tryOut } from './trial.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-plan-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const device: Device = { kind: 'CPU', name: 'A processor', memory: 24e9, cores: 2, driver: null };

async function planned(name: string, changes: object = {}, more: Partial<Device> = {}) {
  const { config: own } = await loadPreset(name);
  const config = { ...own, training: { ...own.training, ...changes } };
  const times = new StepTimes(path.join(folder, 'times'));
  const context = { home: folder, device: { ...device, ...more }, trained: 10_000, times };
  return { config, times, plan: () => planTraining(config, context) };
}

describe('what a training will need', () => {
  it('counts images, epochs and what is kept', async () => {
    const { plan } = await planned('tiny-unet', { steps: 2500, batchSize: 16, checkpointEvery: 1000 });
    const { images, epochs, disk, parameters, memory, latent } = await plan();
    expect(images).toBe(40_000);
    expect(epochs).toBe(4);
    // Weights, averages and two moments in float32; three lasting ones, one by time, one while it is written.
    expect(disk.checkpoint).toBe(parameters * 4 * 4);
    expect(disk.checkpoints).toBe(5 * disk.checkpoint);
    expect(disk.total).toBe(disk.checkpoints + disk.records);
    expect(disk.free).toBeGreaterThan(0);
    expect(latent).toEqual([7, 7, 1]);
    expect(memory.remedy).toBeNull();
  });

  it('says which batch fits, and in how many parts', async () => {
    const { config, plan } = await planned('cifar10', {});
    const { memory } = await plan();
    expect(memory.needed).toBeGreaterThan(24e9);
    const { batchSize, accumulate } = memory.remedy!;
    const need = (changes: object) =>
      describeModel({ ...config, training: { ...config.training, ...changes } }).memory.total;
    expect(need({ batchSize })).toBeLessThan(0.85 * 24e9);
    expect(need({ batchSize: 2 * batchSize! })).toBeGreaterThan(0.8 * 24e9);
    expect(config.training.batchSize % accumulate!).toBe(0);
    expect(need({ accumulate })).toBeLessThan(0.85 * 24e9);
    expect(need({ accumulate: accumulate! / 2 })).toBeGreaterThan(0.8 * 24e9);
    const none = await planned('cifar10', {}, { memory: 1e9 });
    expect((await none.plan()).memory.remedy).toEqual({ batchSize: null, accumulate: null });
    const unknown = await planned('cifar10', {}, { memory: null });
    expect((await unknown.plan()).memory).toMatchObject({ available: null, remedy: null });
  });

  it('knows a step from a run or a trial of its kind, and guesses it from another', async () => {
    const { config, times, plan } = await planned('tiny-unet', { steps: 1000 });
    expect(await plan()).toMatchObject({ step: null, seconds: null });
    const { total } = describeModel(config).work;
    const computer = { kind: device.kind, name: device.name, cores: device.cores };
    const twice = { ...config, training: { ...config.training, batchSize: 2 * config.training.batchSize } };
    times.keep(twice, computer, { seconds: 0.5, from: 'run', runId: 'a-1', work: 2 * total });
    expect((await plan()).step).toEqual({ seconds: 0.25, from: 'other', runId: 'a-1' });
    times.keep(twice, computer, { seconds: 0.5, from: 'run', runId: 'a-1', work: total / 100 });
    expect((await plan()).step).toBeNull();
    times.keep(config, computer, { seconds: 0.1, from: 'trial', runId: null, work: total });
    const known = await plan();
    expect(known.step).toEqual({ seconds: 0.1, from: 'trial', runId: null });
    expect(known.seconds).toBeCloseTo(100);
    // Rates and weights make no difference; another device does.
    const rate = { ...config, training: { ...config.training, learningRate: 0.5 } };
    expect(times.of(rate, computer)?.seconds).toBe(0.1);
    expect(times.of(config, { ...computer, cores: 4 })).toBeNull();
    for (const file of fs.readdirSync(path.join(folder, 'times'))) {
      fs.writeFileSync(path.join(folder, 'times', file), 'nonsense');
    }
    expect((await plan()).step).toBeNull();
  });
});

describe('a trial', () => {
  it('measures steps and leaves nothing behind', async () => {
    const { config } = await loadPreset('smoke');
    const phases: string[] = [];
    const { seconds, startSeconds } = await tryOut(config, { onPhase: (phase) => phases.push(phase) });
    expect(seconds).toBeGreaterThan(0);
    expect(startSeconds).toBeGreaterThan(0);
    expect(phases).toEqual(['Compiling the network', 'Step 1 of 3', 'Step 2 of 3', 'Step 3 of 3']);
    const abort = new AbortController();
    abort.abort();
    await expect(tryOut(config, { signal: abort.signal })).rejects.toThrow(/abort/i);
  });
});
