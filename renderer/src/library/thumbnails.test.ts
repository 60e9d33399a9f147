// @vitest-environment node
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CatalogueDatabase } from './database.ts';
import { Thumbnails } from './thumbnails.ts';

let database: CatalogueDatabase;

beforeEach(() => {
  database = new CatalogueDatabase(`test-${Math.random()}`);
});

afterEach(() => database.delete());

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
