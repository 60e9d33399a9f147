import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { type ObjectiveConfig, ObjectiveConfigSchema } from './objective.ts';
import { adversarialDefaults, type Variant, withVariant } from './defaults.ts';

const covae: ObjectiveConfig = v.parse(ObjectiveConfigSchema, {
  variant: 'covae',
  loss: 'huber',
  adversarial: { warmupSteps: 10, weight: 0.1 },
  sigmaMin: 0.5,
  sigmaMax: 3,
  rho: 7,
  timeScale: 'log',
  stepSchedule: 'none',
  startScales: 2,
  endScales: 8,
  denoiserLoss: null,
  target: 'ema',
  lambdaDenoiser: 0.5,
  recWeight: 'ones',
  klWeight: 'linear',
  categories: 4,
});
const variants: Variant[] = ['covae', 's-covae', 'beta-vae'];

describe('withVariant', () => {
  it.each(variants.flatMap((from) => variants.map((to) => [from, to] as const)))(
    'makes a valid objective from %s to %s',
    (from, to) => {
      const objective = withVariant(withVariant(covae, from), to);
      expect(v.parse(ObjectiveConfigSchema, objective)).toEqual(objective);
      expect(objective).toMatchObject({ variant: to, loss: 'huber', adversarial: covae.adversarial });
    },
  );

  it('leaves the same variant as it is', () => {
    expect(withVariant(covae, 'covae')).toBe(covae);
  });

  it('keeps boundary condition and target between CoVAE and s-CoVAE, and brings the paper’s levels', () => {
    expect(withVariant(covae, 's-covae')).toMatchObject({
      denoiserLoss: null,
      target: 'ema',
      stepSchedule: 'exp',
      sigmaMin: 0.002,
      sigmaMax: 80,
      startScales: 10,
      endScales: 1280,
      timeSampling: 'lognormal',
      pMean: -1.1,
      pStd: 2,
      sigmaData: 0.5,
      normStrength: 0.001,
      normWeight: 'fixed',
    });
  });

  it('gives the β-VAE β = 1 and keeps its categories', () => {
    expect(withVariant(covae, 'beta-vae')).toEqual({
      variant: 'beta-vae',
      loss: 'huber',
      adversarial: covae.adversarial,
      beta: 1,
      categories: 4,
    });
  });

  it('gives back the average decoder that a β-VAE has not, in the terms of its loss', () => {
    const vae = withVariant(covae, 'beta-vae');
    expect(withVariant(vae, 'covae')).toMatchObject({ denoiserLoss: 'l2', target: 'online' });
    expect(withVariant({ ...vae, loss: 'bce' }, 'covae')).toMatchObject({ denoiserLoss: 'bce' });
  });
});

describe('adversarialDefaults', () => {
  it('begins in the middle of the training', () => {
    expect(adversarialDefaults(400_000)).toEqual({
      warmupSteps: 200_000,
      weight: 0.05,
      filters: 64,
      rampShare: 1,
      rateRatio: 1,
      samples: 0,
    });
    expect(adversarialDefaults(3).warmupSteps).toBe(1);
  });
});
