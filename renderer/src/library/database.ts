import { Dexie, type EntityTable, type Table } from 'dexie';
import type { CallResult } from '../../../main/ipc/contract.ts';

export type DatasetEntry = CallResult<'datasets.list'>[number];
export type RunEntry = CallResult<'runs.list'>[number];
export type SavedSamples = CallResult<'runs.savedSamples'>[number];

/** A kept draw with a small picture of it, where one could be made. */
export interface SampleEntry extends SavedSamples {
  thumbnail: Blob | null;
}

export interface SettingEntry {
  key: string;
  value: unknown;
}

/**
 * The catalogue: what the library's folders hold, so that the window can show it at once, and the settings.
 * All but the settings and the thumbnails is rebuilt from disk at any time.
 */
export class CatalogueDatabase extends Dexie {
  declare datasets: EntityTable<DatasetEntry, 'name'>;
  declare runs: EntityTable<RunEntry, 'id'>;
  declare samples: Table<SampleEntry, [string, string]>;
  declare settings: EntityTable<SettingEntry, 'key'>;

  constructor(name = 'covae-studio') {
    super(name);
    this.version(1).stores({
      datasets: 'name',
      runs: 'id, createdAt',
      samples: '[runId+file], runId, createdAt',
      settings: 'key',
    });
  }
}
