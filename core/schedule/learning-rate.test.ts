import { describe, expect, it } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import { learningRateAt } from './learning-rate.ts';

describe('learningRateAt', () => {
  it('rises over the warm-up and falls along half a cosine', async () => {
    const { config } = await loadPreset('smoke');
    const training = {
      ...config.training,
      steps: 110,
      warmupSteps: 10,
      learningRate: 1,
      learningRateSchedule: 'cosine' as const,
    };
    expect(learningRateAt(training, 0)).toBeCloseTo(0.1);
    expect(learningRateAt(training, 9)).toBeCloseTo(1);
    expect(learningRateAt(training, 60)).toBeCloseTo(0.5);
    expect(learningRateAt(training, 110)).toBeCloseTo(0);
    expect(learningRateAt({ ...training, learningRateSchedule: 'constant' }, 100)).toBe(1);
  });
});
