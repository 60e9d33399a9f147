import { describe, expect, it } from 'vitest';
import { VARIANTS } from './defaults.ts';
import { MODEL_RULES, type OptionalKey } from './setting-rules.ts';
import type { ModelConfig } from './model.ts';
import { applySettings } from './override.ts';
import { loadPreset } from './presets.ts';
import {
  broughtAlong,
  isEffective,
  NEEDS,
  refusalOf,
  switchedOff,
  switchedOn,
  valueAt,
} from './setting-rules.ts';
import { isOptionalKey, SETTINGS } from './settings-table.ts';

const { config: tiny } = await loadPreset('tiny-unet');
const apply = (settings: Record<string, unknown>): ModelConfig => applySettings(tiny, settings, '--set');
const vector = apply({ 'network.finalDim': 16 });
const binary = apply({ 'objective.loss': 'bce' });

describe('the rules', () => {
  it('are about settings that exist', () => {
    const keys = SETTINGS.map(({ key }) => key);
    for (const rule of MODEL_RULES) for (const key of rule.keys) expect(keys).toContain(key);
    for (const key of Object.keys(NEEDS)) expect(keys).toContain(key);
  });

  it('let no discriminator judge logits, and no average decoder take another kind of loss', () => {
    expect(() => apply({ 'objective.loss': 'bce', 'objective.denoiserLoss': 'l2' })).toThrow(
      /^--set: loss and denoiserLoss must both be bce, or neither/,
    );
    expect(() => apply({ 'objective.denoiserLoss': 'bce' })).toThrow(/must both be bce/);
    expect(() => apply({ 'objective.loss': 'bce', 'objective.adversarial.weight': 0.1 })).toThrow(
      /^--set: the adversarial term cannot judge the logits/,
    );
  });

  it('let a model of one pass not be the best by two', () => {
    const vae = { 'objective.variant': 'beta-vae', 'training.evaluateEvery': 10 };
    expect(() => apply({ ...vae, 'training.bestMeasure': 'fd-2-passes' })).toThrow(
      /^--set: a β-VAE draws in one pass, so bestMeasure must not be fd-2-passes\.$/,
    );
    expect(apply(vae).training.bestMeasure).toBe('fd-1-pass');
    expect(apply({ 'training.bestMeasure': 'fd-2-passes' }).training.evaluateEvery).toBe(0);
    expect(isEffective('training.bestMeasure', tiny)).toBe(false);
    expect(isEffective('training.bestMeasure', apply({ 'training.evaluateEvery': 10 }))).toBe(true);
  });

  it('have patches that divide the images, and attention at the sides that they leave', () => {
    const patches = { 'network.patch': 2, 'network.multipliers': [1, 2] };
    expect(apply({ ...patches, 'network.attentionResolutions': [14] }).network.patch).toBe(2);
    expect(() => apply({ ...patches, 'network.attentionResolutions': [28] })).toThrow(/28.*\(14, 7\)/);
    expect(() => apply({ 'network.patch': 2, 'network.multipliers': [1, 2, 4] })).toThrow(
      /imageSize must be divisible by patch, and then by 2/,
    );
    expect(() => apply({ 'network.patch': 3 })).toThrow(/network\.patch/);
  });

  it('have a second level of latents only where there is a prior to learn and room for it', () => {
    const two = { 'network.latentLevels': 2 };
    expect(apply(two).network.latentLevels).toBe(2);
    expect(apply({ ...two, 'objective.variant': 'beta-vae' }).network.latentLevels).toBe(2);
    expect(apply({ ...two, 'objective.adversarial.weight': 0.1 }).network.latentLevels).toBe(2);
    expect(() => apply({ ...two, 'objective.variant': 's-covae' })).toThrow(
      /^--set: s-CoVAE has one fixed code .*: latentLevels must be 1, or variant another one\.$/,
    );
    expect(() => apply({ ...two, 'objective.categories': 8 })).toThrow(
      /^--set: categorical latents have one level/,
    );
    expect(() => apply({ ...two, 'network.finalDim': 16 })).toThrow(
      /^--set: a vector latent has no level below/,
    );
    expect(() => apply({ ...two, 'network.multipliers': [2], 'network.attentionResolutions': [] })).toThrow(
      /second lowest resolution/,
    );
    expect(() => apply({ 'network.latentLevels': 3 })).toThrow(/latentLevels/);
    expect(refusalOf('network.latentLevels', 2, vector)).toMatch(/^A vector latent has no level below it/);
  });

  it('say why a setting cannot be switched on', () => {
    const on = { warmupSteps: 0, weight: 0.05, rampShare: 1, filters: 64, rateRatio: 1, samples: 0 };
    expect(refusalOf('objective.adversarial', on, tiny)).toBeNull();
    expect(refusalOf('objective.adversarial', on, binary)).toMatch(
      /^The adversarial term cannot judge .*\.$/,
    );
    const small = { ...tiny, network: { ...tiny.network, imageSize: 16 } };
    expect(refusalOf('objective.adversarial', on, small)).toBe(
      'The adversarial term needs images of at least 24 pixels a side.',
    );
    // What else is wrong is not this setting's.
    const uneven = { ...tiny, training: { ...tiny.training, accumulate: 3 } };
    expect(refusalOf('objective.adversarial', on, uneven)).toBeNull();
    expect(refusalOf('objective.denoiserLoss', 'l2', binary)).toMatch(/must both be bce/);
  });
});

describe('what a setting brings along', () => {
  it('is the average decoder’s loss and no discriminator for binary cross-entropy', () => {
    expect(binary.objective).toMatchObject({ loss: 'bce', denoiserLoss: 'bce' });
    expect(applySettings(binary, { 'objective.loss': 'huber' }, '').objective).toMatchObject({
      denoiserLoss: 'l2',
    });
    const adversarial = apply({ 'objective.adversarial.weight': 0.1 });
    expect(applySettings(adversarial, { 'objective.loss': 'bce' }, '').objective.adversarial).toBeNull();
    // The identity boundary condition has no such loss.
    expect(apply({ 'objective.loss': 'bce', 'objective.denoiserLoss': null }).objective).toMatchObject({
      denoiserLoss: null,
    });
    expect(apply({ 'objective.loss': 'bce', 'objective.variant': 's-covae' }).objective).toMatchObject({
      denoiserLoss: 'bce',
    });
  });

  it('is the other name of a vector latent’s length', () => {
    expect(vector.network).toMatchObject({ finalDim: 16, zChannels: 16 });
    expect(applySettings(vector, { 'network.zChannels': 8 }, '').network).toMatchObject({ finalDim: 8 });
    expect(() => apply({ 'network.finalDim': 16, 'network.zChannels': 8 })).toThrow(/equal to zChannels/);
    expect(broughtAlong({ 'network.finalDim': null }, vector)).toEqual({ 'network.zChannels': undefined });
    // A wrong length is told of the key that was given.
    expect(() => apply({ 'network.finalDim': -3 })).toThrow(/"network\.finalDim" must be at least 1, not -3/);
  });

  it('is channels that categories can divide', () => {
    expect(apply({ 'objective.categories': 4 }).network.zChannels).toBe(4);
    // 7 × 7 values are 7 groups of 7.
    expect(apply({ 'objective.categories': 7 }).network.zChannels).toBe(1);
    expect(() => apply({ 'objective.categories': 4, 'network.zChannels': 1 })).toThrow(/must divide/);
  });

  it('is nothing that is named', () => {
    const named = { 'objective.loss': 'bce', 'objective.denoiserLoss': 'bce' };
    expect(broughtAlong(named, tiny)).toEqual({});
    expect(broughtAlong({ 'objective.adversarial': null }, tiny)).toEqual({
      'objective.adversarial.warmupSteps': undefined,
      'objective.adversarial.weight': undefined,
      'objective.adversarial.filters': undefined,
      'objective.adversarial.rampShare': undefined,
      'objective.adversarial.rateRatio': undefined,
      'objective.adversarial.samples': undefined,
    });
  });
});

describe('an optional part', () => {
  it.each(
    VARIANTS.flatMap((variant) =>
      SETTINGS.map(({ key }) => key)
        .filter(isOptionalKey)
        .map((key) => [variant, key] as const),
    ),
  )('of %s, %s, can be switched on and off beside any other', (variant, key) => {
    const base = apply({ 'objective.variant': variant });
    const others = SETTINGS.map((setting) => setting.key).filter(isOptionalKey);
    for (const other of others) {
      let config = base;
      for (const [part, on] of [
        [other, true],
        [key, true],
        [other, false],
        [key, false],
      ] as const) {
        if (valueAt(config, part) === undefined) continue;
        config = toggle(config, part, on);
        const value = valueAt(config, part);
        expect([part, value !== null && value !== 0]).toEqual([part, on]);
      }
    }
  });

  it('begins with what the reference has', () => {
    expect(switchedOn('network.finalDim', tiny)).toEqual({ 'network.finalDim': 64 });
    const wide = { ...tiny, network: { ...tiny.network, zChannels: 16 } };
    expect(switchedOn('network.finalDim', wide)).toEqual({ 'network.finalDim': 16 });
    expect(switchedOn('network.classes', tiny, 10)).toEqual({ 'network.classes': 10 });
    expect(switchedOn('objective.denoiserLoss', binary)).toEqual({ 'objective.denoiserLoss': 'bce' });
    expect(switchedOn('objective.categories', tiny)).toEqual({
      'objective.categories': 8,
      'network.zChannels': 8,
    });
    expect(switchedOn('objective.categories', wide)).toEqual({ 'objective.categories': 8 });
    expect(switchedOn('objective.categories', vector)).toEqual({ 'objective.categories': 8 });
  });
});

/** As the window does: what is switched, over what it brings along. */
function toggle(config: ModelConfig, key: OptionalKey, on: boolean): ModelConfig {
  const settings = on ? switchedOn(key, config, 10) : switchedOff(key, config);
  return applySettings(config, settings, key);
}

describe('a setting', () => {
  it('has an effect beside certain others only', () => {
    const effective = (key: string, settings: Record<string, unknown> = {}) =>
      isEffective(key, apply(settings));
    expect(effective('objective.lambdaDenoiser')).toBe(true);
    expect(effective('objective.lambdaDenoiser', { 'objective.denoiserLoss': null })).toBe(false);
    expect(effective('objective.kernel')).toBe(false);
    expect(effective('objective.rho')).toBe(true);
    expect(effective('objective.rho', { 'objective.timeScale': 'log' })).toBe(false);
    // s-CoVAE has the Karras scale only.
    expect(effective('objective.rho', { 'objective.variant': 's-covae' })).toBe(true);
    expect(effective('objective.adversarial.weight')).toBe(false);
    expect(effective('objective.adversarial.weight', { 'objective.adversarial.weight': 1 })).toBe(true);
    expect(effective('network.zChannels', { 'network.finalDim': 8 })).toBe(false);
    expect(effective('training.labelDropout')).toBe(false);
    expect(effective('training.labelDropout', { 'network.classes': 3 })).toBe(true);
  });
});

describe('valueAt', () => {
  it('follows dotted keys', () => {
    expect(valueAt(tiny, 'objective.sigmaMin')).toBe(0.5);
    expect(valueAt(tiny, 'objective.adversarial.weight')).toBeUndefined();
    expect(valueAt(tiny, 'objective.constructor')).toBeUndefined();
    expect(valueAt(null, 'objective')).toBeUndefined();
  });
});
