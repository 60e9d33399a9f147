import { configForRun } from '../config/override.ts';
import { covaeModel } from '../covae/model.ts';
import { distinctName } from '../names.ts';
import { runNames } from '../run/run-names.ts';
import { checkRunRules } from '../config/run-rules.ts';
import { openDataset } from '../data/packed.ts';
import type { DatasetRecord } from '../data/dataset.ts';
import { writeCheckpoint } from '../run/checkpoint.ts';
import type { RunManifest } from '../run/manifest.ts';
import { runDatasetOf } from '../run/run-dataset.ts';
import { createRunFolder } from '../run/run-folder.ts';
import type { CreateRunOptions } from './api.ts';
import { newManifest } from './new-manifest.ts';
import { beginFrom } from './start/begin.ts';
import { type Progress, toCheckpoint } from './state.ts';

const START: Progress = { step: 0, seconds: 0, learningRateFactor: 1, optimizerFrom: 0 };

/**
 * Makes a run folder for a data set and a preset; nothing is trained yet.
 * One that starts from the weights of another model has them as its checkpoint of step 0.
 *
 * @throws UserError when the data set is missing or altered, the preset does not suit its images, the start is damaged or
 *   does not fit, or the folder cannot be written
 */
export async function createRun(options: CreateRunOptions): Promise<RunManifest> {
  const { home, preset, settings, seed = 0, from } = options;
  const record = await intactRecord(home, options.dataset);
  const config = configForRun(preset, record, settings);
  checkRunRules(config, { hasStart: from !== undefined, hasHeldOut: record.heldOut > 0 });
  const model = covaeModel(config.network, config.objective);
  const begun = from && (await beginFrom(home, from, model, config, seed));
  const wanted = options.name ?? `${record.name}-${preset.name}`.slice(0, 64);
  const name = options.exactName === true ? wanted : distinctName(wanted, await runNames(home));
  const manifest = newManifest({
    name,
    preset: preset.name,
    seed,
    dataset: runDatasetOf(record),
    config,
    parameters: model.plan.layout.size,
    ...(begun && { startsFrom: 'weights' as const, origin: begun.origin }),
  });
  await createRunFolder(home, manifest, async (temporary) => {
    if (begun) await writeCheckpoint(temporary, 0, toCheckpoint(model, begun.vectors, START));
  });
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
