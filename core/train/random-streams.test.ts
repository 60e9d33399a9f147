import { expect, it } from 'vitest';
import type { ModelConfig } from '../config/model.ts';
import { seededDropout } from '../nn/dropout.ts';
import { stepPlan } from '../schedule/step-plan.ts';
import type { Program } from '../tensor/program.ts';
import { statelessNormal } from '../tensor/random.ts';
import { tf, type Tensor4D } from '../tensor/tf.ts';
import { Batches } from './batches.ts';
import { METRICS } from './gradients.ts';
import { graphVariants } from './graph-variants.ts';
import { fromReference } from './reference-config.ts';
import { Stepper } from './stepper.ts';

const STEPS = 3;
const PARTS = 4;
const LAYERS = 24;
const IMAGE = 8;

const { config } = fromReference(
  {
    ...{ variant: 'covae', img: IMAGE, in_channels: 1, model_channels: 8, mult: [1, 2], blocks: 1, attn: [] },
    ...{ z_channels: 1, sigma_min: 0.05, sigma_max: 3, start_scales: 2, end_scales: 8, batch: 8 },
    ...{ total_training_steps: 1000, dropout: 0.5 },
  },
  'config',
);
const inParts: ModelConfig = { ...config, training: { ...config.training, accumulate: PARTS } };

/** The seeds that every part of every step is given. */
function seedsOf(
  model: ModelConfig,
): { step: number; part: number; noise: Int32Array; dropout: Int32Array }[] {
  const images = { drawn: 10, readAt: () => new Uint8Array(8 * IMAGE * IMAGE), labels: null };
  const batches = new Batches(model, 0, images);
  const seeds: ReturnType<typeof seedsOf> = [];
  const floats = (count: number) => ({ shape: [count], data: new Float32Array(count) });
  for (let step = 0; step < STEPS; step++) {
    const program = {
      call: (name: string, inputs: Record<string, Int32Array>) => {
        if (!name.startsWith('apply')) {
          const part = seeds.filter((known) => known.step === step).length;
          seeds.push({ step, part, noise: inputs['noiseSeed']!, dropout: inputs['dropoutSeed']! });
        }
        return { metrics: floats(METRICS.length), exampleLosses: floats(4), update: floats(2) };
      },
    } as Partial<Program> as Program;
    const plan = stepPlan(model, step);
    new Stepper(model, program, graphVariants(model, step)).take(plan, batches.at(plan));
  }
  return seeds;
}

const seed = (words: Int32Array) => tf.tensor1d(words, 'int32');

it('no layer, part, step or stream has the random numbers of another', () => {
  const seen = new Map<string, string>();
  const add = (values: ArrayLike<number>, who: string) => {
    const key = Array.from(values).join(' ');
    expect(seen.get(key), who).toBeUndefined();
    seen.set(key, who);
  };
  for (const { step, part, noise, dropout } of seedsOf(inParts)) {
    tf.tidy(() => {
      const source = seededDropout(config.network.dropout, seed(dropout), 2);
      const where = `step ${step}, part ${part}`;
      for (const network of ['encoder', 'decoder'] as const) {
        const drop = source(network);
        for (let layer = 1; layer <= LAYERS; layer++) {
          const mask = drop(tf.ones([2, IMAGE, IMAGE, 2]) as Tensor4D).dataSync();
          add(mask, `${where}, ${network}, layer ${layer}`);
        }
      }
      add(statelessNormal([4, 4], seed(noise)).dataSync(), `noise of ${where}`);
      add(statelessNormal([4, 4], seed(dropout)).dataSync(), `dropout’s seed of ${where}`);
    });
  }
  expect(seen.size).toBe(STEPS * PARTS * (2 * LAYERS + 2));
});

it('a batch in one part has the random numbers it always had', () => {
  const whole = seedsOf(config);
  // The words of SHA-256, as `streamSeed` says.
  expect(whole.map(({ dropout }) => [...dropout])).toEqual([
    [300223979, 206944790],
    [-1620526239, -208651621],
    [73011332, -196135310],
  ]);
  expect(seedsOf(inParts).filter(({ part }) => part === 0)).toEqual(whole);
});
