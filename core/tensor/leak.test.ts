/** Calls keep nothing: neither what goes in, nor what comes out, nor what the state was before. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { covaeModel } from '../covae/model.ts';
import { loadPreset } from '../config/presets.ts';
import { stepPlan } from '../schedule/step-plan.ts';
import { Batches } from '../train/batches.ts';
import { trainFunctions } from '../train/program.ts';
import { asInitial, initialVectors } from '../train/state.ts';
import { Stepper } from '../train/stepper.ts';
import { compileProgram } from './compile.ts';
import { tf } from './tf.ts';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** Memory of the process after a collection: the least of some readings, since pages are given back late. */
function resident(): number {
  return Math.min(
    ...Array.from({ length: 3 }, () => {
      collect();
      return process.memoryUsage.rss();
    }),
  );
}

/** Runs `call` so often; gives by what share the memory has grown, and the number of tensors. */
function growth(
  call: (i: number) => void,
  warmUp: number,
  count: number,
): { memory: number; tensors: number } {
  for (let i = 0; i < warmUp; i++) call(i);
  const before = resident();
  const { numTensors } = tf.memory();
  for (let i = 0; i < count; i++) call(warmUp + i);
  return { memory: resident() / before - 1, tensors: tf.memory().numTensors - numTensors };
}

it('a call with large tensors keeps none of them', () => {
  // Were any of the four kept, it would be 400 MB in the end.
  const size = 1 << 16;
  const program = compileProgram(
    { w: { shape: [size], data: new Float32Array(size) } },
    {
      step: {
        inputs: { x: { shape: [size], dtype: 'float32' } },
        run: ({ w }, { x }) => ({ outputs: { y: tf.mul(w!, x!) }, state: { w: tf.add(w!, x!) } }),
      },
    },
  );
  const x = Float32Array.from({ length: size }, (_, i) => i);
  const { memory, tensors } = growth(() => program.call('step', { x }), 200, 1500);
  expect(tensors).toBe(0);
  expect(memory).toBeLessThan(0.02);
  expect(growth(() => program.readState(['w']), 100, 500).memory).toBeLessThan(0.02);
  expect(growth(() => program.writeState({ w: x }), 100, 500).memory).toBeLessThan(0.02);
  program.dispose();
});

it('a training step keeps nothing', async () => {
  const { config: preset } = await loadPreset('smoke');
  const config = {
    ...preset,
    network: { ...preset.network, imageSize: 8, modelChannels: 4, multipliers: [1] },
    training: { ...preset.training, batchSize: 2 },
  };
  const model = covaeModel(config.network, config.objective);
  const variants = [{ targetExamples: 2, adversarial: false }];
  const program = compileProgram(
    asInitial(initialVectors(model, 0)),
    trainFunctions(model, config, variants),
  );
  const stepper = new Stepper(config, program, variants);
  const batches = new Batches(config, 0, {
    drawn: 100,
    readAt: (indices) => Uint8Array.from({ length: indices.length * 64 }, (_, i) => i),
    labels: null,
  });
  const step = (i: number) => {
    const plan = stepPlan(config, i % config.training.steps);
    stepper.take(plan, { ...batches.at(plan), targetExamples: 2 });
  };
  const { memory, tensors } = growth(step, 100, 350);
  expect(tensors).toBe(0);
  expect(memory).toBeLessThan(0.02);
  program.dispose();
});
