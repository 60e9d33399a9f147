import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applySettings } from '../config/override.ts';
import type { Settings } from '../config/settings.ts';
import { covaeModel } from '../covae/model.ts';
import { loadPreset } from '../config/presets.ts';
import { stepPlan } from '../schedule/step-plan.ts';
import { describeModel } from '../train/describe.ts';
import { openProgram } from '../train/open-program.ts';
import { initialVectors } from '../train/state.ts';
import { medianAndRange, measureTraining } from './measure.ts';

let dumpDir: string;
beforeEach(() => {
  dumpDir = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-bench-'));
});
afterEach(() => fs.rmSync(dumpDir, { recursive: true, force: true }));

async function smoke(settings: Settings = {}) {
  const { config } = await loadPreset('smoke');
  return applySettings(config, { 'training.batchSize': 4, ...settings }, 'settings');
}

describe('measuring a training', () => {
  // describeModel counts from the plan of the networks, and is held against PyTorch's own counter.
  it.each<[string, Settings]>([
    ['covae', {}],
    ['a batch in two parts', { 'training.accumulate': 2 }],
    ['without the average decoder', { 'objective.denoiserLoss': null }],
    ['a vector latent', { 'network.zChannels': 6, 'network.finalDim': 6 }],
    ['beta-vae', { 'objective.variant': 'beta-vae' }],
  ])('counts the FLOPs of a step as they follow from the networks: %s', async (_, settings) => {
    const config = await smoke(settings);
    const model = covaeModel(config.network, config.objective);
    const execution = 'eager';
    const { program, stepper } = openProgram(model, config, initialVectors(model, 0), 0, { execution });
    const targetExamples = config.objective.variant === 'beta-vae' ? 0 : config.training.batchSize;
    const flops = stepper
      .summaries(stepPlan(config, 0), { targetExamples })
      .reduce((sum, summary) => sum + summary.flops, 0);
    program.dispose();
    expect(flops).toBe(describeModel(config).work.flops);
  });

  it.each(['compiled', 'eager'] as const)('gives numbers that can be: %s', async (execution) => {
    const config = await smoke();
    const { step, ...result } = measureTraining(config, { steps: 3, execution, dumpDir });
    expect(step.min).toBeGreaterThan(0);
    expect(step.median).toBeGreaterThanOrEqual(step.min);
    expect(step.max).toBeGreaterThanOrEqual(step.median);
    expect(result.startMs).toBeGreaterThan(step.min);
    expect(result.samplesPerSecond).toBeGreaterThan(0);
    expect(result.peakBytes).toBeGreaterThan(50e6);
    expect(result.peakFlops).toBeGreaterThan(1e8);
    expect(result.parameters).toBe(describeModel(config).parameters.total);
    expect(result.flopsPerStep).toBe(describeModel(config).work.flops);
    expect(result.ops['Conv2D']).toBeGreaterThan(10);
    // Op by op there is no graph to look at.
    const left = fs.readdirSync(dumpDir);
    expect(left).toEqual(execution === 'compiled' ? expect.arrayContaining(['saved_model.pb']) : []);
  });
});

describe('the median and range of times', () => {
  it('is the median between the two ends', () => {
    expect(medianAndRange([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(medianAndRange([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(() => medianAndRange([])).toThrow('nothing');
  });
});
