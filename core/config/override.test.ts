import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import type { ModelConfig, Preset } from './model.ts';
import { applySettings, configForRun } from './override.ts';
import { loadPreset } from './presets.ts';
import type { Settings } from './settings.ts';

const tiny: Preset = await loadPreset('tiny-unet');
const apply = (settings: Settings): ModelConfig => applySettings(tiny.config, settings, '--set');

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('applySettings', () => {
  it('changes what is named and leaves the rest, the given configuration too', () => {
    const before = structuredClone(tiny.config);
    const config = apply({
      'objective.denoiserLoss': null,
      'training.optimizer': 'adamw',
      'network.multipliers': [1, 2, 2],
      'objective.adversarial': { warmupSteps: 5, weight: 0.2 },
    });
    expect(tiny.config).toEqual(before);
    expect(config).toEqual({
      network: { ...before.network, multipliers: [1, 2, 2] },
      objective: {
        ...before.objective,
        denoiserLoss: null,
        adversarial: { warmupSteps: 5, weight: 0.2, rampShare: 1, filters: 64, rateRatio: 1, samples: 0 },
      },
      training: { ...before.training, optimizer: 'adamw' },
      augment: before.augment,
    });
  });

  it('tells the networks of transformations where there are some, unless it is said not to', () => {
    expect(apply({ 'augment.strength': 0.3 }).network.augment).toBe(true);
    expect(apply({ 'augment.adaptive': true }).network.augment).toBe(true);
    expect(apply({ 'augment.strength': 0, 'augment.turn': true }).network.augment).toBe(false);
    expect(apply({ 'augment.strength': 0.3, 'network.augment': false }).network.augment).toBe(false);
    expect(() => apply({ 'augment.rotation': 200 })).toThrow(/"augment\.rotation"/);
  });

  it('takes a number for a weight as an expression', () => {
    expect(apply({ 'objective.klWeight': 0.5 }).objective).toMatchObject({ klWeight: '0.5' });
  });

  it('brings a variant’s own settings, under what is named', () => {
    const config = apply({
      'objective.sigmaMax': 40,
      'objective.variant': 's-covae',
      'objective.kernel': 'li',
    });
    expect(config.objective).toMatchObject({
      variant: 's-covae',
      sigmaMin: 0.002,
      sigmaMax: 40,
      kernel: 'li',
    });
    expect(config.objective).not.toHaveProperty('lambdaDenoiser');
  });

  it('leaves the settings that it is given as they are', () => {
    const term = { warmupSteps: 5, weight: 0.2, rampShare: 1, filters: 8, rateRatio: 1, samples: 0 };
    const given = { 'objective.adversarial': term, 'objective.adversarial.weight': 0.3 };
    expect(apply(given).objective.adversarial).toEqual({ ...term, weight: 0.3 });
    expect(term.weight).toBe(0.2);
  });

  it('switches the adversarial term on with a part of it, over half of the steps', () => {
    const part = { 'objective.adversarial.weight': 0.1 };
    expect(apply(part).objective.adversarial).toEqual({
      warmupSteps: 1200,
      weight: 0.1,
      filters: 64,
      rampShare: 1,
      rateRatio: 1,
      samples: 0,
    });
    expect(apply({ ...part, 'training.steps': 100 }).objective.adversarial?.warmupSteps).toBe(50);
  });

  it.each<[string, Settings, RegExp]>([
    [
      'a misspelt key',
      { 'objective.denoiserLos': null },
      /^--set: there is no key "objective\.denoiserLos"; the keys are objective\.variant, .*objective\.denoiserLoss, /,
    ],
    [
      'a section that does not exist',
      { 'optimiser.kind': 'adamw' },
      /no key "optimiser\.kind"; the keys are network\.\w+.* training\./,
    ],
    ['a whole section', { training: {} }, /no key "training"/],
    ['a key inside a value', { 'training.steps.more': 1 }, /no key "training\.steps\.more"/],
    ['a key of every object', { 'training.constructor': 1 }, /no key "training\.constructor"/],
    ['the prototype', { '__proto__.polluted': 1 }, /no key "__proto__\.polluted"/],
    [
      'a key of another variant',
      { 'objective.kernel': 've' },
      /key "objective\.kernel" is there for s-covae only; choose it with objective\.variant/,
    ],
    [
      'a key of two other variants',
      { 'objective.variant': 's-covae', 'objective.categories': 4 },
      /is there for covae and beta-vae only/,
    ],
    [
      'an unknown name',
      { 'objective.denoiserLoss': 'l3' },
      /key "objective\.denoiserLoss" must be .*"l2".*, not "l3"\.$/,
    ],
    [
      'an unknown variant',
      { 'objective.variant': 'vae' },
      /key "objective\.variant" must be .*"s-covae".*, not "vae"\.$/,
    ],
    [
      'a text for a number',
      { 'training.steps': 'many' },
      /key "training\.steps" must be a number, not "many"/,
    ],
    ['an impossible pair', { 'training.accumulate': 3 }, /accumulate must divide batchSize/],
    ['the size of the images', { 'network.imageSize': 32 }, /"network\.imageSize" follows from the data set/],
    [
      'attention nowhere',
      { 'network.attentionResolutions': [16] },
      /has 16, which is no resolution of the network \(28, 14, 7\)/,
    ],
  ])('refuses %s in one sentence', (_, settings, sentence) => {
    expect(() => apply(settings)).toThrow(UserError);
    expect(() => apply(settings)).toThrow(sentence);
    expect(thrownBy(() => apply(settings))).toMatchObject({ code: 'settings' });
  });

  it('says which key is wrong, and what is wrong with it, for a place that shows the key', () => {
    expect(thrownBy(() => apply({ 'training.steps': 'many' }))).toMatchObject({
      key: 'training.steps',
      brief: 'must be a number, not "many".',
    });
    expect(thrownBy(() => apply({ 'network.imageSize': 32 }))).toMatchObject({ key: 'network.imageSize' });
    expect(thrownBy(() => apply({ 'objective.kernel': 've' }))).toMatchObject({
      key: 'objective.kernel',
      brief: 'is there for s-covae only; choose it with objective.variant.',
    });
    expect(thrownBy(() => apply({ 'training.accumulate': 3 }))).toMatchObject({
      key: undefined,
      brief: 'accumulate must divide batchSize.',
    });
  });
});

describe('configForRun', () => {
  const record = { name: 'digits', height: 28, width: 28, channels: 1 as const };
  const labelled = { ...record, classes: ['a', 'b', 'c'] };

  it('lays the preset onto the images first', () => {
    const { network } = configForRun(tiny, { ...record, height: 32, width: 32, channels: 3 });
    expect(network).toMatchObject({ imageSize: 32, channels: 3, attentionResolutions: [8] });
  });

  it('takes as many classes as there are, and no fewer', () => {
    expect(configForRun(tiny, labelled, { 'network.classes': 3 }).network.classes).toBe(3);
    expect(() => configForRun(tiny, labelled, { 'network.classes': 2 })).toThrow(
      /"digits" has 3 classes, so key "network\.classes" must be 0 or 3, not 2/,
    );
    expect(() => configForRun(tiny, record, { 'network.classes': 2 })).toThrow(/has no class labels/);
  });

  it('leaves classes out of a preset that has some', () => {
    const told = structuredClone(tiny);
    told.config.network.classes = 5;
    expect(configForRun(told, labelled).network.classes).toBe(3);
    expect(configForRun(told, record, { 'network.classes': 0 }).network.classes).toBe(0);
  });
});
