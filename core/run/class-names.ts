import { readDatasetRecord } from '../data/catalogue.ts';
import type { RunManifest } from './manifest.ts';

/**
 * Names of the classes that a run's networks are told of, in their order; none for a model without classes. Where
 * the data set is gone, or is another one by now, they are called `class 0` and so on.
 */
export async function classNamesOf(
  home: string,
  { config, dataset }: Pick<RunManifest, 'config' | 'dataset'>,
): Promise<string[]> {
  const { classes } = config.network;
  if (classes === 0) return [];
  const record = dataset && (await readDatasetRecord(home, dataset.name).catch(() => null));
  const names = record && record.fingerprint === dataset.fingerprint ? (record.classes ?? []) : [];
  return Array.from({ length: classes }, (_, index) => names[index] ?? `class ${index}`);
}
