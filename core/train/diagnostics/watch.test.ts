import fs from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { exampleColumns } from '../../schedule/example-columns.ts';
import { stepPlan } from '../../schedule/step-plan.ts';
import { loadPreset } from '../../config/presets.ts';
import { type ModelConfig, ModelConfigSchema } from '../../config/model.ts';
import {
  AlarmSchema,
  type Diagnostics,
  DiagnosticsSchema,
  type ExampleLosses,
} from '../../run/diagnostics.ts';
import { exampleLosses } from '../stepper.ts';
import { Watch } from './watch.ts';

const numbers = v.array(v.number());
const series = v.parse(
  v.record(v.string(), v.object({ steps: v.number(), loss: numbers, gradNorm: numbers })),
  read('series.json'),
);
const measured = v.parse(v.record(v.string(), v.array(DiagnosticsSchema)), read('measured.json'));

function read(name: string): unknown {
  return JSON.parse(fs.readFileSync(new URL(`testdata/${name}`, import.meta.url), 'utf8'));
}

interface Changes {
  objective?: Record<string, unknown>;
  training?: Record<string, unknown>;
}

async function configOf({ objective, training }: Changes = {}): Promise<ModelConfig> {
  const preset = (await loadPreset('tiny-unet')).config;
  return v.parse(ModelConfigSchema, {
    network: preset.network,
    objective: objective?.['variant'] ? objective : { ...preset.objective, ...objective },
    training: { ...preset.training, ...training },
  });
}

/** A batch with an example at each time of a step, by default all with the same unweighted losses. */
function examplesOf(
  config: ModelConfig,
  step = 1,
  { rec = () => 1, kl = () => 0.1 }: Partial<Record<'rec' | 'kl', (example: number) => number>> = {},
): ExampleLosses {
  const plan = stepPlan(config, step - 1);
  const each = Float32Array.from({ length: plan.intervals }, (_, interval) => interval);
  return exampleLosses(exampleColumns(config, plan, each), each.map(rec), each.map(kl));
}

/** Alarms of a whole recorded training. */
async function replay(name: string) {
  const { loss, gradNorm, steps } = series[name] ?? { loss: [], gradNorm: [], steps: 1 };
  const config = await configOf({ training: { steps } });
  const watch = new Watch(config);
  return loss.flatMap((value, i) =>
    watch.afterStep(i + 1, { loss: value, gradNorm: gradNorm[i] ?? NaN }, examplesOf(config, i + 1)),
  );
}

describe('a rise', () => {
  it.each(['learned', 'paperLevels', 'identityBoundary', 'highLearningRate', 'demoEveryTenth'])(
    'is not heard in a recorded training that learned: %s',
    async (name) => {
      expect(series[name]?.loss.length).toBeGreaterThan(200);
      expect(await replay(name)).toEqual([]);
    },
  );

  it('is heard once where the loss of a recorded training rose', async () => {
    const alarms = await replay('rose');
    expect(alarms.map(({ name }) => name)).toEqual(['Gradient rose suddenly']);
    for (const { kind, step, value, bound } of alarms) {
      expect(kind).toBe('divergence');
      expect(step).toBeGreaterThan(190);
      expect(step).toBeLessThan(225);
      expect(value).toBeGreaterThan(bound ?? Infinity);
    }
  });

  it('is heard again after it has ceased', async () => {
    const config = await configOf();
    const watch = new Watch(config);
    const heard: number[] = [];
    const levels = [
      ...Array<number>(100).fill(1),
      ...Array<number>(30).fill(50),
      ...Array<number>(60).fill(1),
      ...Array<number>(30).fill(50),
    ];
    levels.forEach((level: number, i) => {
      const loss = level * (1 + 0.3 * Math.sin(i * 12.9));
      for (const alarm of watch.afterStep(i + 1, { loss, gradNorm: 1 }, examplesOf(config)))
        heard.push(alarm.step);
    });
    expect(heard).toEqual([105, 195]);
  });

  it('is not a single spike, nor a fall from a high start', async () => {
    const config = await configOf();
    const watch = new Watch(config);
    for (let step = 1; step <= 400; step++) {
      const loss = 1e4 * Math.exp(-step / 20) + 100 + (step % 97 === 0 ? 1e6 : 0);
      expect(watch.afterStep(step, { loss, gradNorm: loss }, examplesOf(config))).toEqual([]);
    }
  });

  it('is not the doubling of a loss, as more time steps or the adversarial term may bring', async () => {
    const config = await configOf();
    const watch = new Watch(config);
    for (let step = 1; step <= 400; step++) {
      const loss = (step < 200 ? 100 : 200) * (1 + 0.3 * Math.sin(step * 12.9));
      expect(watch.afterStep(step, { loss, gradNorm: loss }, examplesOf(config))).toEqual([]);
    }
  });
});

/** A watch that has seen a finite step. */
function begunWatch(config: ModelConfig, progress: { learningRateFactor?: number } = {}): Watch {
  const watch = new Watch(config, progress);
  watch.afterStep(1, { loss: 1, gradNorm: 1 }, examplesOf(config));
  return watch;
}

describe('a step that is not finite', () => {
  it('is told with its time: the first example that is not finite', async () => {
    const config = await configOf();
    const examples = examplesOf(config, 1, {
      kl: (example) => (example === 1 ? NaN : 0.1),
      rec: (example) => (example === 2 ? Infinity : 1),
    });
    const [alarm, ...more] = begunWatch(config).afterStep(1, { loss: NaN, gradNorm: NaN }, examples);
    expect(more).toEqual([]);
    expect(alarm).toMatchObject({ kind: 'divergence', name: 'Loss not finite', step: 1, value: null });
    expect(alarm?.t).toBe(examples.t[1]);
    expect(v.is(AlarmSchema, JSON.parse(JSON.stringify(alarm)))).toBe(true);
  });

  it('has the time of the largest weighted loss when all examples are finite', async () => {
    // λ(t) = 1/t makes the smallest t weigh most; with β(t) = t² alone the largest does.
    const config = await configOf();
    const examples = examplesOf(config);
    const metrics = { loss: 3, gradNorm: Infinity };
    const [first] = begunWatch(config).afterStep(1, metrics, examples);
    expect(first?.name).toBe('Gradient not finite');
    expect(first?.t).toBe(examples.t[0]);
    const [last] = begunWatch(config).afterStep(1, metrics, examplesOf(config, 1, { rec: () => 0 }));
    expect(last?.t).toBe(examples.t[examples.t.length - 1]);
  });

  it('is told once until steps are finite again', async () => {
    const config = await configOf();
    const watch = begunWatch(config);
    const examples = examplesOf(config);
    const heard = [NaN, NaN, 1, Infinity].map(
      (loss) => watch.afterStep(1, { loss, gradNorm: 1 }, examples).length,
    );
    expect(heard).toEqual([1, 0, 0, 1]);
  });

  it('says half of the learning rate in use, whatever warm-up and decay make of it', async () => {
    const config = await configOf({ training: { learningRate: 0.006 } });
    const examples = examplesOf(config);
    for (const step of [1, 10, 49, 50, 700, 2399]) {
      // A run that goes on with a third of the configured rate.
      const watch = begunWatch(config, { learningRateFactor: 1 / 3 });
      const [alarm] = watch.afterStep(step, { loss: NaN, gradNorm: 1 }, examples);
      expect(alarm?.goOn).toEqual({ learningRate: 0.001, back: false });
      expect(alarm?.advice).toMatch(/^Go on with a lower learning rate, 0\.001 for instance; if/);
    }
    const [alarm] = begunWatch(config).afterStep(5, { loss: NaN, gradNorm: 1 }, examples);
    expect(alarm?.goOn?.learningRate).toBe(0.003);
  });

  it('sends back to an earlier checkpoint when it is the first since the training was opened', async () => {
    const config = await configOf();
    const examples = examplesOf(config);
    const [alarm] = new Watch(config).afterStep(700, { loss: NaN, gradNorm: NaN }, examples);
    expect(alarm?.goOn).toEqual({ learningRate: 0.003, back: true });
    expect(alarm?.advice).toMatch(/whatever the learning rate: go back to an earlier checkpoint/);
  });

  it('is hopeless when it is the first of all', async () => {
    const config = await configOf();
    const [alarm] = new Watch(config).afterStep(0, { loss: NaN, gradNorm: NaN }, examplesOf(config));
    expect(alarm?.goOn).toBeNull();
    expect(alarm?.advice).toMatch(
      /^No learning rate helps.*: start a run with a larger “Smallest noise level, σ_min”/,
    );
  });

  it('does not send back before weights that were imported', async () => {
    const config = await configOf();
    const examples = examplesOf(config);
    const [first] = new Watch(config, { optimizerFrom: 700 }).afterStep(
      700,
      { loss: NaN, gradNorm: NaN },
      examples,
    );
    expect(first?.goOn).toBeNull();
    expect(first?.advice).toMatch(/^No learning rate helps.*: import the weights again into a run with/);
    const [later] = new Watch(config, { optimizerFrom: 700 }).afterStep(
      800,
      { loss: NaN, gradNorm: NaN },
      examples,
    );
    expect(later?.goOn).toEqual({ learningRate: 0.003, back: true });
  });

  it.each<[string, Changes, RegExp]>([
    [
      'at small t',
      {},
      /larger “Smallest noise level, σ_min” \(objective\.sigmaMin\) or with "1" as “λ\(t\), weight/,
    ],
    ['with the identity boundary', { objective: { denoiserLoss: null } }, /learned average decoder/],
    ['at large t', { objective: { klWeight: '100*t^2' } }, /\(training\.warmupSteps\) than 50 steps/],
    [
      'without warm-up',
      { objective: { klWeight: '100*t^2' }, training: { warmupSteps: 0 } },
      /with a “.*” \(training\.warmupSteps\)/,
    ],
    [
      'of a β-VAE',
      { objective: { variant: 'beta-vae', loss: 'l2', beta: 4 } },
      /\(objective\.beta\) than 4\.$/,
    ],
  ])('is advised on %s', async (_, changes, advice) => {
    const config = await configOf(changes);
    const [alarm] = begunWatch(config).afterStep(1, { loss: NaN, gradNorm: 1 }, examplesOf(config));
    expect(alarm?.advice).toMatch(advice);
    expect(alarm?.advice).toMatch(/^[^.]*([\da-z]\.[\da-zA-Z]+[^.]*)*\.$/);
  });
});

/** Alarms of a whole recorded training, each with what its diagnostics say of themselves. */
async function judge(name: string, changes: Changes = {}) {
  const config = await configOf({ ...changes, training: { steps: 800 } });
  const watch = new Watch(config);
  return (measured[name] ?? []).flatMap((diagnostics) => watch.afterDiagnostics(diagnostics));
}

const BETA_VAE = { objective: { variant: 'beta-vae', loss: 'l2', beta: 50 } };

describe('collapse', () => {
  it('is not heard of a recorded training that learned, whose first samples were all alike', async () => {
    expect(measured['learned']?.[0]?.spread).toBeLessThan(0.01);
    expect(measured['learned']).toHaveLength(9);
    expect(await judge('learned')).toEqual([]);
  });

  it.each<[string, Changes]>([
    ['collapsed', {}],
    ['collapsedBetaVae', BETA_VAE],
  ])('is heard once in a recorded training where it happened: %s', async (name, changes) => {
    const alarms = await judge(name, changes);
    const [alarm, ...more] = alarms.filter(({ kind }) => kind === 'posterior-collapse');
    expect(more).toEqual([]);
    expect(alarm).toMatchObject({ name: 'Posterior collapsed', step: 300, goOn: null });
    expect(alarm?.value).toBeLessThan(alarm?.bound ?? -1);
    // What a decoder draws that is told nothing.
    expect(alarms.find(({ kind }) => kind === 'mode-collapse')).toMatchObject({ step: 400 });
  });

  const healthy = (step: number, over: Partial<Diagnostics> = {}): Diagnostics => ({
    ...(measured['learned']?.at(-1) as Diagnostics),
    step,
    ...over,
  });
  const few = { kl: Array.from({ length: 9 }, (_, i) => ({ mean: i < 2 ? 30 : 0.3, std: 0.1 })) };

  it('is not said of a model that has hardly begun', async () => {
    const config = await configOf({ training: { steps: 10_000 } });
    const nothing = { ...few, activeUnits: Array<number>(9).fill(0), spread: 0 };
    for (const step of [0, 500, 999]) {
      expect(new Watch(config).afterDiagnostics(healthy(step, nothing))).toEqual([]);
    }
    expect(new Watch(config).afterDiagnostics(healthy(1000, nothing))).toHaveLength(1);
    expect(new Watch(config).afterDiagnostics(healthy(5000, nothing))).toHaveLength(2);
    // At its end every training is judged.
    const short = await configOf({ training: { steps: 299 } });
    expect(new Watch(short).afterDiagnostics(healthy(298, nothing))).toEqual([]);
    expect(new Watch(short).afterDiagnostics(healthy(299, nothing))).toHaveLength(2);
  });

  it('of the posterior says from which t on', async () => {
    const watch = new Watch(await configOf({ training: { steps: 10_000 } }));
    const found = healthy(2000, few);
    expect(watch.afterDiagnostics(found)).toMatchObject([{ value: 0.3, bound: 1, t: found.t[2] }]);
    // Told once; told again when it comes back.
    expect(watch.afterDiagnostics(healthy(3000, few))).toEqual([]);
    expect(watch.afterDiagnostics(healthy(4000))).toEqual([]);
    expect(watch.afterDiagnostics(healthy(5000, few))).toHaveLength(1);
  });

  it('of one of two levels of latents says which', async () => {
    const watch = new Watch(await configOf({ training: { steps: 10_000 } }));
    const levels = (top: number, lower: number) => ({
      klOfLevels: [Array<number>(9).fill(top), Array<number>(9).fill(lower)],
    });
    expect(watch.afterDiagnostics(healthy(2000, levels(40, 60)))).toEqual([]);
    expect(watch.afterDiagnostics(healthy(3000, levels(0.2, 60)))).toMatchObject([
      { kind: 'posterior-collapse', name: 'First level of latents collapsed', value: 0.2, bound: 1 },
    ]);
    expect(watch.afterDiagnostics(healthy(4000, levels(40, 60)))).toEqual([]);
    const [alarm] = watch.afterDiagnostics(healthy(5000, levels(40, 0.5)));
    expect(alarm).toMatchObject({ name: 'Second level of latents collapsed', value: 0.5 });
    expect(alarm?.advice).toMatch(
      /^One level of latents says nearly nothing .* with 1 as “.*” \(network\.latentLevels\)\.$/,
    );
  });

  it('is not the prior at the largest t, where the latent is to be noise', async () => {
    const top = healthy(5000, {
      kl: Array.from({ length: 9 }, (_, i) => ({ mean: i < 5 ? 10 : 0, std: 0 })),
      activeUnits: Array.from({ length: 9 }, (_, i) => (i < 5 ? 1 : 0)),
    });
    expect(new Watch(await configOf({ training: { steps: 10_000 } })).afterDiagnostics(top)).toEqual([]);
  });

  it('of s-CoVAE is judged by the values that depend on the image', async () => {
    const config = await configOf();
    const objective = v.parse(ModelConfigSchema.entries.objective, {
      ...{ variant: 's-covae', kernel: 've', loss: 'huber', denoiserLoss: 'huber' },
      ...{ sigmaMin: 0.002, sigmaMax: 80, rho: 7, stepSchedule: 'exp', startScales: 10, endScales: 40 },
      ...{ sigmaData: 0.5, timeSampling: 'uniform', pMean: 0, pStd: 1 },
      ...{ normStrength: 0.001, normWeight: 'fixed' },
    });
    const watch = new Watch({ ...config, objective });
    const step = config.training.steps;
    expect(watch.afterDiagnostics(healthy(step, few))).toEqual([]);
    const [alarm] = watch.afterDiagnostics(healthy(step, { activeUnits: Array<number>(9).fill(0.01) }));
    expect(alarm).toMatchObject({ kind: 'posterior-collapse', value: 0.01, bound: 0.02 });
    expect(alarm?.advice).toContain('(objective.normStrength) than 0.001');
  });

  it('of modes is a spread that falls to half of what it was', async () => {
    const watch = new Watch(await configOf({ training: { steps: 10_000 } }));
    const heard = [0.2, 0.5, 0.9, 0.6, 0.4, 0.3, 0.8, 0.44].map(
      (spread, i) => watch.afterDiagnostics(healthy(1000 + i, { spread })).length,
    );
    expect(heard).toEqual([0, 0, 0, 0, 1, 0, 0, 1]);
  });
});

describe('overfitting', () => {
  /** A sound measurement with errors of training and held-out images. */
  const at = (step: number, training: number, heldOut: number): Diagnostics => {
    const [sound] = Object.values(measured).flat();
    if (sound === undefined) throw new Error('nothing was measured');
    return { ...sound, step, fit: { images: 64, training, heldOut } };
  };

  it('is held-out images reconstructed worse again while training images are still reconstructed better', async () => {
    const watch = new Watch(await configOf({ training: { steps: 2000 } }));
    const said = [
      at(400, 0.02, 0.022),
      at(600, 0.015, 0.02),
      at(800, 0.01, 0.0215),
      at(1000, 0.008, 0.0225),
      at(1200, 0.007, 0.03),
    ]
      .flatMap((diagnostics) => watch.afterDiagnostics(diagnostics))
      .filter(({ kind }) => kind === 'overfitting');
    expect(said).toHaveLength(1);
    expect(said[0]).toMatchObject({ step: 1000, name: 'Overfitting', bound: 1.1, goOn: null });
    expect(said[0]?.value).toBeCloseTo(1.125);
    expect(said[0]?.advice).toMatch(
      /^Images that are not trained on were reconstructed best at step 600: .*augment\.strength/,
    );
  });

  it('is not said of a model that gets worse at both, nor where nothing is held out', async () => {
    const watch = new Watch(await configOf({ training: { steps: 2000 } }));
    const { fit: _, ...without } = at(1400, 0, 0);
    const said = [at(400, 0.02, 0.022), at(600, 0.03, 0.04), without]
      .flatMap((diagnostics) => watch.afterDiagnostics(diagnostics))
      .filter(({ kind }) => kind === 'overfitting');
    expect(said).toEqual([]);
  });
});
