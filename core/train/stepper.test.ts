import { describe, expect, it } from 'vitest';
import type { Program } from '../tensor/program.ts';
import { stepPlan } from '../schedule/step-plan.ts';
import { Batches } from './batches.ts';
import type { ModelConfig } from '../config/model.ts';
import { optimizerScalars } from './optimizer.ts';
import { METRICS } from './gradients.ts';
import { graphVariants } from './graph-variants.ts';
import { fromReference } from './reference-config.ts';
import { Stepper } from './stepper.ts';

const { config } = fromReference(
  {
    ...{ variant: 'covae', img: 24, in_channels: 1, model_channels: 8, mult: [1, 2], blocks: 1, attn: [] },
    ...{ z_channels: 1, sigma_min: 0.05, sigma_max: 3, start_scales: 2, end_scales: 8, batch: 2 },
    ...{ total_training_steps: 1000, use_gan: true, gan_warmup_steps: 500 },
  },
  'config',
);

/** The scalars that a step hands to its functions. */
function scalarsAt(model: ModelConfig, step: number, optimizerFrom?: number) {
  const given: Record<string, unknown> = {};
  const program = {
    call: (_: string, inputs: Record<string, unknown>) => {
      Object.assign(given, inputs);
      const floats = (...data: number[]) => ({ shape: [data.length], data: Float32Array.from(data) });
      return {
        metrics: floats(...METRICS.map(() => 0)),
        exampleLosses: floats(0, 0, 0, 0),
        update: floats(1, 1),
      };
    },
  } as Partial<Program> as Program;
  const stepper = new Stepper(model, program, graphVariants(model, step));
  const images = { drawn: 10, readAt: () => new Uint8Array(2 * 24 * 24), labels: null };
  const plan = stepPlan(model, step, optimizerFrom === undefined ? {} : { optimizerFrom });
  const { adversarial } = plan;
  const rates = { learningRate: 0.1, adversarial: adversarial && { ...adversarial, learningRate: 0.02 } };
  stepper.take({ ...plan, ...rates }, new Batches(model, 0, images).at(plan));
  return given;
}

describe('the optimisers of a step', () => {
  const at = (step: number) => optimizerScalars(config.training, step, 0.1);
  const discriminatorAt = (step: number) => optimizerScalars(config.training, step, 0.02);

  it('count from the first step, the discriminator’s from when it comes in', () => {
    expect(scalarsAt(config, 0)).toMatchObject({ optimizer: at(1) });
    expect(scalarsAt(config, 499)).not.toHaveProperty('discOptimizer');
    expect(scalarsAt(config, 503)).toMatchObject({ optimizer: at(504), discOptimizer: discriminatorAt(4) });
  });

  it('count from where weights from elsewhere began', () => {
    expect(scalarsAt(config, 402, 400)).toMatchObject({ optimizer: at(3) });
    expect(scalarsAt(config, 503, 400)).toMatchObject({
      optimizer: at(104),
      discOptimizer: discriminatorAt(4),
    });
    expect(scalarsAt(config, 600, 600)).toMatchObject({
      optimizer: at(1),
      discOptimizer: discriminatorAt(1),
    });
  });
});
