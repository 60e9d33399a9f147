/** Making another data set from where one came from. */
import { UserError } from '../../errors.ts';
import { readDatasetRecord } from '../catalogue.ts';
import type { DatasetRecord, ImportProgress } from '../dataset.ts';
import { checkFree } from '../free-name.ts';
import { type ImageSource, openSource } from '../readers/source.ts';
import { importFrom } from './import-dataset.ts';
import { openPackedSource } from './packed-source.ts';
import { ProgressMeter } from './progress.ts';
import { completeSettings } from './complete-settings.ts';
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
export async function duplicateDataset(options: DuplicateOptions): Promise<DatasetRecord> {
  const { home, from, name, signal } = options;
  const record = await readDatasetRecord(home, from);
  await checkFree(home, name);
  const progress = new ProgressMeter(options.onProgress);
  const { source, isPacked } = await openAgain(home, record, signal);
  try {
    const settings = completeSettings({ ...settingsOf(record, isPacked), ...options.settings });
    const origin: DatasetRecord['source'] = isPacked
      ? { kind: 'dataset', paths: [from], description: source.description }
      : { ...record.source, description: source.description };
    return await importFrom(source, origin, { home, name, settings, signal, progress });
  } finally {
    await source.close();
  }
}

/** The files it was imported from, or its own pixels where they are gone. */
async function openAgain(
  home: string,
  { name, source: { kind, paths, choices } }: DatasetRecord,
  signal: AbortSignal | undefined,
): Promise<{ source: ImageSource; isPacked: boolean }> {
  if (kind !== 'dataset') {
    try {
      return { source: await openSource({ kind, paths, ...choices }, signal), isPacked: false };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  return { source: await openPackedSource(home, name), isPacked: true };
}

/** The settings of its import. Its own pixels have been through some of them already. */
function settingsOf(
  { settings, height, channels }: DatasetRecord,
  isPacked: boolean,
): Partial<ImportSettings> {
  if (settings === null) return { size: height, channels };
  if (!isPacked) return settings;
  const { classMap: _, minSide: __, limit: ___, ...kept } = settings;
  return kept;
}
