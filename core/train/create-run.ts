import { configForRun } from '../config/override.ts';
import { covaeModel } from '../covae/model.ts';
import { readDatasetRecord } from '../data/catalogue.ts';
import type { RunManifest } from '../run/manifest.ts';
import { runDatasetOf } from '../run/run-dataset.ts';
import { createRunFolder } from '../run/run-folder.ts';
import type { CreateRunOptions } from './api.ts';
import { newManifest } from './new-manifest.ts';

/**
 * Makes a run folder for a data set and a preset; nothing is trained yet.
 * @throws UserError when the data set is missing, the preset does not suit its images, or the folder cannot be written
 */
export async function createRun(options: CreateRunOptions): Promise<RunManifest> {
  const { home, preset, settings, seed = 0 } = options;
  const record = await readDatasetRecord(home, options.dataset);
  const config = configForRun(preset, record, settings);
  const name = options.name ?? `${record.name}-${preset.name}`.slice(0, 64);
  const manifest = newManifest({
    name,
    preset: preset.name,
    seed,
    dataset: runDatasetOf(record),
    config,
    parameters: covaeModel(config.network, config.objective).plan.layout.size,
  });
  await createRunFolder(home, manifest);
  return manifest;
}
