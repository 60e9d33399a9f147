/** The smallest training step as it is recorded, in the form that people read. */
import { beforeAll, expect, it } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import { covaeModel, type CovaeModel } from '../covae/model.ts';
import { recordFunction } from '../tensor/any-batch.ts';
import { printFunction } from '../tensor/print-graph.ts';
import { stateSpecs } from '../tensor/program.ts';
import { STATE, trainFunctions } from './program.ts';
import { asInitial, initialVectors } from './state.ts';

let model: CovaeModel;
let lines: string[] = [];

beforeAll(async () => {
  const { config } = await loadPreset('smoke');
  model = covaeModel(
    { ...config.network, modelChannels: 4, multipliers: [1], blocks: 1, attentionResolutions: [] },
    config.objective,
  );
  const training = { ...config.training, batchSize: 2 };
  const functions = trainFunctions(model, { ...config, network: model.network, training }, [
    { targetExamples: 1, adversarial: false },
  ]);
  const specs = stateSpecs(asInitial(initialVectors(model, 0)));
  const printed = Object.entries(functions).map(([name, step]) =>
    printFunction(recordFunction(name, step, specs)),
  );
  lines = printed.join('').trimEnd().split('\n');
});

const callsOf = (op: string) => lines.filter((line) => line.includes(` = ${op}(`));

it('takes the state and a batch, and gives the numbers of the step and all new state', () => {
  const vector = `float32[${model.plan.layout.size}]`;
  const [head = '', ...body] = lines;
  expect(head).toMatch(/^trainStep1\(.*\)$/);
  for (const name of STATE) expect(head).toContain(`state ${name}: ${vector}`);
  expect(head).toContain('input x: float32[2, 28, 28, 1]');
  expect(head).toContain('input noiseSeed: int32[2]');
  const given = body.slice(body.findIndex((line) => /^ {2}output /.test(line)));
  expect(given.map((line) => line.replace(/%\d+$/, '%'))).toEqual([
    ...['metrics', 'exampleLosses', 'update'].map((name) => `  output ${name} = %`),
    ...['parameters', 'm', 'v', 'ema'].map((name) => `  state ${name} = %`),
  ]);
});

it('uses no result before it is there', () => {
  const defined = new Set<string>();
  for (const line of lines.slice(1)) {
    const [, result, call] = /^ {2}(?:(%\d+): .*? = )?(.*)$/.exec(line) ?? [];
    for (const [operand] of call!.matchAll(/%\d+/g)) expect(defined, line).toContain(operand);
    if (result !== undefined) defined.add(result);
  }
});

it('convolves twice, at t and at r, and back once, but not to the image', () => {
  const kernels = model.plan.layout.specs.filter(({ shape }) => shape.length === 4 && shape[0] === 3).length;
  expect(callsOf('Conv2D')).toHaveLength(2 * kernels);
  expect(callsOf('Conv2DBackpropFilter')).toHaveLength(kernels);
  expect(callsOf('Conv2DBackpropInput')).toHaveLength(kernels - 1);
});

it('draws the noise once, for both passes', () => {
  expect(callsOf('StatelessRandomNormal')).toHaveLength(1);
});
