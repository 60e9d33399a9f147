import { describe, expect, it } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import type { ModelConfig } from '../config/model.ts';
import { graphVariants, variantFor } from './graph-variants.ts';

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

describe('graphVariants', () => {
  it('adds a smaller variant while half of the examples have the image as their target', async () => {
    const variants = graphVariants(await config({ startScales: 1 }, { batchSize: 128 }), 0);
    expect(variants).toContainEqual({ targetExamples: 128, adversarial: false });
    expect(variants).toContainEqual({ targetExamples: 80, adversarial: false });
    expect(variants.every(({ targetExamples }) => targetExamples > 64)).toBe(true);
  });

  it('needs the whole batch alone once that stretch is over', async () => {
    expect(graphVariants(await config({}, { batchSize: 128 }), 399_000)).toEqual([
      { targetExamples: 128, adversarial: false },
    ]);
  });

  it('has variants with and without the discriminator when it comes in later', async () => {
    const adversarial = { warmupSteps: 200_000, weight: 0.05, filters: 8 };
    const before = graphVariants(await config({ adversarial }, {}), 0);
    expect(new Set(before.map((variant) => variant.adversarial))).toEqual(new Set([true, false]));
    const after = graphVariants(await config({ adversarial }, {}), 200_000);
    expect(after.every((variant) => variant.adversarial)).toBe(true);
  });

  it('never makes a target for the β-VAE', async () => {
    const beta = { variant: 'beta-vae', beta: 2, loss: 'l2', adversarial: null, categories: null };
    const whole = await config({}, {});
    expect(graphVariants({ ...whole, objective: beta as ModelConfig['objective'] }, 0)).toEqual([
      { targetExamples: 0, adversarial: false },
    ]);
  });

  it('looks at the parts of a batch', async () => {
    const variants = graphVariants(await config({}, { batchSize: 128, accumulate: 4 }), 0);
    expect(Math.max(...variants.map(({ targetExamples }) => targetExamples))).toBe(32);
  });
});

describe('variantFor', () => {
  const variants = [
    { targetExamples: 16, adversarial: false },
    { targetExamples: 12, adversarial: false },
    { targetExamples: 16, adversarial: true },
  ];

  it('takes the smallest that covers the batch', () => {
    expect(variantFor(variants, 11, false).targetExamples).toBe(12);
    expect(variantFor(variants, 13, false).targetExamples).toBe(16);
    expect(variantFor(variants, 2, true).targetExamples).toBe(16);
    expect(() => variantFor(variants, 17, false)).toThrow(/17 target examples/);
  });
});
