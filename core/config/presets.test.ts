import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { describeModel } from '../train/describe.ts';
import { fromReference } from '../train/reference-config.ts';
import { latentShape } from './network.ts';
import { fitPresetToData, listPresets, loadPreset, presetsFolder } from './presets.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-presets-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('the presets of the program', () => {
  it('are all valid and called like their files', async () => {
    const names = (await listPresets()).map((preset) => preset.name);
    expect(names[0]).toBe('smoke');
    expect([...names].sort()).toEqual(
      fs
        .readdirSync(presetsFolder())
        .map((file) => path.basename(file, '.json'))
        .sort(),
    );
    for (const name of names) expect((await loadPreset(name)).name).toBe(name);
  });

  it('fit the data they are meant for without a change', async () => {
    for (const preset of await listPresets()) {
      const { imageSize, channels } = preset.config.network;
      expect(fitPresetToData(preset, { height: imageSize, width: imageSize, channels })).toEqual(
        preset.config,
      );
    }
  });

  it('have the sizes of the paper', async () => {
    const sizes = new Map(
      (await listPresets()).map(({ name, config }) => [name, describeModel(config).parameters.total]),
    );
    expect(Object.fromEntries(sizes)).toMatchObject({
      mnist: 8_735_372,
      cifar10: 112_899_926,
      celeba64: 82_675_270,
      'mnist-small': 1_520_764,
      // Counted in PyTorch, from the network that the published command makes.
      'cifar10-s-covae': 35_778_134,
    });
  });

  it('have the paper’s settings', async () => {
    const cifar10 = (await loadPreset('cifar10')).config;
    expect(cifar10.network).toMatchObject({
      modelChannels: 128,
      multipliers: [2, 2, 4],
      blocks: 4,
      zChannels: 16,
    });
    expect(cifar10.objective).toMatchObject({
      sigmaMin: 0.05,
      sigmaMax: 3,
      rho: 7,
      startScales: 2,
      endScales: 256,
    });
    expect(cifar10.training).toMatchObject({
      steps: 400_000,
      batchSize: 512,
      learningRate: 1e-4,
      emaRate: 0.9999,
    });
  });
});

describe('the presets of published commands', () => {
  // From the README of the reference, by the names that golden cases have for its keys.
  const COMMON = {
    start_scales: 2,
    end_scales: 256,
    sigma_min: 0.05,
    sigma_max: 3,
    total_training_steps: 400_000,
  };
  const COVAE = { ...COMMON, variant: 'covae', denoiser_loss_mode: 'l2', lambda_denoiser: 0.1, dropout: 0.2 };
  const MNIST = {
    ...{ ...COVAE, img: 28, in_channels: 1, model_channels: 64, mult: [2, 2, 2], blocks: 2, attn: [14] },
    ...{ z_channels: 1, batch: 128 },
  };
  const CIFAR = {
    ...{ ...COVAE, img: 32, in_channels: 3, model_channels: 128, mult: [2, 2, 4], blocks: 4, attn: [16, 8] },
    ...{ z_channels: 16, batch: 512 },
  };
  const CELEBA = { ...CIFAR, img: 64, mult: [1, 2, 2, 4], blocks: 2, z_channels: 64, batch: 400 };
  const ADVERSARIAL = { use_gan: true, gan_warmup_steps: 200_000, gan_lambda: 0.05 };
  const SIMPLE = {
    ...{ ...CIFAR, variant: 'covae_simple', mult: [2, 2, 2], blocks: 2, batch: 128, kernel: 've' },
    ...{ start_scales: 10, end_scales: 1280, sigma_min: 0.002, sigma_max: 80, norm_strength: 0.001 },
  };

  it.each([
    ['mnist', MNIST, false],
    ['mnist-binary', { ...MNIST, sigma_min: 0.5, loss_mode: 'bce', denoiser_loss_mode: 'bce' }, false],
    ['cifar10', CIFAR, true],
    ['cifar10-adversarial', { ...CIFAR, ...ADVERSARIAL }, true],
    ['celeba64', CELEBA, true],
    ['celeba64-adversarial', { ...CELEBA, ...ADVERSARIAL }, true],
    ['cifar10-s-covae', SIMPLE, true],
    ['cifar10-s-covae-tanh', { ...SIMPLE, norm_strength: 0 }, true],
  ])('%s has their settings', async (name, command, horizontalFlip) => {
    const { config } = await loadPreset(name);
    const { network, objective, training, augment } = fromReference(command, name).config;
    const { logEvery, sampleEvery, checkpointEvery } = config.training;
    expect(config).toEqual({
      network,
      objective,
      training: { ...training, horizontalFlip, logEvery, sampleEvery, checkpointEvery },
      augment,
    });
  });
});

describe('a preset', () => {
  it('that does not exist gives the names there are', async () => {
    await expect(loadPreset('tinny')).rejects.toThrow(
      /no preset "tinny"; choose one of celeba64, celeba64-adversarial, cifar10, .*, medium, mnist, mnist-binary, mnist-small, small, smoke, tiny, tiny-unet/,
    );
    await expect(loadPreset(path.join(folder, 'mine.json'))).rejects.toThrow(/mine\.json does not exist/);
  });

  it('from a file with a wrong key is refused with key and file', async () => {
    const file = path.join(folder, 'mine.json');
    const text = fs.readFileSync(path.join(presetsFolder(), 'tiny.json'), 'utf8');
    fs.writeFileSync(file, text);
    expect((await loadPreset(file)).name).toBe('tiny');
    fs.writeFileSync(file, text.replace('"modelChannels"', '"modelChanels"'));
    await expect(loadPreset(file)).rejects.toThrow(
      `${file}: key "config.network.modelChanels" is not known (and 1 more).`,
    );
  });

  it('with channels that do not divide into groups is refused, those of the first layer too', async () => {
    const file = path.join(folder, 'mine.json');
    const text = fs.readFileSync(path.join(presetsFolder(), 'mnist.json'), 'utf8');
    // 26 channels in 6 groups, although 52 divide into 13.
    fs.writeFileSync(file, text.replace('"modelChannels": 64', '"modelChannels": 26'));
    await expect(loadPreset(file)).rejects.toThrow(/modelChannels, and .* must be divisible into/);
  });

  it('keeps attention at the same level for another image size', async () => {
    const celeba = await loadPreset('celeba64');
    const config = fitPresetToData(celeba, { height: 32, width: 32, channels: 1 });
    expect(config.network).toMatchObject({ imageSize: 32, channels: 1, attentionResolutions: [8, 4] });
    expect(celeba.config.network.attentionResolutions).toEqual([16, 8]);
  });

  it('fits patches to another image size, and says which sizes they divide', async () => {
    const tiny = await loadPreset('tiny-unet');
    Object.assign(tiny.config.network, { patch: 2, multipliers: [1, 2], attentionResolutions: [7] });
    const { network } = fitPresetToData(tiny, { height: 32, width: 32, channels: 3 });
    expect(network).toMatchObject({ imageSize: 32, patch: 2, attentionResolutions: [8] });
    expect(latentShape(network)).toEqual([8, 8, 1]);
    expect(() => fitPresetToData(tiny, { height: 30, width: 30, channels: 1 })).toThrow(
      /30 × 30 .*, which takes 2 × 2 pixels as one and halves them 1 time; .* multiple of 4 pixels, 28 or 32/,
    );
  });

  it('says which sizes work when the images cannot be halved enough', async () => {
    const celeba = await loadPreset('celeba64');
    expect(() => fitPresetToData(celeba, { height: 28, width: 28, channels: 1 })).toThrow(
      /28 × 28 pixels do not suit preset "celeba64", which halves them 3 times; .* multiple of 8 pixels, 24 or 32/,
    );
    expect(() => fitPresetToData(celeba, { height: 32, width: 16, channels: 1 })).toThrow(/not square/);
  });

  it('with attention at a size the network has not is refused', async () => {
    const tiny = await loadPreset('tiny-unet');
    tiny.config.network.attentionResolutions = [16];
    expect(() => fitPresetToData(tiny, { height: 28, width: 28, channels: 1 })).toThrow(UserError);
    expect(() => fitPresetToData(tiny, { height: 28, width: 28, channels: 1 })).toThrow(
      /has 16, .*\(28, 14, 7\)/,
    );
  });
});
