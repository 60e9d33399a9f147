// @vitest-environment node
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CallResult, CovaeBridge } from '../../../main/ipc/contract.ts';
import { Bridge } from '../bridge.ts';
import { CatalogueDatabase, type SavedSamples } from './database.ts';
import { Library } from './library.svelte.ts';
import { reconcile } from './reconcile.ts';
import { Settings } from './settings.svelte.ts';

interface Disk {
  datasets: CallResult<'datasets.list'>;
  runs: CallResult<'runs.list'>;
  samples: SavedSamples[];
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

/** A main process that lists what `disk` says. */
function bridge(): Bridge {
  const lists: Record<string, () => unknown> = {
    'datasets.list': () => disk.datasets,
    'runs.list': () => disk.runs,
    'runs.savedSamples': () => disk.samples,
  };
  const covae = {
    invoke: async (channel: string) => {
      asks.push(channel);
      await new Promise((resolve) => setTimeout(resolve, 1));
      return broken
        ? { ok: false, message: 'The library cannot be read.' }
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
