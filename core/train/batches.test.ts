import { describe, expect, it } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import { ROW_COLUMNS } from '../covae/rows.ts';
import { timeSteps } from '../schedule/time-steps.ts';
import { BatchDraws, drawnLabels } from './batches.ts';
import { learningRateAt } from '../schedule/learning-rate.ts';

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
    expect(config.objective).toMatchObject({ endScales: last.intervals - 1 });
    last.t.forEach((t, i) => {
      const upper = steps.indexOf(t);
      const row = (name: (typeof ROW_COLUMNS)[number]) =>
        last.rows[i * ROW_COLUMNS.length + ROW_COLUMNS.indexOf(name)];
      expect(upper).toBeGreaterThan(0);
      expect(row('t')).toBe(t);
      if (row('first')) expect(upper).toBe(1);
      else expect(row('r')).toBe(steps[upper - 1]);
      expect(row('first')).toBe(i < last.targetRows ? 0 : 1);
    });
  });

  it('leaves out about as many labels as it was told to', async () => {
    const { config } = await draws();
    const told = new BatchDraws(
      {
        ...config,
        network: { ...config.network, classes: 3 },
        training: { ...config.training, labelDropout: 0.25, steps: 400 },
      },
      3,
      IMAGES,
    );
    let left = 0;
    for (let step = 0; step < 400; step++) left += told.at(step).unlabelled.reduce((a, b) => a + b, 0);
    const rows = 400 * config.training.batchSize;
    expect(Math.abs(left / rows - 0.25)).toBeLessThan(4 * Math.sqrt((0.25 * 0.75) / rows));
    expect((await draws()).draws.at(0).unlabelled).not.toContain(1);
  });
});

describe('drawnLabels', () => {
  it('are −1 where a label is left out and where an image has none', () => {
    const draw = { images: Int32Array.of(3, 0, 1, 2), unlabelled: Uint8Array.of(0, 0, 1, 0) };
    expect(drawnLabels(draw, Uint8Array.of(0, 1, 2, 1), 2)).toEqual(Int32Array.of(1, 0, -1, -1));
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
