import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { ModelConfigSchema } from '../config/model.ts';
import { fromReference } from './reference-config.ts';

const FOLDER = path.join(import.meta.dirname, 'testdata', 'golden');
const CaseSchema = v.looseObject({ config: v.record(v.string(), v.unknown()) });

const read = (name: string) =>
  v.parse(CaseSchema, JSON.parse(readFileSync(path.join(FOLDER, `${name}.json`), 'utf8')));
const changed = (name: string, changes: Record<string, unknown>) => ({ ...read(name).config, ...changes });

describe('a configuration of the reference', () => {
  const names = readdirSync(FOLDER).flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : []));

  it.each(names)('of the golden case %s is read', (name) => {
    const golden = read(name);
    const { config } = fromReference(golden, `${name}.json`);
    expect(v.parse(ModelConfigSchema, config)).toEqual(config);
    expect(fromReference(golden.config, `${name}.json`)).toEqual({ config });
  });

  it('becomes ours, key by key', () => {
    expect(fromReference(read('rgb-adversarial'), 'f').config).toEqual({
      network: {
        imageSize: 32,
        channels: 3,
        modelChannels: 8,
        multipliers: [1, 2],
        patch: 1,
        blocks: 1,
        decoderMultipliers: null,
        decoderBlocks: null,
        attentionResolutions: [16],
        zChannels: 4,
        finalDim: null,
        latentPool: 'mean',
        latentLevels: 1,
        dropout: 0,
        classes: 0,
        augment: false,
      },
      augment: {
        strength: 0,
        adaptive: false,
        flip: true,
        turn: false,
        rotation: 15,
        scale: 0.2,
        shift: 0.1,
        colour: 0.2,
      },
      objective: {
        variant: 'covae',
        loss: 'huber',
        adversarial: {
          warmupSteps: 50_000,
          weight: 0.05,
          rampShare: 1,
          filters: 8,
          rateRatio: 1,
          samples: 0,
        },
        sigmaMin: 0.05,
        sigmaMax: 3,
        rho: 7,
        stepSchedule: 'exp',
        startScales: 2,
        endScales: 256,
        denoiserLoss: 'l2',
        target: 'online',
        timeScale: 'karras',
        lambdaDenoiser: 0.1,
        recWeight: 'linear',
        klWeight: 'square',
        categories: null,
      },
      training: {
        steps: 400_000,
        batchSize: 4,
        learningRate: 0.001,
        warmupSteps: 0,
        klWarmupSteps: 0,
        learningRateSchedule: 'constant',
        trainOnly: 'all',
        optimizer: 'radam',
        weightDecay: 0,
        accumulate: 1,
        beta1: 0.9,
        clipNorm: 200,
        emaRate: 0.99,
        snapshotEvery: 0,
        horizontalFlip: false,
        binarise: false,
        labelDropout: 0.1,
        precision: 'float32',
        logEvery: 100,
        sampleEvery: 5000,
        checkpointEvery: 5000,
        checkpointMinutes: 10,
        evaluateEvery: 0,
        evaluateCount: 500,
        evaluateExtractor: 'mobilenet',
        bestMeasure: 'fd-1-pass',
      },
    });
    const simple = changed('rgb-s-covae', {
      kernel: 'li',
      norm_weight: 'adaptive',
      noise_schedule: 'uniform',
    });
    expect(fromReference(simple, 'f').config.objective).toMatchObject({
      variant: 's-covae',
      kernel: 'li',
      sigmaData: 0.5,
      timeSampling: 'uniform',
      pMean: -1.1,
      pStd: 2,
      normStrength: 0.001,
      normWeight: 'adaptive',
    });
    expect(fromReference(read('grey-categorical'), 'f').config.objective).toMatchObject({ categories: 4 });
  });

  it('may have other values', () => {
    const { config } = fromReference(
      changed('grey', {
        z_channels: 6,
        final_dim: 6,
        latent_type: 'categorical',
        latent_shape: [1, 6],
        time_scale: 'log',
        rec_weight_mode: 'ones',
        step_schedule: 'none',
        end_scales: 0,
        clip: 0,
        label_dim: 10,
      }),
      'f',
    );
    expect(config.network).toMatchObject({ finalDim: 6, classes: 10 });
    expect(config.objective).toMatchObject({
      timeScale: 'log',
      recWeight: 'ones',
      stepSchedule: 'none',
      endScales: 0,
      categories: 6,
    });
    expect(config.training.clipNorm).toBe(0);
  });

  it('may have multipliers and blocks of their own for encoder and decoder', () => {
    const { mult, blocks, ...rest } = read('grey').config;
    const network = (own: Record<string, unknown>) => fromReference({ ...rest, ...own }, 'f').config.network;
    const own = { mult_enc: [1, 2], mult_dec: [2, 4], blocks_enc: 1, blocks_dec: 3 };
    expect(network({ mult, blocks, ...own })).toMatchObject({
      ...{ multipliers: [1, 2], decoderMultipliers: [2, 4], blocks: 1, decoderBlocks: 3 },
    });
    expect(network({ ...own, mult_dec: [1, 2], blocks_dec: 1 })).toMatchObject({
      ...{ multipliers: [1, 2], decoderMultipliers: null, blocks: 1, decoderBlocks: null },
    });
    expect(network({ mult: [1, 2], blocks: 2 })).toEqual(network({ mult_enc: [1, 2], blocks_enc: 2 }));
    expect(() => network({ ...own, mult_dec: [1, 2, 2] })).toThrow(
      'f: key "mult_dec" must have 2 levels, as mult_enc has, without final_dim.',
    );
  });

  it('may come without what belongs to the training alone', () => {
    const { batch, lr, clip, ema, seed, step_at, steps, ndf, ...rest } = read('grey').config;
    expect([batch, lr, clip, ema, seed, step_at, steps, ndf]).not.toContain(undefined);
    expect(fromReference(rest, 'f').config.training).toMatchObject({
      batchSize: 128,
      learningRate: 1e-4,
      clipNorm: 200,
      emaRate: 0.9999,
    });
  });

  it('needs no values that its variant does not use, nor those with a default in the reference', () => {
    const needed = {
      ...{ img: 28, in_channels: 1, model_channels: 8, mult: [1, 2], blocks: 1, attn: [14], z_channels: 1 },
      ...{ sigma_min: 0.05, sigma_max: 3, start_scales: 2, end_scales: 256, total_training_steps: 400_000 },
    };
    expect(fromReference({ ...needed, variant: 'covae', use_gan: true }, 'f').config.objective).toEqual({
      ...fromReference(changed('grey', { use_gan: true, gan_lambda: 1, ndf: 64 }), 'f').config.objective,
      lambdaDenoiser: 1,
    });
    expect(fromReference({ ...needed, variant: 'covae_simple' }, 'f').config.objective).toEqual(
      fromReference(changed('grey', { variant: 'covae_simple' }), 'f').config.objective,
    );
    for (const key of Object.keys(needed)) {
      const { [key]: _, ...rest } = { ...needed, variant: 'covae' } as Record<string, unknown>;
      expect(() => fromReference(rest, 'f')).toThrow(`f: key "${key}" is missing.`);
    }
  });

  it('tells the average decoder from the number of outputs where it says no more, and the other way', () => {
    const { out_channels: _, denoiser_loss_mode: __, ...rest } = read('grey').config;
    const loss = (more: Record<string, unknown>) => {
      const { objective } = fromReference({ ...rest, ...more }, 'f').config;
      return objective.variant === 'covae' ? objective.denoiserLoss : undefined;
    };
    expect(loss({})).toBe('l2');
    expect(loss({ out_channels: 2 })).toBe('l2');
    expect(loss({ out_channels: 1 })).toBe(null);
    expect(loss({ denoiser_loss_mode: 'huber' })).toBe('huber');
    expect(loss({ denoiser_loss_mode: null })).toBe(null);
  });

  it.each<[string, string, Record<string, unknown>, RegExp]>([
    [
      'another variant',
      'grey',
      { variant: 'vae' },
      /key "variant" must be "covae" or "covae_simple", not "vae"/,
    ],
    ['a missing value', 'grey', { sigma_min: undefined }, /key "sigma_min" is missing/],
    ['text for a number', 'grey', { img: '28' }, /key "img" must be a number, not "28"/],
    ['half a channel', 'grey', { model_channels: 8.5 }, /key "model_channels" must be a whole number/],
    ['two colours', 'grey', { in_channels: 2 }, /key "in_channels" must be 1 or 3, not 2/],
    ['another time scale', 'grey', { time_scale: 'cosine' }, /key "time_scale" must be .*, not "cosine"/],
    ['another loss', 'grey', { loss_mode: 'lpips' }, /key "loss_mode" must be .*, not "lpips"/],
    ['another schedule', 'grey', { step_schedule: 'linear' }, /key "step_schedule" must be/],
    ['another kernel', 'rgb-s-covae', { kernel: 'vp' }, /key "kernel" must be "ve" or "li", not "vp"/],
    ['another norm weight', 'rgb-s-covae', { norm_weight: 'x' }, /key "norm_weight" must be/],
    ['another noise schedule', 'rgb-s-covae', { noise_schedule: 'x' }, /key "noise_schedule" must be/],
    ['s-CoVAE with categories', 'rgb-s-covae', { latent_type: 'categorical' }, /key "latent_type" must be/],
    ['too few outputs', 'grey', { out_channels: 1 }, /key "out_channels" must be 2 \(twice in_channels/],
    ['too many outputs', 'grey', { denoiser_loss_mode: null }, /key "out_channels" must be 1 \(in_channels/],
    ['levels that do not divide', 'grey', { mult: [1, 1, 1, 1] }, /key "img" must be divisible by 8/],
    ['groups that do not divide', 'grey', { model_channels: 14 }, /key "model_channels" times 1 .* 3 groups/],
    [
      'another vector length',
      'grey',
      { final_dim: 3 },
      /key "final_dim" must be null or equal to z_channels/,
    ],
    ['swapped levels', 'grey', { sigma_min: 3, sigma_max: 3 }, /key "sigma_min" must be smaller/],
    ['a shrinking schedule', 'grey', { start_scales: 300 }, /key "start_scales" must not be larger/],
    ['one level of s-CoVAE', 'rgb-s-covae', { step_schedule: 'none', end_scales: 0 }, /key "end_scales"/],
    ['a small image to judge', 'rgb-adversarial', { img: 16 }, /key "img" must be at least 24/],
    [
      'a negative adversarial weight',
      'rgb-adversarial',
      { gan_lambda: -1 },
      /key "gan_lambda" must be at least 0/,
    ],
    ['wrong groups', 'grey-categorical', { latent_shape: [200, 4] }, /key "latent_shape" has 200 × 4 values/],
    ['no groups', 'grey-categorical', { latent_shape: [] }, /key "latent_shape" must be \[groups, cat/],
  ])('with %s is refused in one sentence', (_, name, changes, sentence) => {
    const json = { config: changed(name, changes) };
    expect(() => fromReference(json, 'case.json')).toThrow(sentence);
    expect(() => fromReference(json, 'case.json')).toThrow(/^case\.json: [^\n]*\.$/);
  });

  it.each([[null], [[]], ['text'], [{ config: 3 }], [{ config: null }], [{}]])('%j is none', (json) => {
    expect(() => fromReference(json, 'case.json')).toThrow(/^case\.json: .*\.$/);
  });
});
