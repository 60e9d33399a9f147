import { Dexie, type EntityTable } from 'dexie';
import type { ImageBatch } from '../../../core/data/dataset.ts';
import type { CallResult, SavedThing } from '../../../main/ipc/contract.ts';

export type DiskDataset = CallResult<'datasets.list'>[number];
export type RunEntry = CallResult<'runs.list'>[number];

/** A data set as the window knows it. */
export interface DatasetEntry extends DiskDataset {
  /** It was in the library and is no longer: deleted or moved by someone else. */
  lost: boolean;
}

/** A sheet of thumbnails, many images in one blob. */
export interface ThumbnailEntry {
  /** Of what, at which size: begins with the fingerprint of the pixels. */
  key: string;
  sheet: Blob;
  /** Milliseconds since 1970; those used longest ago go first. */
  usedAt: number;
}

/** How a data set was looked at last. */
export interface ViewEntry {
  fingerprint: string;
  tab: 'images' | 'statistics' | 'skipped';
  /** Index of the image the keyboard was on. */
  active: number;
  /** Class that alone is shown; null for all. */
  className: string | null;
  /** Which images are shown: all, or those with a flag. */
  show: 'all' | 'constant' | 'duplicates' | 'suspicious' | 'heldOut';
}

/** A latent, a path, a board or a direction of the Explore view, kept by name. */
export interface KeptEntry {
  id?: number;
  kind: SavedThing['kind'];
  name: string;
  runId: string;
  /** Of the run's latents; missing in what was kept before it was noted. */
  shape?: number[];
  /** As the view's own schemas have it; checked when it is opened. */
  value: unknown;
  picture: ImageBatch | null;
  /** Milliseconds since 1970. */
  createdAt: number;
}

export interface SettingEntry {
  key: string;
  value: unknown;
}

/**
 * The catalogue: what the library's folders hold, so that the window can show it at once, thumbnails, how things
 * were looked at, and the settings. What the library holds is rebuilt from disk at any time.
 */
export class CatalogueDatabase extends Dexie {
  declare datasets: EntityTable<DatasetEntry, 'name'>;
  declare runs: EntityTable<RunEntry, 'id'>;
  declare thumbnails: EntityTable<ThumbnailEntry, 'key'>;
  declare views: EntityTable<ViewEntry, 'fingerprint'>;
  declare kept: EntityTable<KeptEntry, 'id'>;
  declare settings: EntityTable<SettingEntry, 'key'>;

  constructor(name = 'covae-studio') {
    super(name);
    this.version(1).stores({
      datasets: 'name',
      runs: 'id, createdAt',
      samples: '[runId+file], runId, createdAt',
      settings: 'key',
    });
    // 2: data sets that are missing, sheets of thumbnails, how each data set was looked at.
    this.version(2)
      .stores({ thumbnails: 'key, usedAt', views: 'fingerprint' })
      .upgrade(async (transaction) => {
        await transaction.table('datasets').toCollection().modify({ missing: false, lost: false });
      });
    // 3: points and boards of the Explore view.
    this.version(3).stores({ kept: '++id' });
    // 4: kept draws lie in the folders of their runs, pictures and all.
    this.version(4).stores({ samples: null });
  }
}

/**
 * Opens the catalogue. One that cannot be read is made anew, empty: the disk is the truth.
 *
 * @returns whether it was made anew
 * @throws what Dexie throws when that does not work either
 */
export async function openCatalogue(database: CatalogueDatabase): Promise<boolean> {
  try {
    await database.open();
    await Promise.all(database.tables.map((table) => table.limit(1).toArray()));
    return false;
  } catch (error) {
    console.warn('The catalogue could not be read and is made anew.', error);
    await database.delete({ disableAutoOpen: false });
    await database.open();
    return true;
  }
}
