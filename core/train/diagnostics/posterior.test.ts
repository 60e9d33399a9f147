import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { loadPreset } from '../../config/presets.ts';
import { type ModelConfig, ModelConfigSchema } from '../../config/model.ts';
import { activeUnits, divergences, divergencesOfLevels } from './posterior.ts';

const numbers = v.array(v.number());
const Fixture = v.object({
  size: v.number(),
  channels: v.number(),
  categories: v.number(),
  count: v.number(),
  mu: numbers,
  std: numbers,
  gaussian: numbers,
  categorical: numbers,
});
const torch = v.parse(
  Fixture,
  JSON.parse(fs.readFileSync(new URL('testdata/posterior.json', import.meta.url), 'utf8')),
);

async function config(objective: Record<string, unknown>): Promise<ModelConfig> {
  const preset = (await loadPreset('smoke')).config;
  return v.parse(ModelConfigSchema, {
    ...preset,
    network: {
      ...preset.network,
      imageSize: 4,
      multipliers: [1, 1],
      attentionResolutions: [],
      zChannels: torch.channels,
    },
    objective: { ...preset.objective, ...objective },
  });
}

const SIMPLE = {
  variant: 's-covae',
  kernel: 've',
  sigmaMin: 0.002,
  sigmaMax: 80,
  rho: 7,
  stepSchedule: 'exp',
  startScales: 10,
  endScales: 20,
  loss: 'huber',
  denoiserLoss: null,
  sigmaData: 0.5,
  timeSampling: 'lognormal',
  pMean: -1.1,
  pStd: 2,
  normStrength: 0.001,
  normWeight: 'fixed',
};

async function simple(): Promise<ModelConfig> {
  return { ...(await config({})), objective: v.parse(ModelConfigSchema.entries.objective, SIMPLE) };
}

const posteriors = {
  count: torch.count,
  mu: Float32Array.from(torch.mu),
  std: Float32Array.from(torch.std),
};

describe('divergences', () => {
  it.each(['gaussian', 'categorical'] as const)('are those of torch.distributions, %s', async (kind) => {
    const categories = kind === 'categorical' ? torch.categories : null;
    const found = divergences(await config({ categories }), posteriors);
    expect(found).toHaveLength(torch.count);
    found.forEach((kl, image) => {
      expect(Math.abs(kl / (torch[kind][image] ?? 0) - 1)).toBeLessThan(1e-6);
    });
  });

  it('are 0 for the prior itself, and finite for a posterior without width', async () => {
    const gaussian = await config({});
    const prior = { count: 1, mu: new Float32Array(24), std: new Float32Array(24).fill(1) };
    expect(divergences(gaussian, prior)[0]).toBeCloseTo(0, 6);
    expect(divergences(await config({ categories: 4 }), prior)[0]).toBeCloseTo(0, 12);
    const [narrow = NaN] = divergences(gaussian, { ...prior, std: new Float32Array(24) });
    expect(narrow).toBeCloseTo(24 * (-Math.log(1e-8) - 0.5), 3);
  });

  it('of a categorical latent that is certain are the logarithm of the categories, a group', async () => {
    const mu = Float32Array.from(torch.mu, (logit) => 1e4 * logit);
    const [certain] = divergences(await config({ categories: 4 }), { ...posteriors, mu });
    expect(certain).toBeCloseTo(6 * Math.log(4), 6);
  });

  it('of s-CoVAE are the squared norm', async () => {
    const [first] = divergences(await simple(), posteriors);
    expect(first).toBeCloseTo(
      torch.mu.slice(0, 24).reduce((sum, m) => sum + m * m, 0),
      3,
    );
  });
});

describe('divergencesOfLevels', () => {
  it('are those of each level, the topmost first, and together the whole', async () => {
    const preset = (await loadPreset('smoke')).config;
    // One value above, four below.
    const network = { ...preset.network, imageSize: 4, multipliers: [1, 1, 1], latentLevels: 2 as const };
    const two = { ...preset, network };
    const posteriors = {
      count: 2,
      mu: Float32Array.of(1, 0, 0, 0, 0, 0, 2, 0, 0, 0),
      std: new Float32Array(10).fill(1),
    };
    const [top, lower] = divergencesOfLevels(two, posteriors);
    expect([...top!].map((kl) => Number(kl.toFixed(5)))).toEqual([0.5, 0]);
    expect([...lower!].map((kl) => Number(kl.toFixed(5)))).toEqual([0, 2]);
    const whole = divergences(two, posteriors);
    whole.forEach((kl, i) => expect(top![i]! + lower![i]!).toBeCloseTo(kl, 6));
  });
});

describe('activeUnits', () => {
  /** Two images whose posterior means are `spread` apart in the first `active` of 24 values. */
  function pair(active: number, spread: number, std = 1) {
    const mu = new Float32Array(48);
    for (let unit = 0; unit < active; unit++) mu[24 + unit] = spread;
    return { count: 2, mu, std: new Float32Array(48).fill(std) };
  }

  it('counts the values whose mean varies by more than a hundredth of the prior', async () => {
    const gaussian = await config({});
    // Two means d apart have the variance d² / 4.
    expect(activeUnits(gaussian, pair(6, 0.21))).toBe(0.25);
    expect(activeUnits(gaussian, pair(6, 0.19))).toBe(0);
    expect(activeUnits(gaussian, pair(24, 2))).toBe(1);
  });

  it('of s-CoVAE measures the mean against the noise', async () => {
    const noisy = await simple();
    expect(activeUnits(noisy, pair(6, 2.1, 10))).toBe(0.25);
    expect(activeUnits(noisy, pair(6, 1.9, 10))).toBe(0);
    expect(activeUnits(noisy, pair(0, 0, 0.002))).toBe(0);
  });

  it('of a categorical latent measures probabilities, not logits', async () => {
    const categorical = await config({ categories: 4 });
    // The same shift of all logits of a group changes no probability.
    const shifted = pair(24, 5);
    expect(activeUnits(categorical, shifted)).toBe(0);
    expect(activeUnits(categorical, posteriors)).toBeGreaterThan(0.5);
  });
});
