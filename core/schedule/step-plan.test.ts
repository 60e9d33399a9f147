import { describe, expect, it } from 'vitest';
import { applySettings } from '../config/override.ts';
import { loadPreset } from '../config/presets.ts';
import type { Settings } from '../config/settings.ts';
import { EXAMPLE_COLUMNS, columnOf, exampleColumns } from './example-columns.ts';
import { stepPlan } from './step-plan.ts';
import { finalTimeSteps, timeSteps } from './time-steps.ts';

async function configOf(settings: Settings = {}) {
  return applySettings(
    (await loadPreset('smoke')).config,
    { 'training.steps': 120, ...settings },
    'settings',
  );
}

const ADVERSARIAL = {
  'objective.adversarial': {
    warmupSteps: 20,
    weight: 0.5,
    rampShare: 1,
    filters: 4,
    rateRatio: 1,
    samples: 0,
  },
};

describe('the plan of a step', () => {
  it('doubles the number of intervals over the training, and shares the time steps meanwhile', async () => {
    // Levels 2 to 8, so that they double every 40 of 120 steps; CoVAE puts a 0 in front.
    const config = await configOf();
    const plans = [0, 39, 40, 79, 80, 119].map((step) => stepPlan(config, step));
    expect(plans.map(({ intervals }) => intervals)).toEqual([3, 3, 5, 5, 9, 9]);
    expect(plans[0]?.timeSteps).toEqual(timeSteps(config.objective, 3));
    expect(plans[1]?.timeSteps).toBe(plans[0]?.timeSteps);
    expect(plans[2]?.timeSteps).not.toBe(plans[1]?.timeSteps);
  });

  it('keeps the time steps of objectives apart', async () => {
    const one = await configOf();
    const other = await configOf({ 'objective.sigmaMin': 0.5 });
    expect(stepPlan(one, 0).timeSteps[1]).toBeCloseTo(0.05);
    expect(stepPlan(other, 0).timeSteps[1]).toBeCloseTo(0.5);
  });

  it('has the scheduled learning rate times a factor, and counts updates from where the moments were 0', async () => {
    const config = await configOf({ 'training.learningRate': 0.4, 'training.warmupSteps': 4 });
    expect(stepPlan(config, 1)).toMatchObject({ learningRate: 0.2, optimizerStep: 2 });
    expect(stepPlan(config, 1, { learningRateFactor: 0.5 }).learningRate).toBe(0.1);
    expect(stepPlan(config, 41, { optimizerFrom: 40 }).optimizerStep).toBe(2);
  });

  it('brings the weight of the KL divergence in over its warm-up, and no other', async () => {
    const config = await configOf({ 'training.klWarmupSteps': 4 });
    expect([0, 1, 3, 4].map((step) => stepPlan(config, step).klShare)).toEqual([0.25, 0.5, 1, 1]);
    expect(stepPlan(await configOf(), 0).klShare).toBe(1);
    const columnsAt = (step: number) => exampleColumns(config, stepPlan(config, step), [0, 1]);
    const [early, late] = [columnsAt(1), columnsAt(4)];
    expect([...columnOf(early, 'latent')]).toEqual([...columnOf(late, 'latent')].map((value) => value / 2));
    for (const name of EXAMPLE_COLUMNS) {
      if (name !== 'latent') expect(columnOf(early, name)).toEqual(columnOf(late, name));
    }
    const vae = await configOf({ 'objective.variant': 'beta-vae', 'training.klWarmupSteps': 4 });
    const beta = [1, 4].map((step) => columnOf(exampleColumns(vae, stepPlan(vae, step), [0]), 'latent')[0]);
    expect(beta).toEqual([0.5, 1]);
  });

  it('has the discriminator learn at its own multiple of the learning rate', async () => {
    const rates = { 'training.learningRate': 0.4, 'training.warmupSteps': 0 };
    const { adversarial, learningRate } = stepPlan(await configOf({ ...ADVERSARIAL, ...rates }), 20);
    expect(adversarial?.learningRate).toBe(learningRate);
    const slow = await configOf({ ...ADVERSARIAL, ...rates, 'objective.adversarial.rateRatio': 0.1 });
    expect(stepPlan(slow, 20).adversarial?.learningRate).toBeCloseTo(learningRate / 10, 12);
    expect(stepPlan(slow, 20, { learningRateFactor: 0.5 }).adversarial?.learningRate).toBeCloseTo(
      learningRate / 20,
      12,
    );
  });

  it('brings the discriminator in after its warm-up, with a ramp that ends at its whole weight', async () => {
    const config = await configOf(ADVERSARIAL);
    expect(stepPlan(await configOf(), 119).adversarial).toBeNull();
    expect(stepPlan(config, 19).adversarial).toBeNull();
    // Of final time steps 0 to 9, number ⌊8·(step + 1 − 20)/100⌋.
    const final = timeSteps(config.objective, 9);
    expect(stepPlan(config, 20).adversarial).toEqual({
      weight: 0.005,
      largestTime: 0,
      optimizerStep: 1,
      learningRate: stepPlan(config, 20).learningRate,
      sampleWeight: 0,
    });
    expect(stepPlan(config, 69).adversarial).toEqual({
      weight: 0.25,
      largestTime: final[4],
      optimizerStep: 50,
      learningRate: stepPlan(config, 69).learningRate,
      sampleWeight: 0,
    });
    expect(stepPlan(config, 119, { optimizerFrom: 110 }).adversarial).toEqual({
      weight: 0.5,
      largestTime: final[8],
      optimizerStep: 10,
      learningRate: stepPlan(config, 119).learningRate,
      sampleWeight: 0,
    });
  });

  it('lets its weight grow faster where a share of the steps is given, and large t join as before', async () => {
    const slow = await configOf(ADVERSARIAL);
    const fast = await configOf({ ...ADVERSARIAL, 'objective.adversarial.rampShare': 0.5 });
    for (const [step, weight] of [
      [19, undefined],
      [20, 0.01],
      [69, 0.5],
      [119, 0.5],
      [500, 0.5],
    ] as const) {
      expect(stepPlan(fast, step).adversarial?.weight).toBe(weight);
      expect(stepPlan(fast, step).adversarial?.largestTime).toBe(
        stepPlan(slow, step).adversarial?.largestTime,
      );
    }
  });
});

describe('the end of an adversarial training', () => {
  // The reference's trainer goes on for half as long again, and its look-up of the largest time judged fails there.
  it.each(['covae', 's-covae'])(
    'of %s is reached, and passed, with σ_max the largest time',
    async (variant) => {
      const config = await configOf({ 'objective.variant': variant, ...ADVERSARIAL });
      const final = finalTimeSteps(config.objective);
      const { steps } = config.training;
      for (const step of [steps - 1, steps, steps + 50, 10 * steps]) {
        const plan = stepPlan(config, step);
        const last = plan.intervals - 1;
        expect(final).toContain(plan.adversarial?.largestTime);
        expect(exampleColumns(config, plan, [0, last]).every(Number.isFinite)).toBe(true);
      }
      expect(stepPlan(config, 10 * steps).adversarial?.largestTime).toBe(final.at(-1));
    },
  );
});

describe('the columns of examples', () => {
  it('say times, targets and weights', async () => {
    const config = await configOf(ADVERSARIAL);
    const plan = stepPlan(config, 69);
    const columns = exampleColumns(config, plan, [0, 1, 4]);
    expect(columns).toHaveLength(3 * EXAMPLE_COLUMNS.length);
    const of = (name: (typeof EXAMPLE_COLUMNS)[number]) => Array.from(columnOf(columns, name));
    const [, t1 = 0, t2 = 0, , r = 0, t = 0] = plan.timeSteps;
    expect(of('t')).toEqual([t1, t2, t]);
    // No network is asked at 0.
    expect(of('r')).toEqual([t1, t1, r]);
    expect(of('first')).toEqual([1, 0, 0]);
    expect(of('late')).toEqual([0, 0, 1]);
    expect(of('rec')).toEqual([1 / t1, 1 / t2, 1 / t].map(Math.fround));
    expect(of('latent')).toEqual([t1 ** 2, t2 ** 2, t ** 2].map(Math.fround));
    const largest = plan.adversarial?.largestTime ?? NaN;
    expect(of('mask')).toEqual([t1, t2, t].map((time) => (time > largest ? 0 : 1)));
    expect(of('mask')).toContain(0);
    expect(of('adversarial')[0]).toBe(Math.fround(0.25 / t1));
    expect(() => exampleColumns(config, plan, [plan.intervals])).toThrow(/interval 5 is not one of 5/);
  });
});
