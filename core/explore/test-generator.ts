/** For tests: generators of untrained networks, op by op. */
import * as v from 'valibot';
import { ModelConfigSchema, type ModelConfig } from '../config/model.ts';
import { loadPreset } from '../config/presets.ts';
import { covaeModel } from '../covae/model.ts';
import type { ImageBatch } from '../data/dataset.ts';
import { initialValues } from '../nn/parameters.ts';
import type { RunManifest } from '../run/manifest.ts';
import { eagerProgram } from '../tensor/eager.ts';
import { ProgramGenerator } from './generator.ts';
import { inferenceFunctions } from './inference-functions.ts';

export interface Changes {
  network?: Partial<ModelConfig['network']>;
  objective?: Record<string, unknown>;
}

export async function generatorOf(
  { network, objective }: Changes = {},
  programOf: typeof eagerProgram = eagerProgram,
): Promise<ProgramGenerator> {
  const preset = (await loadPreset('smoke')).config;
  const config = v.parse(ModelConfigSchema, {
    network: { ...preset.network, imageSize: 8, modelChannels: 4, ...network },
    objective: objective?.['variant'] ? objective : { ...preset.objective, ...objective },
    training: preset.training,
  });
  const model = covaeModel(config.network, config.objective);
  // Larger than at the start of a training, where the last layer hides what comes before it.
  const weights = (seed: number) =>
    initialValues(model.plan.layout, seed).map((w, i) => w + 0.2 * Math.sin(i * seed));
  const state = (data: Float32Array) => ({ shape: [data.length], data });
  const program = programOf(
    { ema: state(weights(1)), parameters: state(weights(2)) },
    inferenceFunctions(model),
  );
  const manifest = { id: 'run-1', config } as RunManifest;
  return new ProgramGenerator(
    manifest,
    program,
    () => 0,
    () => program.dispose(),
  );
}

export function someImages(count: number): ImageBatch {
  const data = Uint8Array.from({ length: count * 64 }, (_, i) => (i * 37) % 256);
  return { count, height: 8, width: 8, channels: 1, data };
}
