import { describe, expect, it } from 'vitest';
import { covaeModel } from '../covae/model.ts';
import { applySettings } from '../config/override.ts';
import { loadPreset } from '../config/presets.ts';
import { compileProgram } from '../tensor/compile.ts';
import { stepPlan } from '../schedule/step-plan.ts';
import { Batches } from './batches.ts';
import { trainFunctions } from './program.ts';
import { asInitial, initialVectors } from './state.ts';
import { Stepper } from './stepper.ts';

const STEPS = 5;
const BATCH = 8;

async function lossesIn(precision: 'float32' | 'bfloat16') {
  const { config: preset } = await loadPreset('smoke');
  const config = applySettings(
    preset,
    { 'training.precision': precision, 'training.batchSize': BATCH },
    'settings',
  );
  const model = covaeModel(config.network, config.objective);
  const variants = [{ targetExamples: BATCH, adversarial: false }];
  const program = compileProgram(
    asInitial(initialVectors(model, 0)),
    trainFunctions(model, config, variants),
  );
  const stepper = new Stepper(config, program, variants);
  const { imageSize, channels } = config.network;
  const x = Float32Array.from({ length: BATCH * imageSize ** 2 * channels }, (_, i) => Math.sin(i / 7));
  const batches = new Batches(config, 0, {
    drawn: 100,
    readAt: () => new Uint8Array(x.length),
    labels: null,
  });
  const losses = Array.from({ length: STEPS }, (_, step) => {
    const plan = stepPlan(config, step);
    const report = stepper.take({ ...plan, learningRate: 1e-3 }, { ...batches.at(plan), x });
    expect(report.applied).toBe(true);
    return report.metrics.loss;
  });
  const parameters = program.readState(['parameters'])['parameters']!.data;
  program.dispose();
  return { losses, parameters };
}

describe('training in bfloat16', () => {
  it('follows float32 within bfloat16’s three digits, with parameters that stay float32', async () => {
    const fine = await lossesIn('float32');
    const coarse = await lossesIn('bfloat16');
    coarse.losses.forEach((loss, step) => {
      const difference = Math.abs(loss / fine.losses[step]! - 1);
      expect(difference, `step ${step}`).toBeLessThan(0.02);
      expect(difference, `step ${step}`).toBeGreaterThan(0);
    });
    // A bfloat16 has no bits in its lower half.
    const words = new Uint32Array(
      coarse.parameters.buffer,
      coarse.parameters.byteOffset,
      coarse.parameters.length,
    );
    expect(words.some((word) => (word & 0xffff) !== 0)).toBe(true);
  });
});
