import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { applySettings, type Settings } from '../run/override.ts';
import { covaeModel } from '../covae/model.ts';
import { loadPreset } from '../run/presets.ts';
import { describeModel } from '../train/describe.ts';
import { openProgram } from '../train/open-program.ts';
import { initialVectors } from '../train/state.ts';
import { measureTraining, spreadOf } from './measure.ts';

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
    const targetRows = config.objective.variant === 'beta-vae' ? 0 : config.training.batchSize;
    const flops = stepper.summaries(0, { targetRows }).reduce((sum, summary) => sum + summary.flops, 0);
    program.dispose();
    expect(flops).toBe(describeModel(config).work.flops);
  });

  it('gives numbers that can be, compiled and operation by operation', async () => {
    const config = await smoke();
    const dumpDir = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-bench-'));
    try {
      const compiled = measureTraining(config, { steps: 3, dumpDir });
      const eager = measureTraining(config, { steps: 1, execution: 'eager' });
      for (const { step, ...result } of [compiled, eager]) {
        expect(step.min).toBeGreaterThan(0);
        expect(step.median).toBeGreaterThanOrEqual(step.min);
        expect(step.max).toBeGreaterThanOrEqual(step.median);
        expect(result.startMs).toBeGreaterThan(step.min);
        expect(result.samplesPerSecond).toBeGreaterThan(0);
        expect(result.peakBytes).toBeGreaterThan(50e6);
        expect(result.parameters).toBe(describeModel(config).parameters.total);
        expect(result.flopsPerStep).toBe(compiled.flopsPerStep);
        expect(result.ops['Conv2D']).toBe(compiled.ops['Conv2D']);
      }
      expect(fs.readdirSync(dumpDir)).toContain('saved_model.pb');
    } finally {
      fs.rmSync(dumpDir, { recursive: true, force: true });
    }
  });
});

describe('the spread of times', () => {
  it('is the median between the two ends', () => {
    expect(spreadOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
    expect(spreadOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
    expect(() => spreadOf([])).toThrow('nothing');
  });
});
