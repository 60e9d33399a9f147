/** One level of latents is the reference to the bit; two agree with PyTorch, whose distributions make no short cut. */
import { createHash } from 'node:crypto';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { ModelConfigSchema, type ModelConfig } from '../config/model.ts';
import { loadPreset } from '../config/presets.ts';
import { exampleTensors } from '../covae/example-tensors.ts';
import { covaeModel, pass, type CovaeModel } from '../covae/model.ts';
import { covaeObjective } from '../covae/objective.ts';
import { inferenceFunctions } from '../explore/inference-functions.ts';
import { fromTorch, toTorch, unflatten, type NamedArrays } from '../nn/parameters.ts';
import { readFloatTensors } from '../run/safetensors.ts';
import { EXAMPLE_COLUMNS, exampleColumns } from '../schedule/example-columns.ts';
import { recordFunction } from '../tensor/any-batch.ts';
import { compileProgram } from '../tensor/compile.ts';
import { eagerProgram } from '../tensor/eager.ts';
import { printFunction } from '../tensor/print-graph.ts';
import { stateSpecs, tensorNamed, type ProgramFunction } from '../tensor/program.ts';
import type { Tensor1D, Tensor2D, Tensor4D } from '../tensor/tf.ts';
import { valueAndGrad } from '../tensor/value-and-grad.ts';
import { trainFunctions } from './program.ts';
import { asInitial, initialVectors } from './state.ts';

async function configOf(network: Partial<ModelConfig['network']>): Promise<ModelConfig> {
  const { config } = await loadPreset('smoke');
  return v.parse(ModelConfigSchema, { ...config, network: { ...config.network, ...network } });
}

const hashOf = (...parts: (string | Uint8Array)[]): string => {
  const hash = createHash('sha256');
  parts.forEach((part) => hash.update(part));
  return hash.digest('hex');
};

/** All functions of a run as recorded, without the places in the sources. */
function graphOf(model: CovaeModel, config: ModelConfig): string {
  const functions = {
    ...trainFunctions(model, config, [{ targetExamples: 1, adversarial: false }]),
    ...inferenceFunctions(model),
  };
  const specs = stateSpecs(asInitial(initialVectors(model, 0)));
  return Object.entries(functions)
    .map(([name, run]) => printFunction(recordFunction(name, run, specs)).replace(/ # .*$/gm, ''))
    .join('');
}

describe('one level of latents', () => {
  it('has the graph and the first weights that it had before there were two', async () => {
    // Taken before the setting came, and anew with later changes. Whoever changes the graph on purpose takes the new number.
    const GRAPH = 'e39e89d1a8f450a5d5ab94c43c22811bbb3a547424efafec9c39172846af7c35';
    const WEIGHTS = '4caa6b17ceafa4ff65d7ba38af2d4d60708882b36d02b069225c4cec791cec2c';
    const config = await configOf({ latentLevels: 1 });
    expect(config).toEqual((await loadPreset('smoke')).config);
    const model = covaeModel(config.network, config.objective);
    expect(hashOf(graphOf(model, config))).toBe(GRAPH);
    const { parameters } = initialVectors(model, 0);
    expect(hashOf(new Uint8Array(parameters.buffer))).toBe(WEIGHTS);
  });

  it('is part of a model with two: the same names begin alike', async () => {
    const one = covaeModel((await configOf({})).network, (await configOf({})).objective);
    const config = await configOf({ latentLevels: 2 });
    const two = covaeModel(config.network, config.objective);
    const count = one.plan.layout.specs.length;
    expect(two.plan.layout.specs.slice(0, count)).toEqual(one.plan.layout.specs);
    expect(two.plan.layout.specs.slice(count).map(({ name }) => name.replace(/\.[^.]*$/, ''))).toEqual(
      [
        'encoder.lower.norm_out',
        'encoder.lower.conv_out',
        'decoder.lower.norm_prior',
        'decoder.lower.conv_prior',
        'decoder.lower.conv_in',
      ].flatMap((name) => [name, name]),
    );
    expect(initialVectors(two, 3).parameters.subarray(0, one.plan.layout.size)).toEqual(
      initialVectors(one, 3).parameters,
    );
  });
});

/** Of the largest value, as two implementations in float32 differ. */
const TOLERANCE = 1e-4;

function relativeError(actual: ArrayLike<number>, wanted: ArrayLike<number>, floor = 0): number {
  expect(actual.length).toBe(wanted.length);
  let difference = 0;
  let largest = floor;
  for (let i = 0; i < wanted.length; i++) {
    difference = Math.max(difference, Math.abs((actual[i] ?? NaN) - (wanted[i] ?? NaN)));
    largest = Math.max(largest, Math.abs(wanted[i] ?? NaN));
  }
  return difference / largest;
}

describe.each([
  ['op by op', eagerProgram],
  ['compiled', compileProgram],
] as const)('two levels of latents, %s', (_, run) => {
  // Written by ladder.py beside it.
  let torch: NamedArrays;
  let results: Record<string, ArrayLike<number>>;
  let gradient: NamedArrays;

  const BATCH = 4;

  beforeAll(async () => {
    torch = await readFloatTensors(path.join(import.meta.dirname, 'testdata', 'ladder.safetensors'));
    const config = await configOf({
      imageSize: 8,
      modelChannels: 4,
      multipliers: [1, 2],
      attentionResolutions: [4],
      zChannels: 2,
      latentLevels: 2,
    });
    const model = covaeModel(config.network, config.objective);
    const { layout } = model.plan;
    const step: ProgramFunction = {
      inputs: {
        x: { shape: [BATCH, 8, 8, 1], dtype: 'float32' },
        t: { shape: [BATCH], dtype: 'float32' },
        noise: { shape: [BATCH, 160], dtype: 'float32' },
        examples: { shape: [BATCH, EXAMPLE_COLUMNS.length], dtype: 'float32' },
      },
      run(state, inputs) {
        const flat = tensorNamed<Tensor1D>(state, 'parameters');
        const x = tensorNamed<Tensor4D>(inputs, 'x');
        const noise = tensorNamed(inputs, 'noise');
        const examples = exampleTensors(tensorNamed<Tensor2D>(inputs, 'examples'));
        const loss = valueAndGrad(flat, (parameters) => {
          const { loss: value, parts } = covaeObjective(model, unflatten(layout, parameters), {
            x,
            noise,
            examples,
          });
          return { value, aux: parts };
        });
        const {
          mu,
          std,
          x: picture,
        } = pass(model, unflatten(layout, flat), x, tensorNamed<Tensor1D>(inputs, 't'), noise);
        return {
          outputs: {
            ...{ mu, std, picture, loss: loss.value, gradient: loss.gradient },
            klTop: loss.aux.klTop!,
            klLower: loss.aux.klLower!,
            klLoss: loss.aux.klLoss!,
          },
        };
      },
    };
    const program = run(asInitial({ parameters: fromTorch(layout, torch, 'param.') }), { step });
    const { steps, index, x, t, noise } = torch;
    const outputs = program.call('step', {
      ...{ x: x!.data, t: t!.data, noise: noise!.data },
      examples: exampleColumns(
        config,
        { timeSteps: steps!.data, klShare: 1, adversarial: null },
        index!.data,
      ),
    });
    results = Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
    gradient = toTorch(layout, outputs['gradient']!.data as Float32Array);
    program.dispose();
  });

  it.each(['mu', 'std', 'picture', 'loss'])('gives the %s that PyTorch gives', (name) => {
    expect(relativeError(results[name]!, torch[name]!.data)).toBeLessThan(TOLERANCE);
  });

  it('gives the divergences of torch.distributions, of the lower level in its own units', () => {
    const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, x) => sum + x, 0) / BATCH;
    const [top, lower] = [mean(torch['klTop']!.data), mean(torch['klLower']!.data)];
    expect(Math.min(top, lower)).toBeGreaterThan(1);
    expect(relativeError(results['klTop']!, [top])).toBeLessThan(TOLERANCE);
    expect(relativeError(results['klLower']!, [lower])).toBeLessThan(TOLERANCE);
    expect(relativeError(results['klLoss']!, [top + lower])).toBeLessThan(TOLERANCE);
  });

  it('gives the gradient of every parameter', () => {
    const wanted = Object.entries(torch).filter(([name]) => name.startsWith('grad.'));
    expect(wanted.map(([name]) => name.slice(5)).sort()).toEqual(Object.keys(gradient).sort());
    const norm = Math.sqrt(
      wanted.reduce((sum, [, { data }]) => sum + data.reduce((s, g) => s + g * g, 0), 0),
    );
    for (const [name, { data }] of wanted) {
      const ours = gradient[name.slice(5)]!.data;
      expect(relativeError(ours, data, 1e-4 * norm), name).toBeLessThan(10 * TOLERANCE);
      // The lower level takes part: its layers are taught.
      if (name.includes('.lower.')) expect(Math.max(...data.map(Math.abs)), name).toBeGreaterThan(0);
    }
  });
});
