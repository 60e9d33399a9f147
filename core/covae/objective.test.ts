import { describe, expect, it } from 'vitest';
import { latentShape } from '../config/network.ts';
import type { ModelConfig } from '../config/model.ts';
import { loadPreset } from '../config/presets.ts';
import { applySettings } from '../config/override.ts';
import type { Settings } from '../config/settings.ts';
import { discriminate } from '../nn/discriminator.ts';
import { unflatten } from '../nn/parameters.ts';
import { exampleColumns } from '../schedule/example-columns.ts';
import { stepPlan } from '../schedule/step-plan.ts';
import { tf, type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D } from '../tensor/tf.ts';
import { initialVectors } from '../train/state.ts';
import { exampleTensors } from './example-tensors.ts';
import { covaeModel, decode } from './model.ts';
import { covaeObjective, discriminatorLoss, type ObjectiveBatch } from './objective.ts';

const BATCH = 3;
const SIDE = 24;

async function configOf(settings: Settings): Promise<ModelConfig> {
  const { config } = await loadPreset('smoke');
  const term = { warmupSteps: 0, weight: 2, rampShare: 1, filters: 4, rateRatio: 1, samples: 0.5 };
  const sized = { ...config, network: { ...config.network, imageSize: SIDE } };
  const own = { 'objective.adversarial': term, 'training.batchSize': BATCH };
  return applySettings(sized, { ...settings, ...own }, 'settings');
}

/** Numbers that are the same each time. */
const numbers = (shape: number[], scale = 1): Tensor =>
  tf.tensor(
    Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => scale * Math.sin(1 + i * 1.7)),
    shape,
  );

async function setUp(settings: Settings = {}) {
  const config = await configOf(settings);
  const model = covaeModel(config.network, config.objective);
  const vectors = initialVectors(model, 5);
  // Layers that begin at 0 would hide what they are told.
  const flat = (of: Float32Array | undefined): Tensor1D =>
    tf.add(tf.tensor1d(of ?? []), numbers([of?.length ?? 0], 0.05));
  const parameters = unflatten(model.plan.layout, flat(vectors.parameters));
  const plan = model.discriminator;
  if (plan === null) throw new Error('without a discriminator');
  const discriminator = unflatten(plan.layout, flat(vectors.disc));
  const step = stepPlan(config, 0);
  const columns = exampleColumns(
    config,
    step,
    [0, 1, 2].map((i) => Math.min(i, step.intervals - 1)),
  );
  const batch: ObjectiveBatch = {
    x: numbers([BATCH, SIDE, SIDE, 1], 0.9) as Tensor4D,
    examples: exampleTensors(tf.tensor2d(columns, [BATCH, columns.length / BATCH]) as Tensor2D),
    noise: numbers([BATCH, ...latentShape(config.network)]),
  };
  return { config, model, plan, parameters, discriminator, batch };
}

const number = (value: Tensor): number => value.dataSync()[0] ?? NaN;

describe('samples from noise that the discriminator judges', () => {
  it.each([
    ['covae', 1],
    ['s-covae', 3],
    ['beta-vae', 1],
  ] as const)(
    'count in the loss of %s by their weight, decoded at the largest time',
    async (variant, size) => {
      const { config, model, plan, parameters, discriminator, batch } = await setUp({
        'objective.variant': variant,
        ...(variant !== 'beta-vae' && { 'objective.sigmaMax': 3 }),
      });
      const lossOf = (sampleWeight?: Scalar) =>
        covaeObjective(model, parameters, batch, { discriminator, sampleWeight });
      const without = lossOf();
      expect(without.samples).toBeNull();
      const found = lossOf(tf.scalar(1000));
      const t = config.objective.variant === 'beta-vae' ? batch.examples.t : tf.fill([BATCH], 3);
      const drawn = decode(model, parameters, tf.mul(batch.noise, size), t as typeof batch.examples.t).x;
      expect(Array.from(found.samples?.dataSync() ?? [])).toEqual(Array.from(drawn.dataSync()));
      const { logits } = discriminate(plan, discriminator, tf.clipByValue(drawn, -1, 1));
      const judged = -number(tf.mean(logits));
      expect(Math.abs(judged)).toBeGreaterThan(1e-4);
      expect((number(found.loss) - number(without.loss)) / (1000 * judged)).toBeCloseTo(1, 3);
    },
  );

  it('are half of what the discriminator learns to tell from images', async () => {
    const { model, parameters, discriminator, batch } = await setUp();
    const lossOf = (fake: Tensor4D, drawn: Tensor4D | null = null) =>
      number(discriminatorLoss(model, discriminator, batch.x, fake, drawn).loss);
    const { xT, samples } = covaeObjective(model, parameters, batch, {
      discriminator,
      sampleWeight: tf.scalar(1),
    });
    if (samples === null) throw new Error('no samples');
    const half = (lossOf(xT) + lossOf(samples)) / 2;
    expect(lossOf(xT, samples)).toBeCloseTo(half, 6);
    expect(lossOf(samples)).not.toBeCloseTo(lossOf(xT), 6);
  });

  it('weigh λ_gan with its ramp and λ at the largest time', async () => {
    const config = await configOf({ 'objective.sigmaMax': 4, 'objective.recWeight': 'linear' });
    // Of step 0 of K: the ramp is at 1/K; 2 · ½ · ¼.
    expect(stepPlan(config, 0).adversarial?.sampleWeight).toBeCloseTo(0.25 / config.training.steps, 12);
  });
});
