/** For tests: a preset as the program has it. */
import * as v from 'valibot';
import type { Preset } from '../../../core/config/model.ts';
import { Calls } from '../../../main/ipc/contract.ts';

export const preset: Preset = v.parse(Calls['presets.list'].result.item, {
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
      latentPool: 'mean',
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
      checkpointMinutes: 10,
      evaluateEvery: 0,
      evaluateCount: 500,
      evaluateExtractor: 'mobilenet',
      bestMeasure: 'fd-1-pass',
    },
  },
});
