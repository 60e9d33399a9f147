import { expect, it } from 'vitest';
import { differencesOf, paperPresetFor } from './compare.ts';
import { configForRun } from './override.ts';
import { listPresets, loadPreset } from './presets.ts';

it('says what differs, and not what has no effect or follows from the images', async () => {
  const { config } = await loadPreset('tiny-unet');
  expect(differencesOf(config, config)).toEqual([]);
  const preset = await loadPreset('tiny-unet');
  const record = { name: 'a', width: 28, height: 28, channels: 3 as const, classes: ['a', 'b'] };
  const changed = configForRun(preset, record, {
    'training.learningRate': 0.001,
    'objective.adversarial.weight': 0.1,
    'objective.klWeight': 'linear',
  });
  const found = differencesOf(changed, config);
  expect(found.map(({ key }) => key).sort()).toEqual([
    'objective.adversarial',
    'objective.klWeight',
    'training.learningRate',
  ]);
  expect(found.find(({ key }) => key === 'training.learningRate')).toEqual({
    key: 'training.learningRate',
    value: 0.001,
    other: config.training.learningRate,
  });
  expect(differencesOf(config, changed).map(({ key }) => key)).toContain('objective.adversarial');
});

it('holds a configuration against the paper’s for images like its own', async () => {
  const presets = await listPresets();
  const nearest = async (name: string, settings = {}) => {
    const preset = await loadPreset(name);
    const { imageSize: side, channels } = preset.config.network;
    const config = configForRun(preset, { name, width: side, height: side, channels }, settings);
    return paperPresetFor(presets, config)?.name;
  };
  for (const { name } of presets.filter(({ paper }) => paper)) {
    // Two presets of the simplified model differ in their penalty alone.
    expect([name, 'cifar10-s-covae']).toContain(await nearest(name));
  }
  expect(await nearest('tiny')).toMatch(/^mnist/);
  expect(await nearest('small')).toBe('cifar10');
  expect(await nearest('medium')).toBe('celeba64');
  expect(await nearest('small', { 'objective.variant': 'beta-vae' })).toBe('cifar10');
  expect(await nearest('small', { 'objective.variant': 's-covae' })).toBe('cifar10-s-covae');
  expect(paperPresetFor([], (await loadPreset('tiny-unet')).config)).toBeNull();
});
