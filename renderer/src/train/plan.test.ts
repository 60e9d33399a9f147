// @vitest-environment jsdom
import * as v from 'valibot';
import { describe, expect, it, vi } from 'vitest';
import type { Preset } from '../../../core/config/model.ts';
import { type CallParams, type CallResult, Calls, type CovaeBridge } from '../../../main/ipc/contract.ts';
import { Bridge } from '../bridge.ts';
import { type Changes, changed, type Patch, Plan, valueAt } from './plan.svelte.ts';

const preset: Preset = v.parse(Calls['presets.list'].result.item, {
  format: 'covae-preset',
  version: 1,
  name: 'tiny',
  title: 'Tiny',
  description: '',
  config: {
    network: {
      imageSize: 28,
      channels: 1,
      modelChannels: 16,
      multipliers: [1, 2],
      blocks: 1,
      attentionResolutions: [],
      zChannels: 1,
      finalDim: null,
      dropout: 0,
    },
    objective: {
      variant: 'covae',
      sigmaMin: 0.5,
      sigmaMax: 3,
      rho: 7,
      timeScale: 'karras',
      stepSchedule: 'exp',
      startScales: 2,
      endScales: 8,
      loss: 'huber',
      denoiserLoss: 'l2',
      lambdaDenoiser: 0.5,
      recWeight: 'linear',
      klWeight: 'square',
    },
    training: {
      steps: 2400,
      batchSize: 16,
      learningRate: 0.006,
      warmupSteps: 50,
      learningRateSchedule: 'cosine',
      clipNorm: 200,
      emaRate: 0.995,
      horizontalFlip: false,
      logEvery: 10,
      sampleEvery: 200,
      checkpointEvery: 400,
    },
  },
});

const after = (...patches: Patch[]): Changes =>
  patches.reduce<Changes>((changes, patch) => changed(changes, patch, preset), {});

describe('changed', () => {
  it('keeps what differs from the preset, and nothing else', () => {
    expect(after({ 'training.optimizer': 'adamw', 'training.accumulate': 1 })).toEqual({
      'training.optimizer': 'adamw',
    });
    expect(after({ 'training.optimizer': 'adamw' }, { 'training.optimizer': 'radam' })).toEqual({});
    expect(after({ 'training.accumulate': 4 }, { 'training.accumulate': undefined })).toEqual({});
  });

  it('drops what only the variant before knew', () => {
    const changes = after(
      { 'objective.klWeight': 'ones', 'objective.denoiserLoss': null, 'training.accumulate': 2 },
      { 'objective.variant': 's-covae' },
    );
    expect(changes).toEqual({
      'objective.variant': 's-covae',
      'objective.denoiserLoss': null,
      'training.accumulate': 2,
    });
    expect(changed(changes, { 'objective.variant': 'beta-vae' }, preset)).toEqual({
      'objective.variant': 'beta-vae',
      'training.accumulate': 2,
    });
    expect(
      after({ 'objective.variant': 's-covae', 'objective.kernel': 'li' }, { 'objective.variant': 'covae' }),
    ).toEqual({});
  });

  it('compares another variant’s own settings with nothing of the preset', () => {
    const changes = after({ 'objective.variant': 's-covae' }, { 'objective.sigmaMax': 3 });
    expect(changes['objective.sigmaMax']).toBe(3);
  });
});

describe('valueAt', () => {
  it('follows dotted keys', () => {
    expect(valueAt(preset.config, 'objective.sigmaMin')).toBe(0.5);
    expect(valueAt(preset.config, 'objective.adversarial.weight')).toBeUndefined();
    expect(valueAt(null, 'objective')).toBeUndefined();
  });
});

describe('Plan', () => {
  function setup(check: CallResult<'training.check'>) {
    const asked: unknown[] = [];
    const fake: Partial<CovaeBridge> = {
      invoke: vi.fn(async (channel: string, params: unknown) => {
        asked.push([channel, params]);
        const size = { parameters: 5, memory: 6, latent: [7] };
        return { ok: true, value: channel === 'training.check' ? check : size };
      }) as CovaeBridge['invoke'],
    };
    const failed = vi.fn();
    return { plan: new Plan(new Bridge(fake as CovaeBridge), failed), asked, failed };
  }
  const params: CallParams<'training.check'> = { dataset: 'digits', preset: 'tiny' };

  it('takes the configuration, then asks for its size', async () => {
    const { plan, asked } = setup({ config: preset.config, problem: null, curves: null });
    plan.check(params);
    await vi.waitFor(() => expect(plan.size).toEqual({ parameters: 5, memory: 6, latent: [7] }));
    expect(plan.config).toEqual(preset.config);
    expect(asked).toEqual([
      ['training.check', params],
      ['training.size', { config: preset.config }],
    ]);
  });

  it('shows a problem at its control, or where all can see it', async () => {
    const problem = {
      code: 'settings' as const,
      key: 'training.accumulate',
      text: 'Must be at least 1, not 0.',
    };
    const { plan } = setup({ config: null, problem, curves: null });
    plan.check(params);
    await vi.waitFor(() => expect(plan.problem).toEqual(problem));
    expect(plan.config).toBeNull();
    expect(plan.problemOf('training.accumulate')).toBe(problem.text);
    expect(plan.problemOf('training.steps')).toBeNull();
    expect(plan.loose(true)).toBeNull();
    expect(plan.loose(false)).toBe('training.accumulate: Must be at least 1, not 0.');
  });
});
