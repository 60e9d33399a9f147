/**
 * What a kept graph is found by: settings that are left out must not be in the graph. So this is also where a learning
 * rate, a schedule or a share would be caught that a step function computes with as a number of JavaScript.
 */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import * as v from 'valibot';
import { covaeModel } from '../covae/model.ts';
import { loadPreset } from '../config/presets.ts';
import { stateSpecs } from '../tensor/program.ts';
import { recordGraph } from '../tensor/load-graph.ts';
import { encodeSavedModel } from '../tensor/saved-model.ts';
import { ModelConfigSchema, type ModelConfig } from '../config/model.ts';
import { programOrigin } from './open-program.ts';
import type { GraphVariant } from './graph-variants.ts';
import { accumulatedSizes, trainFunctions } from './program.ts';
import { asInitial, initialVectors } from './state.ts';

type Training = ModelConfig['training'];

/** Another value of each setting that is decided beside the graph. */
const OTHERS: Partial<Training> = {
  steps: 77,
  learningRate: 0.0123,
  warmupSteps: 11,
  klWarmupSteps: 13,
  learningRateSchedule: 'constant',
  horizontalFlip: true,
  binarise: true,
  labelDropout: 0.37,
  emaRate: 0.123,
  logEvery: 3,
  sampleEvery: 7,
  checkpointEvery: 9,
  checkpointMinutes: 3,
  evaluateEvery: 5,
  evaluateCount: 20,
  evaluateExtractor: 'pixels',
  bestMeasure: 'reconstruction',
};

const VARIANTS: GraphVariant[] = [
  { targetExamples: 1, adversarial: false },
  { targetExamples: 1, adversarial: true },
];

async function configOf(training: Partial<Training> = {}): Promise<ModelConfig> {
  const { config } = await loadPreset('smoke');
  return v.parse(ModelConfigSchema, {
    network: { ...config.network, modelChannels: 4, multipliers: [1], classes: 2, dropout: 0.1 },
    objective: { ...config.objective, adversarial: { warmupSteps: 2, weight: 0.1, filters: 2 } },
    training: { ...config.training, batchSize: 2, ...training },
  });
}

function graphOf(config: ModelConfig): string {
  const model = covaeModel(config.network, config.objective);
  const accumulated = Object.fromEntries(
    Object.entries(accumulatedSizes(model, config)).map(([name, size]) => [name, new Float32Array(size)]),
  );
  const specs = stateSpecs(asInitial({ ...initialVectors(model, 0, config.training), ...accumulated }));
  const { nodes, signatures } = recordGraph(specs, trainFunctions(model, config, VARIANTS));
  return createHash('sha256').update(encodeSavedModel(nodes, signatures)).digest('hex');
}

describe('the origin of a program', () => {
  it('leaves out only what is tried here', async () => {
    const config = await configOf();
    const { training } = programOrigin(config) as { training: Partial<Training> };
    const leftOut = Object.keys(config.training).filter((key) => !(key in training));
    // Whether there are snapshots makes a difference, how often does not.
    expect(leftOut.sort()).toEqual([...Object.keys(OTHERS), 'snapshotEvery'].sort());
    const snapshots = async (snapshotEvery: number) => programOrigin(await configOf({ snapshotEvery }));
    expect(await snapshots(5)).toEqual(await snapshots(7));
    for (const [key, other] of Object.entries(OTHERS)) {
      expect(config.training[key as keyof Training], key).not.toEqual(other);
    }
  });

  it.each([1, 2])(
    'leaves out what makes no difference to the graph, the batch in %i parts',
    async (accumulate) => {
      const graph = graphOf(await configOf({ accumulate }));
      expect(graphOf(await configOf({ accumulate }))).toBe(graph);
      if (graphOf(await configOf({ accumulate, ...OTHERS })) === graph) return;
      // One of them does make a difference; which?
      for (const [key, other] of Object.entries(OTHERS)) {
        expect(graphOf(await configOf({ accumulate, [key]: other })), key).toBe(graph);
      }
      expect.unreachable('they make a difference together');
    },
  );

  it('holds what does make a difference', async () => {
    const base = await configOf();
    const graph = graphOf(base);
    for (const changed of [{ clipNorm: 3 }, { weightDecay: 0.1 }, { snapshotEvery: 5 }]) {
      const config = await configOf(changed);
      expect(graphOf(config), JSON.stringify(changed)).not.toBe(graph);
      expect(programOrigin(config)).not.toEqual(programOrigin(base));
    }
  });
});
