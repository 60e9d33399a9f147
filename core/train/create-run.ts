import { configForRun } from '../config/override.ts';
import { covaeModel } from '../covae/model.ts';
import { openDataset } from '../data/packed.ts';
import type { DatasetRecord } from '../data/dataset.ts';
import type { RunManifest } from '../run/manifest.ts';
import { runDatasetOf } from '../run/run-dataset.ts';
import { createRunFolder } from '../run/run-folder.ts';
import type { CreateRunOptions } from './api.ts';
import { newManifest } from './new-manifest.ts';

/**
 * Makes a run folder for a data set and a preset; nothing is trained yet.
 * @throws UserError when the data set is missing or altered, the preset does not suit its images, or the folder cannot be written
 */
export async function createRun(options: CreateRunOptions): Promise<RunManifest> {
  const { home, preset, settings, seed = 0 } = options;
  const record = await intactRecord(home, options.dataset);
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

/** The record of a data set that is what was imported, as far as its pixels fit into memory; no run is left of others. */
async function intactRecord(home: string, name: string): Promise<DatasetRecord> {
  const dataset = await openDataset(home, name);
  try {
    await dataset.labels();
    await dataset.split();
    if (dataset.fitsInMemory) await dataset.all();
    return dataset.record;
  } finally {
    dataset.close();
  }
}
