import { describe, expect, it } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import type { ModelConfig } from '../config/model.ts';
import { caseFor, stepCases } from './step-cases.ts';

async function config(
  objective: Partial<Record<string, unknown>>,
  training: Partial<ModelConfig['training']>,
): Promise<ModelConfig> {
  const preset = (await loadPreset('mnist')).config;
  return {
    ...preset,
    objective: { ...preset.objective, ...objective } as ModelConfig['objective'],
    training: { ...preset.training, ...training },
  };
}

describe('stepCases', () => {
  it('adds a smaller case while half of the rows have the image as their target', async () => {
    const cases = stepCases(await config({ startScales: 1 }, { batchSize: 128 }), 0);
    expect(cases).toContainEqual({ targetRows: 128, adversarial: false });
    expect(cases).toContainEqual({ targetRows: 80, adversarial: false });
    expect(cases.every(({ targetRows }) => targetRows > 64)).toBe(true);
  });

  it('needs the whole batch alone once that stretch is over', async () => {
    expect(stepCases(await config({}, { batchSize: 128 }), 399_000)).toEqual([
      { targetRows: 128, adversarial: false },
    ]);
  });

  it('has cases with and without the discriminator when it comes in later', async () => {
    const adversarial = { warmupSteps: 200_000, weight: 0.05, filters: 8 };
    const before = stepCases(await config({ adversarial }, {}), 0);
    expect(new Set(before.map((step) => step.adversarial))).toEqual(new Set([true, false]));
    const after = stepCases(await config({ adversarial }, {}), 200_000);
    expect(after.every((step) => step.adversarial)).toBe(true);
  });

  it('never makes a target for the β-VAE', async () => {
    const beta = { variant: 'beta-vae', beta: 2, loss: 'l2', adversarial: null, categories: null };
    const { network, training } = await config({}, {});
    expect(stepCases({ network, training, objective: beta as ModelConfig['objective'] }, 0)).toEqual([
      { targetRows: 0, adversarial: false },
    ]);
  });

  it('looks at the parts of a batch', async () => {
    const cases = stepCases(await config({}, { batchSize: 128, accumulate: 4 }), 0);
    expect(Math.max(...cases.map(({ targetRows }) => targetRows))).toBe(32);
  });
});

describe('caseFor', () => {
  const cases = [
    { targetRows: 16, adversarial: false },
    { targetRows: 12, adversarial: false },
    { targetRows: 16, adversarial: true },
  ];

  it('takes the smallest that covers the batch', () => {
    expect(caseFor(cases, 11, false).targetRows).toBe(12);
    expect(caseFor(cases, 13, false).targetRows).toBe(16);
    expect(caseFor(cases, 2, true).targetRows).toBe(16);
    expect(() => caseFor(cases, 17, false)).toThrow(/17 target rows/);
  });
});
