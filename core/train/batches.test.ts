import { describe, expect, it } from 'vitest';
import { loadPreset } from '../run/presets.ts';
import { timeSteps } from '../covae/time-steps.ts';
import { BatchDraws } from './batches.ts';
import { learningRateAt } from './learning-rate.ts';

const IMAGES = 50;

async function draws(seed = 3) {
  const { config } = await loadPreset('smoke');
  return { config, draws: new BatchDraws(config, seed, IMAGES) };
}

describe('BatchDraws', () => {
  it('is a function of seed and step, in whatever order steps are asked for', async () => {
    const forward = (await draws()).draws;
    const backward = (await draws()).draws;
    const other = (await draws(4)).draws;
    const steps = [0, 1, 5, 12, 13, 29];
    const first = steps.map((step) => forward.at(step));
    const second = [...steps]
      .reverse()
      .map((step) => backward.at(step))
      .reverse();
    expect(second).toEqual(first);
    expect(other.at(0).noiseSeed).not.toEqual(first[0]?.noiseSeed);
  });

  it('shows every image once an epoch', async () => {
    const { config, draws: d } = await draws();
    const seen = [];
    for (let step = 0; seen.length < 2 * IMAGES; step++) seen.push(...d.at(step).images);
    expect(config.training.batchSize).toBeLessThan(IMAGES);
    for (const epoch of [0, 1]) {
      expect(new Set(seen.slice(epoch * IMAGES, (epoch + 1) * IMAGES)).size).toBe(IMAGES);
    }
  });

  it('draws r and t as neighbours among the time steps', async () => {
    const { config, draws: d } = await draws();
    const last = d.at(config.training.steps - 1);
    const steps = Array.from(timeSteps(config.objective, last.intervals));
    expect(last.intervals).toBe(config.objective.endScales + 1);
    last.t.forEach((t, i) => {
      const upper = steps.indexOf(t);
      expect(upper).toBeGreaterThan(0);
      if (last.first[i]) expect(upper).toBe(1);
      else expect(last.r[i]).toBe(steps[upper - 1]);
    });
  });
});

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
