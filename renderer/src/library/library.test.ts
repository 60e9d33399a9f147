// @vitest-environment node
import 'fake-indexeddb/auto';
import { Dexie } from 'dexie';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallResult, CovaeBridge } from '../../../main/ipc/contract.ts';
import { Bridge } from '../bridge.ts';
import { CatalogueDatabase, openCatalogue } from './database.ts';
import { Library } from './library.svelte.ts';
import { datasetEntry } from '../test-studio/studio.ts';
import { Settings } from './settings.svelte.ts';

interface Disk {
  datasets: CallResult<'datasets.list'>;
  runs: CallResult<'runs.list'>;
}

/** A data set as the disk has it. */
function dataset(name: string, more: Parameters<typeof datasetEntry>[1] = {}): Disk['datasets'][number] {
  const { lost: _, ...entry } = datasetEntry(name, more);
  return entry;
}

function run(id: string, step = 0): Disk['runs'][number] {
  return {
    id,
    name: id,
    createdAt: `2026-01-0${id.length}T00:00:00.000Z`,
    preset: 'tiny',
    dataset: 'sample',
    seed: 0,
    steps: 10,
    step,
    drawable: false,
    lastLoss: null,
    checkpoints: [],
    best: null,
    ...{ tags: [], note: '', variant: 'covae' as const, differs: [], seconds: null, bytes: 0 },
    lastMeasured: null,
    imageSize: 28,
    channels: 1,
    parameters: null,
    damage: null,
    problem: null,
    outcome: { state: 'finished', collapsed: [] },
  };
}

let disk: Disk;
let database: CatalogueDatabase;
let failures: string[];
let changed: (what: 'datasets' | 'runs') => void;
let asks: string[];
let broken = false;
let home = '/home/me/library';

/** A main process that lists what `disk` says. */
function bridge(): Bridge {
  const lists: Record<string, () => unknown> = {
    'datasets.list': () => disk.datasets,
    'runs.list': () => disk.runs,
    'app.info': () => ({ home }),
  };
  const covae = {
    invoke: async (channel: string) => {
      asks.push(channel);
      await new Promise((resolve) => setTimeout(resolve, 1));
      return broken
        ? { ok: false, code: 'unreadable', message: 'The library cannot be read.' }
        : { ok: true, value: lists[channel]?.() };
    },
    on: (_event: string, listener: (payload: { what: string }) => void) => {
      changed = (what) => listener({ what });
      return () => {};
    },
    pathForFile: () => '',
  };
  return new Bridge(covae as unknown as CovaeBridge);
}

const library = () => new Library(bridge(), database, (sentence) => failures.push(sentence));

beforeEach(() => {
  disk = { datasets: [], runs: [run('a'), run('bb', 5)] };
  database = new CatalogueDatabase(`test-${Math.random()}`);
  failures = [];
  asks = [];
  broken = false;
  home = '/home/me/library';
});

afterEach(() => database.delete());

describe('Library', () => {
  it('takes the disk as the truth and remembers it', async () => {
    const first = library();
    await first.start();
    expect(first.runs.map(({ id }) => id)).toEqual(['bb', 'a']);
    disk.runs = [run('a', 10)];
    changed('runs');
    await first.refresh('runs');
    expect(first.runs).toEqual([run('a', 10)]);
    expect(await database.runs.toArray()).toEqual([run('a', 10)]);
  });

  it('shows what it remembers when the disk cannot be read, and says so', async () => {
    await library().start();
    broken = true;
    const second = library();
    await second.start();
    expect(second.runs.map(({ id }) => id)).toEqual(['bb', 'a']);
    expect(second.known.runs).toBe(false);
    expect(failures).toContain('The library cannot be read.');
  });

  it('is rebuilt from disk after the database was deleted', async () => {
    await library().start();
    await database.delete();
    database = new CatalogueDatabase(database.name);
    const second = library();
    await second.start();
    expect(second.runs).toHaveLength(2);
    expect(await database.runs.count()).toBe(2);
  });

  it('asks once more for any number of changes during an answer', async () => {
    const first = library();
    await first.start();
    asks = [];
    await Promise.all([first.refresh('runs'), first.refresh('runs'), first.refresh('runs')]);
    expect(asks).toEqual(['runs.list', 'runs.list']);
  });
});

describe('Library with data sets that are gone', () => {
  const shown = (entries: Library) =>
    entries.datasets.map(({ name, lost }) => (lost ? `${name} lost` : name));

  it('shows as missing what somebody else took away, also after a restart, until it is back', async () => {
    disk.datasets = [dataset('cats'), dataset('dogs')];
    const first = library();
    await first.start();
    disk.datasets = [dataset('dogs')];
    await first.refresh('datasets');
    expect(shown(first)).toEqual(['cats lost', 'dogs']);
    const second = library();
    await second.start();
    expect(shown(second)).toEqual(['cats lost', 'dogs']);
    expect(second.dataset('cats')?.record?.count).toBe(100);
    disk.datasets = [dataset('cats'), dataset('dogs')];
    await second.refresh('datasets');
    expect(shown(second)).toEqual(['cats', 'dogs']);
    expect(await database.datasets.get('cats')).toMatchObject({ lost: false });
  });

  it('does not miss what was renamed, what was damaged before, or what the person let go', async () => {
    const damaged = { name: 'old', record: null, problem: 'It is damaged.', missing: false };
    disk.datasets = [dataset('cats'), dataset('dogs'), damaged];
    const first = library();
    await first.start();
    const { record } = dataset('cats');
    disk.datasets = [{ ...dataset('felines'), record: record && { ...record, name: 'felines' } }];
    await first.letGo('dogs', async () => changed('datasets'));
    expect(shown(first)).toEqual(['felines']);
    expect(await database.datasets.toCollection().primaryKeys()).toEqual(['felines']);
  });

  it('shows it as it was when letting go fails', async () => {
    disk.datasets = [dataset('cats')];
    const first = library();
    await first.start();
    const failing = first.letGo('cats', () => Promise.reject(new Error('It is being trained on.')));
    await expect(failing).rejects.toThrow('being trained on');
    expect(shown(first)).toEqual(['cats']);
  });

  it('does not take another library for one that lost everything', async () => {
    disk.datasets = [dataset('cats')];
    await library().start();
    home = '/other/library';
    disk.datasets = [];
    const second = library();
    await second.start();
    expect(shown(second)).toEqual([]);
  });
});

describe('CatalogueDatabase', () => {
  /** As the first version of the window laid it out. */
  async function firstVersion(name: string): Promise<void> {
    const old = new Dexie(name);
    old.version(1).stores({
      datasets: 'name',
      runs: 'id, createdAt',
      samples: '[runId+file], runId, createdAt',
      settings: 'key',
    });
    const record = {
      ...{ format: 'covae-dataset', version: 1, name: 'cats', createdAt: '2026-01-01T00:00:00.000Z' },
      ...{ count: 1, height: 8, width: 8, channels: 1, source: { kind: 'folder', path: '/cats' } },
      ...{ fingerprint: `sha256:${'0'.repeat(64)}`, mean: [0], std: [0], skipped: [] },
    };
    await old.table('datasets').put({ name: 'cats', record, problem: null });
    await old.table('runs').put(run('a'));
    await old
      .table('samples')
      .put({ runId: 'a', file: 'draw.png', createdAt: '', thumbnail: new Blob(['png']) });
    await old.table('settings').put({ key: 'grid', value: { cell: 80 } });
    old.close();
  }

  it('keeps what the first version wrote, and adds its tables', async () => {
    await firstVersion(database.name);
    await database.open();
    expect(database.verno).toBe(4);
    expect(await database.runs.toArray()).toEqual([run('a')]);
    expect(database.tables.map(({ name }) => name)).not.toContain('samples');
    expect(await database.datasets.get('cats')).toMatchObject({ name: 'cats', missing: false, lost: false });
    await database.thumbnails.put({ key: 'x', sheet: new Blob(['png']), usedAt: 1 });
    expect(await database.thumbnails.orderBy('usedAt').count()).toBe(1);
    const settings = new Settings(database);
    await settings.load();
    expect(settings.get('grid').cell).toBe(80);
  });

  it('leaves aside data sets that an earlier version described otherwise, and asks the disk', async () => {
    await firstVersion(database.name);
    const first = library();
    disk.datasets = [dataset('cats')];
    const started = first.start();
    expect(first.datasets).toEqual([]);
    await started;
    expect(first.datasets).toEqual([datasetEntry('cats')]);
    expect(await database.datasets.get('cats')).toEqual(datasetEntry('cats'));
  });
});

describe('openCatalogue', () => {
  it('leaves a sound catalogue as it is', async () => {
    await database.settings.put({ key: 'library', value: home });
    expect(await openCatalogue(database)).toBe(false);
    expect(await database.settings.get('library')).toEqual({ key: 'library', value: home });
  });

  it('makes one anew that cannot be read, once', async () => {
    const { name } = database;
    // Of the right version, and with nothing in it: reading its tables fails.
    await new Promise<void>((resolve, reject) => {
      const request = indexedDB.open(name, 40);
      request.onerror = () => reject(new Error('not opened'));
      request.onsuccess = () => {
        request.result.close();
        resolve();
      };
    });
    expect(await openCatalogue(database)).toBe(true);
    await database.settings.put({ key: 'library', value: home });
    database.close();
    const again = new CatalogueDatabase(name);
    expect(await openCatalogue(again)).toBe(false);
    expect(await again.settings.count()).toBe(1);
    again.close();
  });
});
