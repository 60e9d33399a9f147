/** Every variant of the training step: compiled against op by op, and the short cuts against the long way. */
import { describe, expect, it } from 'vitest';
import { elementCount } from '../shape.ts';
import { covaeModel } from '../covae/model.ts';
import { noiseSpec } from '../covae/latent.ts';
import { exampleColumns } from '../schedule/example-columns.ts';
import { stepPlan } from '../schedule/step-plan.ts';
import { loadPreset } from '../config/presets.ts';
import { compileProgram } from '../tensor/compile.ts';
import { eagerProgram } from '../tensor/eager.ts';
import { normals, uniformFloats } from '../tensor/noise.ts';
import type { NumberArray, Program } from '../tensor/program.ts';
import { ModelConfigSchema, type ModelConfig } from '../config/model.ts';
import { OPTIMIZER_SCALARS, optimizerScalars } from './optimizer.ts';
import { METRICS } from './gradients.ts';
import type { GraphVariant } from './graph-variants.ts';
import { accumulatedSizes, applyName, stepName, trainFunctions } from './program.ts';
import { asInitial, initialVectors, stateNames } from './state.ts';
import * as v from 'valibot';

const BATCH = 4;
const STEP = 20;

interface Changes {
  network?: Partial<ModelConfig['network']>;
  objective?: Record<string, unknown>;
  training?: Partial<ModelConfig['training']>;
}

async function configOf({ network, objective, training }: Changes = {}): Promise<ModelConfig> {
  const { config } = await loadPreset('smoke');
  return v.parse(ModelConfigSchema, {
    network: { ...config.network, ...network },
    objective: objective?.['variant'] ? objective : { ...config.objective, ...objective },
    training: { ...config.training, batchSize: BATCH, ...training },
  });
}

const SIMPLE = {
  variant: 's-covae',
  sigmaMin: 0.002,
  sigmaMax: 80,
  rho: 7,
  stepSchedule: 'exp',
  startScales: 4,
  endScales: 16,
  loss: 'huber',
  denoiserLoss: 'l2',
  kernel: 've',
  sigmaData: 0.5,
  timeSampling: 'lognormal',
  pMean: -1.1,
  pStd: 2,
  normStrength: 0.001,
  normWeight: 'fixed',
};

const ADVERSARIAL = { warmupSteps: 5, weight: 0.05, filters: 4 };

const VARIANTS: Record<string, Changes> = {
  covae: {},
  'identity boundary': { objective: { denoiserLoss: null } },
  'binary images': { objective: { loss: 'bce', denoiserLoss: 'bce' } },
  'target from the averages': { objective: { target: 'ema' } },
  'expressions as weights': { objective: { recWeight: '1 / (t + 0.1)', klWeight: 't ^ 2 / (1 + t)' } },
  'categorical latents': { objective: { categories: 4 }, network: { zChannels: 4 } },
  'vector latents': { network: { zChannels: 6, finalDim: 6 } },
  'categorical vector latents': { objective: { categories: 3 }, network: { zChannels: 6, finalDim: 6 } },
  classes: { network: { classes: 3, dropout: 0.2 } },
  's-covae': { objective: SIMPLE },
  's-covae, linear interpolant, tanh': { objective: { ...SIMPLE, kernel: 'li', normStrength: 0 } },
  adversarial: { objective: { adversarial: ADVERSARIAL } },
  'beta-vae': { objective: { variant: 'beta-vae', loss: 'l2', beta: 2, adversarial: ADVERSARIAL } },
  'two levels of latents': {
    network: { latentLevels: 2, classes: 3, dropout: 0.2 },
    objective: { adversarial: ADVERSARIAL },
  },
  'beta-vae of two levels': {
    network: { latentLevels: 2 },
    objective: { variant: 'beta-vae', loss: 'l2', beta: 2 },
  },
  adamw: { training: { optimizer: 'adamw', weightDecay: 0.1 } },
};

/** A program for one graph variant, and the inputs of a batch whose first `targetExamples` examples have r > 0. */
function setUp(config: ModelConfig, variant: GraphVariant, run: typeof eagerProgram, indices = [2, 1, 0, 0]) {
  const model = covaeModel(config.network, config.objective);
  const accumulated = Object.fromEntries(
    Object.entries(accumulatedSizes(model, config)).map(([name, size]) => [name, new Float32Array(size)]),
  );
  const initial = asInitial({ ...initialVectors(model, 3), ...accumulated });
  const program = run(initial, trainFunctions(model, config, [variant], { noise: 'given' }));
  const { imageSize, channels } = config.network;
  const values = imageSize * imageSize * channels;
  const noise = noiseSpec(config.network, config.objective);
  const draw = noise.kind === 'normal' ? normals : uniformFloats;
  const used = config.objective.variant === 'beta-vae' ? [0, 0, 0, 0] : indices;
  const batch: Record<string, NumberArray> = {
    x: uniformFloats([1, 1], BATCH * values).map((u) => (config.objective.loss === 'bce' ? u : 2 * u - 1)),
    examples: exampleColumns(config, stepPlan(config, STEP), used),
    noise: draw([2, 2], BATCH * elementCount(noise.shape)),
    ...(config.network.classes > 0 && { labels: Int32Array.of(0, 2, -1, 1) }),
    ...(config.network.dropout > 0 && { dropoutSeed: Int32Array.of(7, 8) }),
  };
  return { model, program, batch };
}

function optimizers(config: ModelConfig, step: number, adversarial: boolean): Record<string, NumberArray> {
  const scalars = optimizerScalars(config.training, step, 1e-3);
  expect(scalars).toHaveLength(OPTIMIZER_SCALARS.length);
  const emaGain = Float32Array.of(1 - config.training.emaRate);
  return { optimizer: scalars, emaGain, ...(adversarial && { discOptimizer: scalars }) };
}

function isAdversarial(config: ModelConfig): boolean {
  return config.objective.adversarial !== null;
}

/** Largest difference as a share of the largest value. */
function difference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let most = 0;
  let largest = 1e-12;
  for (let i = 0; i < b.length; i++) {
    most = Math.max(most, Math.abs((a[i] ?? NaN) - (b[i] ?? NaN)));
    largest = Math.max(largest, Math.abs(b[i] ?? 0));
  }
  return a.length === b.length ? most / largest : NaN;
}

function expectSameState(a: Program, b: Program, names: readonly string[], bound: number) {
  const [first, second] = [a.readState(names), b.readState(names)];
  for (const name of names) {
    expect(difference(first[name]!.data, second[name]!.data), name).toBeLessThan(bound);
  }
}

describe.each(Object.entries(VARIANTS))('the training step of %s', (_, changes) => {
  it('gives the same compiled as op by op', async () => {
    const config = await configOf(changes);
    const adversarial = isAdversarial(config);
    const targetExamples = config.objective.variant === 'beta-vae' ? 0 : BATCH;
    const eager = setUp(config, { targetExamples, adversarial }, eagerProgram);
    const compiled = setUp(config, { targetExamples, adversarial }, compileProgram);
    const name = stepName(config, { targetExamples, adversarial });
    for (let step = 1; step <= 2; step++) {
      const scalars = optimizers(config, step, adversarial);
      const a = eager.program.call(name, { ...eager.batch, ...scalars });
      const b = compiled.program.call(name, { ...compiled.batch, ...scalars });
      for (const output of ['metrics', 'exampleLosses', 'update']) {
        expect(b[output]!.data.every(Number.isFinite), output).toBe(true);
        expect(difference(b[output]!.data, a[output]!.data), `${output} of step ${step}`).toBeLessThan(1e-4);
      }
      expect(a['update']!.data[1]).toBe(1);
      expect(a['metrics']!.data[METRICS.indexOf('loss')]).toBeGreaterThan(0);
    }
    expectSameState(compiled.program, eager.program, stateNames(eager.model), 2e-3);
    eager.program.dispose();
    compiled.program.dispose();
  });
});

describe('the training step', () => {
  it.each(['covae', 's-covae', 'classes', 'categorical latents'])(
    'of %s gives the same without a target pass for the examples that need none',
    async (name) => {
      const config = await configOf(VARIANTS[name]);
      const whole = setUp(config, { targetExamples: BATCH, adversarial: false }, eagerProgram);
      const part = setUp(config, { targetExamples: 2, adversarial: false }, eagerProgram);
      const scalars = optimizers(config, 1, false);
      const a = whole.program.call(`trainStep${BATCH}`, { ...whole.batch, ...scalars });
      const b = part.program.call('trainStep2', { ...part.batch, ...scalars });
      expect(difference(b['metrics']!.data, a['metrics']!.data)).toBeLessThan(1e-6);
      expectSameState(part.program, whole.program, ['m'], 1e-5);
      whole.program.dispose();
      part.program.dispose();
    },
  );

  it.each([false, true])('gives the same in two parts as in one (adversarial: %s)', async (adversarial) => {
    // The discriminator's batch norm sees its part alone, so that its own numbers differ.
    const objective = adversarial ? { adversarial: { ...ADVERSARIAL, weight: 1e-9 } } : {};
    const whole = await configOf({ objective });
    const parts = await configOf({ objective, training: { accumulate: 2 } });
    const a = setUp(whole, { targetExamples: BATCH, adversarial }, eagerProgram);
    const b = setUp(parts, { targetExamples: BATCH / 2, adversarial }, eagerProgram);
    const scalars = optimizers(whole, 1, adversarial);
    a.program.call(stepName(whole, { targetExamples: BATCH, adversarial }), { ...a.batch, ...scalars });
    for (const part of [0, 1]) {
      const own = Object.fromEntries(
        Object.entries(b.batch).map(([name, data]) => [
          name,
          data.slice((part * data.length) / 2, ((part + 1) * data.length) / 2),
        ]),
      );
      b.program.call(stepName(parts, { targetExamples: BATCH / 2, adversarial }), own);
    }
    const { update } = b.program.call(applyName(adversarial), scalars);
    expect(update?.data[1]).toBe(1);
    expectSameState(b.program, a.program, ['m', 'v', 'parameters'], 1e-4);
    const left = b.program.readState(Object.keys(accumulatedSizes(b.model, parts)));
    for (const { data } of Object.values(left)) expect(data.every((value) => value === 0)).toBe(true);
    a.program.dispose();
    b.program.dispose();
  });

  it.each(['covae', 'adversarial'])(
    'of %s leaves everything as it was when a number is not finite',
    async (name) => {
      const config = await configOf(VARIANTS[name]);
      const adversarial = isAdversarial(config);
      const { program, batch, model } = setUp(config, { targetExamples: BATCH, adversarial }, compileProgram);
      const names = stateNames(model);
      const before = program.readState(names);
      const broken = Float32Array.from(batch['x'] ?? []);
      broken[5] = NaN;
      const step = stepName(config, { targetExamples: BATCH, adversarial });
      const { update, exampleLosses } = program.call(step, {
        ...batch,
        x: broken,
        ...optimizers(config, 1, adversarial),
      });
      expect(update?.data[1]).toBe(0);
      expect(exampleLosses?.data[0]).toBeNaN();
      expect(exampleLosses?.data[1]).not.toBeNaN();
      expect(program.readState(names)).toEqual(before);
      program.dispose();
    },
  );
});

describe('clipping', () => {
  it('at 0 leaves gradients as they are', async () => {
    const momentsAt = async (clipNorm: number) => {
      const config = await configOf({ training: { clipNorm } });
      const variant = { targetExamples: BATCH, adversarial: false };
      const { program, batch } = setUp(config, variant, eagerProgram);
      const given = { ...batch, ...optimizers(config, 1, false) };
      const { update } = program.call(stepName(config, variant), given);
      return { norm: update?.data[0] ?? NaN, m: Array.from(program.readState(['m'])['m']!.data) };
    };
    const [off, never, tight] = [await momentsAt(0), await momentsAt(1e30), await momentsAt(1e-3)];
    expect(off.norm).toBeGreaterThan(1e-3);
    expect(off).toEqual(never);
    expect(difference(off.m, tight.m)).toBeGreaterThan(1);
  });
});
