/** Schedules of trainings that go on after their end. */
import { expect, it } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import { continuationSentence, continuingRate } from './continuation.ts';
import { learningRateAt } from './learning-rate.ts';
import { stepPlan } from './step-plan.ts';

const { config } = await loadPreset('tiny-unet');
const training = { ...config.training, steps: 100, warmupSteps: 10, learningRate: 0.004 };
const objective = { ...config.objective, stepSchedule: 'exp' as const };
const planned = { ...config, objective, training };
const longer = { ...planned, training: { ...training, steps: 150 } };
const at = '2026-01-01T00:00:00.000Z';

it('leaves what was trained as it was planned, and falls to 0 once more', () => {
  const continued = [{ from: 100, steps: 100, learningRate: 0.002, at }];
  for (const step of [0, 5, 10, 50, 99]) {
    const options = { continued };
    const { timeSteps, ...rest } = stepPlan(longer, step, options);
    const { timeSteps: before, ...plan } = stepPlan(planned, step);
    expect(rest).toEqual(plan);
    expect([...timeSteps]).toEqual([...before]);
  }
  expect(learningRateAt(longer.training, 100, continued)).toBe(0.002);
  expect(learningRateAt(longer.training, 125, continued)).toBeCloseTo(0.001, 12);
  expect(learningRateAt(longer.training, 150, continued)).toBeCloseTo(0, 12);
  // As many time steps as at the end, not as in the middle of a longer plan.
  expect(stepPlan(longer, 100, { continued }).intervals).toBe(stepPlan(planned, 99).intervals);
  expect(stepPlan(longer, 149, { continued }).intervals).toBe(stepPlan(planned, 99).intervals);
});

it('begins at the rate at hand before the end, and at half of the configured one after it', () => {
  const { learningRateSchedule: _, ...others } = training;
  const cosine = { ...others, learningRateSchedule: 'cosine' as const };
  expect(continuingRate(cosine, [], 20)).toBe(learningRateAt(cosine, 20));
  expect(continuingRate(cosine, [], 99)).toBe(0.002);
  expect(continuingRate(cosine, [], 100)).toBe(0.002);
  expect(continuingRate({ ...others, learningRateSchedule: 'constant' }, [], 100)).toBe(0.004);
});

it('keeps the adversarial term at its full weight', () => {
  const adversarial = { warmupSteps: 50, weight: 0.1, rampShare: 1, filters: 8, rateRatio: 1, samples: 0 };
  const of = { ...longer, objective: { ...objective, adversarial } };
  const continued = [{ from: 100, steps: 100, learningRate: 0.002, at }];
  expect(stepPlan(of, 74, { continued }).adversarial?.weight).toBeCloseTo(0.05, 12);
  expect(stepPlan(of, 140, { continued }).adversarial?.weight).toBeCloseTo(0.1, 12);
});

it('says so in one sentence', () => {
  const cosine = { ...longer, training: { ...longer.training, learningRateSchedule: 'cosine' as const } };
  expect(continuationSentence(cosine, [{ from: 100, steps: 100, learningRate: 0.002, at }], 0.5)).toBe(
    `It goes on for 50 steps, to step 150: the learning rate falls from 0.001 to 0 as a half cosine, the number of time steps stays at its last, ${'endScales' in objective ? objective.endScales : 0}.`,
  );
});
