import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { datasetFolder } from '../library.ts';
import { bundled } from '../test-processes.ts';
import { listDatasets } from './catalogue.ts';
import { importDataset } from './import/import-dataset.ts';
import type { ImportRequest } from './import/open-import.ts';
import { discardDataset, emptyTrash, listTrash, removeDataset, restoreDataset, weighTrash } from './trash.ts';

let home: string;
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-trash-'));
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

function make(name: string, content: string): void {
  fs.mkdirSync(datasetFolder(home, name), { recursive: true });
  fs.writeFileSync(path.join(datasetFolder(home, name), 'file'), content);
}

/** A grey image of 8 × 8 pixels. */
async function onePicture(): Promise<ImportRequest> {
  const file = path.join(home, 'one.pgm');
  await fs.promises.writeFile(file, Buffer.concat([Buffer.from('P5 8 8 255\n'), Buffer.alloc(64, 7)]));
  return { kind: 'files', paths: [file] };
}

function contentOf(name: string): string {
  return fs.readFileSync(path.join(datasetFolder(home, name), 'file'), 'utf8');
}

describe('the trash', () => {
  it('gives back what was removed', async () => {
    make('some set', 'one');
    const removed = await removeDataset(home, 'some set');
    expect(await listDatasets(home)).toEqual([]);
    expect(await listTrash(home)).toEqual([removed]);
    expect(await restoreDataset(home, removed.id)).toBe('some set');
    expect(contentOf('some set')).toBe('one');
    expect(await listTrash(home)).toEqual([]);
  });

  it('gives it back under another name where its own is taken', async () => {
    make('1-a', 'one');
    const first = await removeDataset(home, '1-a');
    make('1-a', 'two');
    const second = await removeDataset(home, '1-a');
    make('1-a', 'three');
    expect(new Set([first.id, second.id]).size).toBe(2);
    expect(await restoreDataset(home, second.id)).toBe('1-a-2');
    expect(await restoreDataset(home, first.id)).toBe('1-a-3');
    expect([contentOf('1-a'), contentOf('1-a-2'), contentOf('1-a-3')]).toEqual(['three', 'two', 'one']);
  });

  it('is emptied of what is old', async () => {
    make('a', '');
    const { id } = await removeDataset(home, 'a');
    expect(await emptyTrash(home, 60_000)).toBe(0);
    expect(await emptyTrash(home)).toBe(1);
    expect(await listTrash(home)).toEqual([]);
    await expect(restoreDataset(home, id)).rejects.toThrow(/There is no ".*-a" in the trash/);
  });

  it('tells what it takes, and loses one for good', async () => {
    const record = await importDataset({
      home,
      name: 'kept',
      request: await onePicture(),
      settings: { size: 8 },
    });
    const kept = await removeDataset(home, 'kept');
    make('damaged', 'ten bytes.');
    const damaged = await removeDataset(home, 'damaged');
    const weighed = await weighTrash(home);
    expect(new Set(weighed)).toEqual(
      new Set([
        { ...kept, count: record.count, bytes: expect.any(Number) as number },
        { ...damaged, count: null, bytes: 10 },
      ]),
    );
    expect(weighed.find(({ id }) => id === kept.id)?.bytes).toBeGreaterThan(8 * 8);
    await discardDataset(home, damaged.id);
    expect((await listTrash(home)).map(({ id }) => id)).toEqual([kept.id]);
    await expect(discardDataset(home, damaged.id)).rejects.toThrow(/may have been removed for good/);
  });

  it('takes only the link of a data set that lies elsewhere', async () => {
    make('elsewhere', 'stays');
    const elsewhere = path.join(home, 'elsewhere');
    fs.renameSync(datasetFolder(home, 'elsewhere'), elsewhere);
    fs.symlinkSync(elsewhere, datasetFolder(home, 'elsewhere'));
    const { id } = await removeDataset(home, 'elsewhere');
    expect(await weighTrash(home)).toMatchObject([{ name: 'elsewhere', bytes: 0 }]);
    await discardDataset(home, id);
    expect(await listTrash(home)).toEqual([]);
    expect(fs.readFileSync(path.join(elsewhere, 'file'), 'utf8')).toBe('stays');
  });

  it('is emptied of all, also of links that lead nowhere now and of what a wrong clock has removed', async () => {
    make('a', 'one');
    const { id } = await removeDataset(home, 'a');
    const trash = path.dirname(datasetFolder(home, 'a')) + '/.trash';
    fs.symlinkSync(path.join(home, 'unplugged'), path.join(trash, id.replace(/-a$/, '-b')));
    make('c', 'three');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 2 * 24 * 60 * 60 * 1000 });
    await removeDataset(home, 'c');
    vi.useRealTimers();
    expect(await emptyTrash(home)).toBe(3);
    expect(fs.readdirSync(trash)).toEqual([]);
  });

  it('goes on where one cannot be removed, and says so', async () => {
    for (const name of ['a', 'b', 'c']) {
      make(name, name);
      await removeDataset(home, name);
    }
    const rm = fs.promises.rm.bind(fs.promises);
    vi.spyOn(fs.promises, 'rm').mockImplementation((target, options) =>
      String(target).includes('-1-b')
        ? Promise.reject(Object.assign(new Error('no'), { code: 'EACCES' }))
        : rm(target, options),
    );
    await expect(emptyTrash(home)).rejects.toThrow(/-1-b: permission is denied/);
    vi.restoreAllMocks();
    expect((await listTrash(home)).map(({ name }) => name)).toEqual(['b']);
    expect(await emptyTrash(home)).toBe(1);
  });

  it('is not full again of halves when it was killed while it was emptied', async () => {
    make('a', 'one');
    await removeDataset(home, 'a');
    const source = `
      import { emptyTrash } from '${path.resolve('core/data/trash.ts')}';
      import fs from 'node:fs';
      fs.promises.rm = async () => process.kill(process.pid, 'SIGKILL');
      emptyTrash(process.argv[2]);`;
    const child = spawn(process.execPath, [bundled(source), home]);
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    expect(await listTrash(home)).toEqual([]);
    const trash = path.dirname(datasetFolder(home, 'a')) + '/.trash';
    expect(fs.readdirSync(trash)).toHaveLength(1);
    await emptyTrash(home);
    expect(fs.readdirSync(trash)).toEqual([]);
  });

  it('has nothing of other folders', async () => {
    expect(await listTrash(home)).toEqual([]);
    make('a', 'kept');
    for (const id of ['../a', '..', '1-../a', 'a']) {
      await expect(restoreDataset(home, id)).rejects.toThrow(/in the trash/);
      await expect(discardDataset(home, id)).rejects.toThrow(/in the trash/);
    }
    await expect(removeDataset(home, 'b')).rejects.toThrow(/There is no data set "b"/);
    expect(contentOf('a')).toBe('kept');
  });
});
