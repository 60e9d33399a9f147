// @vitest-environment node
import 'fake-indexeddb/auto';
import { Dexie } from 'dexie';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallResult, CovaeBridge } from '../../../main/ipc/contract.ts';
import { Bridge } from '../bridge.ts';
import { CatalogueDatabase, type SavedSamples } from './database.ts';
import { Library } from './library.svelte.ts';
import { datasetEntry } from '../test-studio/studio.ts';
import { reconcile } from './reconcile.ts';
import { Settings } from './settings.svelte.ts';
import { Thumbnails } from './thumbnails.ts';
import { DatasetView } from './views.svelte.ts';

interface Disk {
  datasets: CallResult<'datasets.list'>;
  runs: CallResult<'runs.list'>;
  samples: SavedSamples[];
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
    imageSize: 28,
    channels: 1,
    parameters: null,
    problem: null,
  };
}

const sample: SavedSamples = {
  runId: 'a',
  file: 'draw.png',
  step: 10,
  seed: 1,
  count: 4,
  passes: 1,
  createdAt: '2026-01-01T00:00:00.000Z',
};

let disk: Disk;
let database: CatalogueDatabase;
let failures: string[];
let changed: (what: 'datasets' | 'runs' | 'samples') => void;
let asks: string[];
let broken = false;
let home = '/home/me/library';

/** A main process that lists what `disk` says. */
function bridge(): Bridge {
  const lists: Record<string, () => unknown> = {
    'datasets.list': () => disk.datasets,
    'runs.list': () => disk.runs,
    'runs.savedSamples': () => disk.samples,
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
  disk = { datasets: [], runs: [run('a'), run('bb', 5)], samples: [sample] };
  database = new CatalogueDatabase(`test-${Math.random()}`);
  failures = [];
  asks = [];
  broken = false;
  home = '/home/me/library';
});

afterEach(() => database.delete());

describe('reconcile', () => {
  it('writes what is new or changed, removes what is gone, and carries over what only the catalogue knows', () => {
    const cached = [
      { id: 'same', value: 1, extra: 'x' },
      { id: 'changed', value: 1, extra: 'y' },
      { id: 'gone', value: 1, extra: null },
    ];
    const result = reconcile<
      { id: string; value: number },
      { id: string; value: number; extra: string | null },
      string
    >(
      cached,
      [
        { id: 'new', value: 3 },
        { id: 'changed', value: 2 },
        { id: 'same', value: 1 },
      ],
      (entry) => entry.id,
      (entry, before) => ({ ...entry, extra: before?.extra ?? null }),
    );
    expect(result.entries.map(({ id }) => id)).toEqual(['new', 'changed', 'same']);
    expect(result.put).toEqual([
      { id: 'new', value: 3, extra: null },
      { id: 'changed', value: 2, extra: 'y' },
    ]);
    expect(result.remove).toEqual(['gone']);
  });
});

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

  it('keeps thumbnails over a reconciliation and drops them with their draw', async () => {
    const first = library();
    await first.start();
    await first.setThumbnail(sample, new Blob(['png']));
    const second = library();
    await second.start();
    expect(second.samples[0]?.thumbnail).toBeInstanceOf(Blob);
    disk.samples = [];
    await second.refresh('samples');
    expect(second.samples).toEqual([]);
    expect(await database.samples.count()).toBe(0);
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
    await old.table('samples').put({ ...sample, thumbnail: new Blob(['png']) });
    await old.table('settings').put({ key: 'grid', value: { cell: 80 } });
    old.close();
  }

  it('keeps what the first version wrote, and adds its tables', async () => {
    await firstVersion(database.name);
    await database.open();
    expect(database.verno).toBe(2);
    expect(await database.runs.toArray()).toEqual([run('a')]);
    expect((await database.samples.toArray())[0]?.thumbnail).toBeInstanceOf(Blob);
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

describe('Thumbnails', () => {
  const sheet = (text: string) => new Blob([text]);

  it('are made once', async () => {
    let made = 0;
    const make = async () => sheet(String(++made));
    await new Thumbnails(database).get('a', make);
    const again = await new Thumbnails(database).get('a', make);
    expect(await again.text()).toBe('1');
    expect(await new Thumbnails(database).find('b')).toBeNull();
  });

  it('make room by forgetting those used longest ago', async () => {
    const thumbnails = new Thumbnails(database, 3);
    for (const [at, key] of ['a', 'b', 'c'].entries())
      await database.thumbnails.put({ key, sheet: sheet(key), usedAt: at });
    await thumbnails.find('a');
    await thumbnails.get('d', async () => sheet('d'));
    const left = await database.thumbnails.toCollection().primaryKeys();
    expect(left).toContain('d');
    expect(left).not.toContain('b');
  });

  it('do without a database', async () => {
    database.close();
    const made = await new Thumbnails(database).get('a', async () => sheet('x'));
    expect(await made.text()).toBe('x');
  });
});

describe('DatasetView', () => {
  it('finds a data set as it was left', async () => {
    const first = new DatasetView(database, 'sha256:1');
    await expect.poll(() => first.ready).toBe(true);
    first.set({ className: 'cats', active: 12 });
    await first.write();
    const second = new DatasetView(database, 'sha256:1');
    await expect.poll(() => second.ready).toBe(true);
    expect(second.value).toMatchObject({ tab: 'images', active: 12, className: 'cats', show: 'all' });
  });

  it('falls back part by part when damaged, and works without a database', async () => {
    await database.table('views').put({ fingerprint: 'x', tab: 'nowhere', active: 5 });
    const view = new DatasetView(database, 'x');
    await expect.poll(() => view.ready).toBe(true);
    expect(view.value).toEqual({ fingerprint: 'x', tab: 'images', active: 5, className: null, show: 'all' });
    database.close();
    const other = new DatasetView(database, 'y');
    await expect.poll(() => other.ready).toBe(true);
    other.set({ active: 3 });
    await other.write();
    expect(other.value.active).toBe(3);
  });
});

describe('Settings', () => {
  it('survive a restart', async () => {
    const first = new Settings(database);
    await first.load();
    first.set('samples', { seed: 42 });
    first.set('navigation', { view: 'interpolate' });
    await expect.poll(() => database.settings.count()).toBe(2);
    const second = new Settings(database);
    await second.load();
    expect(second.get('samples')).toMatchObject({ count: 64, seed: 42, passes: 1, weights: 'ema' });
    expect(second.get('navigation').view).toBe('interpolate');
  });

  it('fall back one by one when damaged', async () => {
    await database.settings.bulkPut([
      { key: 'navigation', value: { view: 'nowhere' } },
      { key: 'unknown', value: 1 },
      { key: 'grid', value: { cell: 80 } },
    ]);
    const settings = new Settings(database);
    await settings.load();
    expect(settings.get('navigation').view).toBe('datasets');
    expect(settings.get('grid').cell).toBe(80);
    expect(settings.problem).toBeNull();
  });

  it('work without a database, and say that they are not kept', async () => {
    database.close();
    const settings = new Settings(database);
    await settings.load();
    expect(settings.problem).toMatch(/could not be read/);
    settings.set('grid', { cell: 112 });
    expect(settings.get('grid').cell).toBe(112);
  });
});
