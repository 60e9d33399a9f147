/** The data set of a run; runs made from imported weights may have none. */
import { listDatasets, readDatasetRecord } from '../data/catalogue.ts';
import type { DatasetRecord } from '../data/dataset.ts';
import { openDataset, type PackedDataset } from '../data/packed.ts';
import { UserError } from '../errors.ts';
import { lockRun } from '../library-locks.ts';
import { runFolder } from '../library.ts';
import { whileLocked } from '../lock.ts';
import type { ModelConfig } from '../config/model.ts';
import type { RunDataset, RunManifest } from './manifest.ts';
import { changeManifest, readRunManifest } from './run-folder.ts';
import { countOf } from '../words.ts';

/** The run's data set. @throws UserError when it has none, saying how to give it one */
export function datasetOf({ id, dataset }: Pick<RunManifest, 'id' | 'dataset'>): RunDataset {
  if (dataset !== null) return dataset;
  throw new UserError(
    `The run ${id} was made from weights and has no data set; give it one with covae resume ${id} --data NAME.`,
    {
      window: `The run ${id} was made from weights and has no data set; a new training that starts from it can have one.`,
    },
  );
}

/** What a run keeps of its data set. */
export function runDatasetOf({
  name,
  fingerprint,
  count,
  heldOut,
}: Pick<DatasetRecord, 'name' | 'fingerprint' | 'count' | 'heldOut'>): RunDataset {
  return { name, fingerprint, count, ...(heldOut > 0 && { heldOut }) };
}

/** True when a training on the data set goes on as it began: the same images, and the same ones held out. */
export function sameDataset(
  { fingerprint, heldOut }: Pick<DatasetRecord, 'fingerprint' | 'heldOut'>,
  expected: RunDataset,
): boolean {
  // Which ones are held out follows from their number and the pixels.
  return fingerprint === expected.fingerprint && heldOut === (expected.heldOut ?? 0);
}

/**
 * The run's data set as {@link datasetOf}, under the name that it has by now: where the data set of its name is gone
 * or is another one, one with the same images is looked for.
 *
 * @throws UserError when the run has no data set
 */
export async function findDataset(
  home: string,
  manifest: Pick<RunManifest, 'id' | 'dataset'>,
): Promise<RunDataset> {
  const expected = datasetOf(manifest);
  const own = await readDatasetRecord(home, expected.name).catch(() => null);
  if (own !== null && sameDataset(own, expected)) return expected;
  const alike = (await listDatasets(home)).find(({ record }) => record && sameDataset(record, expected));
  return alike ? { ...expected, name: alike.name } : expected;
}

/**
 * Opens the data set of a run; close it in the end.
 *
 * @throws UserError when there is none, or it has other images by now
 */
export async function openDatasetOf(
  home: string,
  manifest: Pick<RunManifest, 'id' | 'dataset'>,
): Promise<PackedDataset> {
  const { name, fingerprint } = await findDataset(home, manifest);
  const dataset = await openDataset(home, name);
  if (dataset.record.fingerprint === fingerprint) return dataset;
  dataset.close();
  throw new UserError(
    `The data set "${name}" is no longer the one that the run ${manifest.id} was trained on; import the old images under that name again.`,
  );
}

/**
 * Gives a data set to a run that has none.
 *
 * @throws UserError when it has another one already, or the images do not suit its network; (`busy`) when it is being
 *   trained or changed
 */
export async function giveDataset(home: string, runId: string, name: string): Promise<RunManifest> {
  return whileLocked(lockRun(home, runId, 'is being given a data set'), () => give(home, runId, name));
}

async function give(home: string, runId: string, name: string): Promise<RunManifest> {
  const folder = runFolder(home, runId);
  const manifest = await readRunManifest(folder);
  const record = await readDatasetRecord(home, name);
  const given = runDatasetOf(record);
  if (manifest.dataset !== null) {
    const { name: own } = manifest.dataset;
    if (own === given.name && sameDataset(record, manifest.dataset)) return manifest;
    throw new UserError(
      `The run ${runId} is trained on the data set "${own}" and cannot change to "${name}"; export its weights and import them with --data instead.`,
    );
  }
  const problem = unsuitedData(manifest.config, record);
  if (problem !== null) throw new UserError(problem);
  return changeManifest(home, runId, (current) => ({ ...current, dataset: given }));
}

/** Why a network cannot be trained on a data set, in one sentence; null when it can. */
export function unsuitedData(
  { network }: ModelConfig,
  { name, height, width, channels, classes }: DatasetRecord,
): string | null {
  const { imageSize } = network;
  if (height !== imageSize || width !== imageSize || channels !== network.channels) {
    return (
      `The images of "${name}" are ${width}×${height}×${channels}, but the network takes ` +
      `${imageSize}×${imageSize}×${network.channels}; import them again in that size.`
    );
  }
  if (network.classes > 0 && classes?.length !== network.classes) {
    return `The network knows ${countOf(network.classes, 'class', 'classes')}, but "${name}" has ${classes?.length ?? 'none'}; choose another data set.`;
  }
  return null;
}
