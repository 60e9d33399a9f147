import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listDatasets } from './data/catalogue.ts';
import { duplicateDataset } from './data/import/duplicate.ts';
import { importDataset } from './data/import/import-dataset.ts';
import { forgetDataset, relocateDataset } from './data/relocate.ts';
import { discardDataset, emptyTrash, removeDataset, restoreDataset } from './data/trash.ts';
import { lockDataset, lockRun } from './library-locks.ts';
import { datasetFolder } from './library.ts';
import { renameDataset } from './run/rename-dataset.ts';
import { giveDataset } from './run/run-dataset.ts';
import { bundled, killed, linesOf } from './test-processes.ts';

let home: string;
let children: ChildProcess[] = [];
beforeEach(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-locks-'));
  await importDataset({ home, name: 'digits', request: { kind: 'folder', paths: [images()] } });
});
afterEach(async () => {
  await Promise.all(children.map(killed));
  children = [];
  fs.rmSync(home, { recursive: true, force: true });
});

function images(): string {
  const folder = path.join(home, 'images');
  fs.mkdirSync(folder, { recursive: true });
  for (let i = 0; i < 8; i++) {
    const pixels = Buffer.alloc(64, 30 * i);
    fs.writeFileSync(path.join(folder, `${i}.pgm`), Buffer.concat([Buffer.from('P5 8 8 255\n'), pixels]));
  }
  return folder;
}

/** Another process that has taken something, until it is killed. */
async function other(call: string): Promise<ChildProcess> {
  const source = `
    import { lockDataset, lockRun, lockTrash, useDataset } from '${path.resolve('core/library-locks.ts')}';
    import { nameLockHolder } from '${path.resolve('core/lock.ts')}';
    const home = process.argv[2];
    nameLockHolder('covae train');
    ${call};
    console.log('held');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, [bundled(source), home]);
  children.push(child);
  expect(await linesOf(child, 1)).toEqual(['held']);
  return child;
}

const again = (name: string): Promise<unknown> =>
  importDataset({ home, name, request: { kind: 'folder', paths: [images()] } });

describe('a data set that another process trains on', () => {
  const inUse =
    /^Data set "digits" is in use for the training of run r-1 by covae train \(process \d+, since \d\d:\d\d\); stop that first, or wait for its end\.$/;

  it('is neither renamed nor removed, until that process is gone, however it goes', async () => {
    const child = await other(`useDataset(home, 'digits', 'is in use for the training of run r-1')`);
    const busy = { code: 'busy', message: expect.stringMatching(inUse) as string };
    await expect(removeDataset(home, 'digits')).rejects.toMatchObject(busy);
    await expect(renameDataset(home, 'digits', 'numbers')).rejects.toMatchObject(busy);
    expect(await listDatasets(home)).toMatchObject([{ name: 'digits', problem: null }]);
    // To read it is no harm.
    await duplicateDataset({ home, from: 'digits', name: 'more' });
    await killed(child);
    await renameDataset(home, 'digits', 'numbers');
    await removeDataset(home, 'numbers');
    expect(await listDatasets(home)).toMatchObject([{ name: 'more' }]);
  });
});

describe('a data set that another process changes', () => {
  it.each<[string, (home: string) => Promise<unknown>]>([
    ['imported', () => again('digits-2')],
    ['renamed', (at) => renameDataset(at, 'digits', 'digits-2')],
    ['found again', (at) => relocateDataset(at, 'digits-2', at, null)],
    ['forgotten', (at) => forgetDataset(at, 'digits-2')],
    ['duplicated', (at) => duplicateDataset({ home: at, from: 'digits', name: 'digits-2' })],
  ])('is not %s at the same time', async (_, act) => {
    const child = await other(`lockDataset(home, 'digits-2', 'is being imported')`);
    await expect(act(home)).rejects.toMatchObject({
      code: 'busy',
      message: expect.stringMatching(
        /^Data set "digits-2" is being imported by covae train \(process /,
      ) as string,
    });
    expect(fs.readdirSync(path.join(home, 'datasets'))).toEqual(['digits']);
    await killed(child);
    await again('digits-2');
    expect(fs.readdirSync(path.join(home, '.locks')).filter((name) => name.endsWith('.lock'))).toEqual([]);
  });

  it('is not restored at the same time', async () => {
    const { id } = await removeDataset(home, 'digits');
    const child = await other(`lockDataset(home, 'digits', 'is being imported')`);
    await expect(restoreDataset(home, id)).rejects.toMatchObject({ code: 'busy' });
    await killed(child);
    expect(await restoreDataset(home, id)).toBe('digits');
  });

  it('is not read from either', async () => {
    await other(`lockDataset(home, 'digits', 'is being removed')`);
    await expect(duplicateDataset({ home, from: 'digits', name: 'more' })).rejects.toMatchObject({
      code: 'busy',
    });
  });
});

it('two at the trash do not come between each other', async () => {
  const { id } = await removeDataset(home, 'digits');
  const child = await other(`lockTrash(home, 'is being emptied')`);
  const busy = {
    code: 'busy',
    message: expect.stringContaining(`The trash of ${home} is being emptied by`) as string,
  };
  await expect(restoreDataset(home, id)).rejects.toMatchObject(busy);
  await expect(discardDataset(home, id)).rejects.toMatchObject(busy);
  await expect(emptyTrash(home)).rejects.toMatchObject(busy);
  await killed(child);
  expect(await emptyTrash(home)).toBe(1);
});

it('a run that is being trained is not given a data set', async () => {
  const child = await other(`lockRun(home, 'r-1', 'is being trained')`);
  await expect(giveDataset(home, 'r-1', 'digits')).rejects.toThrow(
    /^Run r-1 is being trained by covae train/,
  );
  await killed(child);
  await expect(giveDataset(home, 'r-1', 'digits')).rejects.toMatchObject({ code: 'not-found' });
});

it('an import that is killed leaves its name free, and nothing behind', async () => {
  const source = `
    import { importDataset } from '${path.resolve('core/data/import/import-dataset.ts')}';
    const [home, images] = process.argv.slice(2);
    const onProgress = ({ done }) => done > 0 && process.kill(process.pid, 'SIGKILL');
    importDataset({ home, name: 'more', request: { kind: 'folder', paths: [images] }, onProgress });`;
  const child = spawn(process.execPath, [bundled(source), home, images()]);
  children.push(child);
  await new Promise((resolve) => child.once('exit', resolve));
  expect(child.signalCode).toBe('SIGKILL');
  // Its images so far are there, and its lock.
  expect(fs.readdirSync(path.join(home, 'datasets'))).toHaveLength(2);
  expect(fs.readdirSync(path.join(home, '.locks'))).toContain('dataset-more.lock');
  await again('more');
  expect(fs.readdirSync(path.join(home, 'datasets')).sort()).toEqual(['digits', 'more']);
});

it('names that could lead elsewhere are refused', () => {
  for (const name of ['../x', '', '.x', 'a/b']) {
    expect(() => lockDataset(home, name, 'is being imported')).toThrow();
    expect(() => lockRun(home, name, 'is being trained')).toThrow();
  }
  expect(fs.existsSync(datasetFolder(home, 'digits'))).toBe(true);
});
