import { readDatasetRecord } from '../data/catalogue.ts';
import type { RunManifest } from './manifest.ts';
import { findDataset } from './run-dataset.ts';

/**
 * Names of the classes that a run's networks are told of, in their order; none for a model without classes. Where
 * the data set is gone, or is another one by now, they are called `class 0` and so on.
 */
export async function classNamesOf(
  home: string,
  { id, config, dataset }: Pick<RunManifest, 'id' | 'config' | 'dataset'>,
): Promise<string[]> {
  const { classes } = config.network;
  if (classes === 0) return [];
  const found = dataset && (await findDataset(home, { id, dataset }));
  const record = found && (await readDatasetRecord(home, found.name).catch(() => null));
  const names = record && record.fingerprint === dataset.fingerprint ? (record.classes ?? []) : [];
  return Array.from({ length: classes }, (_, index) => names[index] ?? `class ${index}`);
}
