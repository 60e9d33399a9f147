// @vitest-environment node
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CatalogueDatabase } from './database.ts';
import { Settings } from './settings.svelte.ts';
import { DatasetView } from './views.svelte.ts';

let database: CatalogueDatabase;

beforeEach(() => {
  database = new CatalogueDatabase(`test-${Math.random()}`);
});

afterEach(() => database.delete());

describe('Settings', () => {
  it('survive a restart', async () => {
    const first = new Settings(database);
    await first.load();
    first.set('samples', { seed: 42 });
    first.set('navigation', { view: 'explore' });
    await expect.poll(() => database.settings.count()).toBe(2);
    const second = new Settings(database);
    await second.load();
    expect(second.get('samples')).toMatchObject({ count: 64, seed: 42, passes: 1, weights: 'ema' });
    expect(second.get('navigation').view).toBe('explore');
  });

  it('are written as fast as that goes while a hand moves, the last one in any case', async () => {
    const put = vi.spyOn(database.settings, 'put');
    const settings = new Settings(database);
    for (let cell = 20; cell <= 120; cell++) settings.set('grid', { cell });
    expect(settings.get('grid').cell).toBe(120);
    await expect.poll(async () => (await database.settings.get('grid'))?.value).toEqual({ cell: 120 });
    expect(put.mock.calls.length).toBeLessThan(5);
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
