import { describe, expect, it } from 'vitest';
import type { MetricsLine, RunManifest } from '../run/manifest.ts';
import { type Quantity, quantitiesOf, type RunResult, summarizeArms } from './results.ts';
import { findings } from './sentences.ts';
import { metricsLine } from './test-fakes.ts';
import { formatNumber } from '../digits.ts';

function result(arm: string, seed: number, changes: Partial<RunResult> = {}): RunResult {
  const manifest = { parameters: 1 } as RunManifest;
  return {
    arm,
    label: `arm ${arm}`,
    seed,
    runName: 'x',
    preset: {} as RunResult['preset'],
    id: `${arm}${seed}`,
    end: 'finished',
    manifest,
    step: 10,
    metrics: [],
    alarms: [],
    figures: [],
    reconstruction: [],
    spread: [],
    evaluations: [],
    latents: null,
    ...changes,
  };
}

/** Rows of two arms with one quantity: [arm, seed, value]. */
function rows(values: [string, number, number | null][]) {
  return values.map(([arm, seed, value]) => ({
    result: result(arm, seed),
    quantities: [{ id: 'q', label: 'the quantity', value }] satisfies Quantity[],
  }));
}

/** What is said of the quantity. */
const said = (values: [string, number, number | null][]): string => findings(rows(values)).at(-1) ?? '';

describe('findings', () => {
  it('give mean and standard deviation, and say when all seeds agree', () => {
    const text = said([
      ['a', 0, 1],
      ['b', 0, 3],
      ['a', 1, 2],
      ['b', 1, 4],
      ['a', 2, 3],
      ['b', 2, 5],
    ]);
    expect(text).toBe(
      'The quantity: arm a 2 ± 1; arm b 4 ± 1. Arm b is higher than arm a at all 3 seeds (chance alone makes all ' +
        'agree in 1 of 4 cases).',
    );
    expect(
      said([
        ['a', 0, 2],
        ['b', 0, 1],
        ['a', 1, 2],
        ['b', 1, 1],
      ]),
    ).toMatch(/Arm b is lower than arm a at both seeds \(chance alone makes all agree in 1 of 2 cases\)\.$/);
  });

  it('say when seeds disagree, are equal, single, or missing', () => {
    expect(
      said([
        ['a', 0, 1],
        ['b', 0, 2],
        ['a', 1, 2],
        ['b', 1, 1],
        ['a', 2, 1],
        ['b', 2, 1],
      ]),
    ).toMatch(/The seeds disagree: arm b is higher at 1 and lower at 1 of 3, and equal at 1\.$/);
    expect(
      said([
        ['a', 0, 1],
        ['b', 0, 1],
        ['a', 1, 2],
        ['b', 1, 2],
      ]),
    ).toMatch(/The two are equal at all seeds\.$/);
    expect(
      said([
        ['a', 0, 1],
        ['b', 0, 2],
      ]),
    ).toBe(
      'The quantity: arm a 1; arm b 2. Arm b is higher at the one seed that was tried, which does not tell it from chance.',
    );
    expect(
      said([
        ['a', 0, 1],
        ['b', 1, 2],
      ]),
    ).toMatch(/No seed has it for both\.$/);
    // Pairs are of one seed: without its partner a value counts for the mean only.
    expect(
      said([
        ['a', 0, 1],
        ['b', 0, 2],
        ['a', 1, null],
        ['b', 1, 0],
      ]),
    ).toMatch(/arm b 1 ± 1\.4\. Arm b is higher at the one seed that was tried/);
  });

  it('say how the runs ended', () => {
    const diverged = { end: 'diverged', step: 7 } as const;
    const text = findings([
      { result: result('a', 0), quantities: [] },
      { result: result('b', 0, diverged), quantities: [] },
      { result: result('a', 1), quantities: [] },
      { result: result('b', 1), quantities: [] },
      { result: result('c', 0), quantities: [] },
    ]);
    expect(text).toEqual([
      'Arm a: both runs were trained to their last step. No alarm sounded.',
      'Arm b: 1 of 2 runs diverged (seed 0 after step 7). No alarm sounded.',
      'Arm c: the run was trained to its last step. No alarm sounded.',
    ]);
  });

  it('name the alarms', () => {
    const alarm = (name: string) => ({ name }) as RunResult['alarms'][number];
    const collapsed = { alarms: [alarm('Modes collapsed'), alarm('Modes collapsed')] };
    const both = { alarms: [alarm('Modes collapsed'), alarm('Loss rose')] };
    expect(
      findings([
        { result: result('a', 0, collapsed), quantities: [] },
        { result: result('a', 1, both), quantities: [] },
      ])[0],
    ).toMatch(/ Alarms: "Modes collapsed" in 2 of 2, "Loss rose" in 1 of 2\.$/);
  });

  it('do not compare arms by an objective that they may not share', () => {
    const quantities = (value: number): Quantity[] => [{ id: 'final_loss', label: 'loss at the end', value }];
    expect(
      findings([
        { result: result('a', 0), quantities: quantities(1) },
        { result: result('b', 0), quantities: quantities(2) },
      ]).at(-1),
    ).toBe('Loss at the end: arm a 1; arm b 2.');
  });

  it('tell where latents go', () => {
    const latents: RunResult['latents'] = {
      values: 49,
      latents: [],
      explained: [0.3, 0.2],
      perplexity: 30,
      divergence: 1,
      overTime: [
        { t: 0.5, mean: 6, std: 1, posteriorStd: 0.2, agreement: 0.9 },
        { t: 3, mean: 1.5, std: 1, posteriorStd: 0.98, agreement: 0.25 },
      ],
      chance: 0.1,
      followed: [],
    };
    expect(findings([{ result: result('a', 0, { latents }), quantities: [] }]).at(-1)).toBe(
      'Arm a, seed 0: the mean norm of the latents falls from 6 at t = 0.5 to 1.5 at t = 3. The mean standard deviation of the ' +
        'posterior rises from 0.2 to 0.98; a standard normal has a mean of 0 and a standard deviation of 1. The nearest latent at the same t belongs to an image of the same class for 90 % of them at t = 0.5 and for 25 % at t = 3; blind choice ' +
        'gives 10 %. Two principal components hold 50 % of the variance of the 49-dimensional latents, so the plane of ' +
        'the first map leaves out the rest.',
    );
  });
});

describe('quantities', () => {
  const byId = (r: RunResult, training = true): Record<string, number | null> =>
    Object.fromEntries(quantitiesOf(r, training).map(({ id, value }) => [id, value]));

  it('are taken from the end, the middle and the extremes', () => {
    const metrics: MetricsLine[] = Array.from({ length: 20 }, (_, i) => metricsLine(i + 1, 0));
    const reconstruction = [0.5, 1, 3].map((t) => ({ t, mean: t / 100, std: 0 }));
    const values = byId(result('a', 0, { metrics, reconstruction, spread: [{ passes: 2, ratio: 0.9 }] }));
    // The last tenth: steps 19 and 20.
    expect(values['final_loss']).toBeCloseTo((100 / 19 + 100 / 20) / 2, 12);
    expect(values['final_rec_loss']).toBeCloseTo((10 / 19 + 10 / 20) / 2, 12);
    expect(values).toMatchObject({
      // Steps 3 to 20.
      median_grad_norm: 61.5,
      max_grad_norm: 70,
      alarms: 0,
      training_seconds: 5,
      rec_error_smallest_t: 0.005,
      rec_error_middle_t: 0.01,
      rec_error_largest_t: 0.03,
      spread_2: 0.9,
    });
  });

  it('tell what each of two levels of latents brings, and nothing of it where there is one', () => {
    const metrics = Array.from({ length: 20 }, (_, i) => metricsLine(i + 1, 0));
    const two = metrics.map((line) => ({ ...line, klTop: line.step, klLower: 2 * line.step }));
    expect(byId(result('a', 0, { metrics: two }))).toMatchObject({ final_kl_top: 19.5, final_kl_lower: 39 });
    expect(byId(result('a', 0, { metrics }))).not.toHaveProperty('final_kl_top');
  });

  it('of a run that diverged at once are missing, not zero', () => {
    expect(byId(result('a', 0, { end: 'diverged', step: 0 }))).toEqual({
      final_loss: null,
      final_rec_loss: null,
      median_grad_norm: null,
      max_grad_norm: null,
      alarms: 0,
      training_seconds: null,
    });
  });

  it('that are not finite are missing', () => {
    expect(byId(result('a', 0, { spread: [{ passes: 1, ratio: NaN }] }), false)).toEqual({ spread_1: null });
  });

  it('over seeds leave out runs that lack them', () => {
    const summaries = summarizeArms(
      rows([
        ['a', 0, 1],
        ['a', 1, 2],
        ['a', 2, null],
        ['b', 0, 5],
        ['c', 0, null],
      ]),
    );
    expect(summaries.map(({ arm, n, mean, std }) => [arm, n, mean, std])).toEqual([
      ['a', 2, 1.5, Math.SQRT1_2],
      ['b', 1, 5, null],
      ['c', 0, null, null],
    ]);
  });

  it('are written with three digits', () => {
    expect([0, 12.3456, 0.000123456, 1234567, -0.5].map((value) => formatNumber(value))).toEqual([
      '0',
      '12.3',
      '1.23e-4',
      '1.23e+6',
      '-0.5',
    ]);
  });
});
