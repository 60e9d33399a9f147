/** Making another data set from where one came from. */
import { readDatasetRecord } from '../catalogue.ts';
import type { DatasetRecord, ImportProgress } from '../dataset.ts';
import { importDataset } from './import-dataset.ts';
import { importOf } from './import-of.ts';
import { useDataset } from '../../library-locks.ts';
import { whileLocked } from '../../lock.ts';
import type { ImportSettings } from './settings.ts';

export interface DuplicateOptions {
  home: string;
  /** The data set to start from. */
  from: string;
  /** Name of the new one. */
  name: string;
  /** What is to be different; the rest is as it was at the first import. */
  settings?: Partial<ImportSettings>;
  signal?: AbortSignal;
  onProgress?: (progress: ImportProgress) => void;
}

/**
 * Imports what a data set was made from once more, with other settings, as a new data set. When the files are gone,
 * the new one is made from the packed images of the old one; its `source.kind` is `dataset` then.
 *
 * @throws UserError as `importDataset` does; the signal's reason when aborted
 */
export async function duplicateDataset({
  from,
  settings,
  ...options
}: DuplicateOptions): Promise<DatasetRecord> {
  const first = importOf(await readDatasetRecord(options.home, from));
  const use = useDataset(options.home, from, `is being read for the data set "${options.name}"`);
  return whileLocked(use, () =>
    importDataset({
      ...options,
      request: first.request,
      settings: { ...first.settings, ...settings },
    }),
  );
}
