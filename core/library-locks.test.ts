import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadPreset } from './config/presets.ts';
import { listDatasets } from './data/catalogue.ts';
import { duplicateDataset } from './data/import/duplicate.ts';
import { importDataset } from './data/import/import-dataset.ts';
import { forgetDataset, relocateDataset } from './data/relocate.ts';
import { discardDataset, emptyTrash, removeDataset, restoreDataset } from './data/trash.ts';
import { tidyLibrary } from './left-overs.ts';
import { lockDataset, lockRun, lockRunRecord, lockTrash } from './library-locks.ts';
import { datasetFolder } from './library.ts';
import { renameDataset } from './run/rename-dataset.ts';
import { giveDataset } from './run/run-dataset.ts';
import { createRunFolder } from './run/run-folder.ts';
import { bundled, killed, linesOf } from './test-processes.ts';
import { newManifest } from './train/new-manifest.ts';

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

describe('a process that is killed amid', () => {
  it.each<[string, string]>([
    [
      'an import',
      `importDataset({ home, name: 'more', request: { kind: 'folder', paths: [home + '/images'] } })`,
    ],
    ['a duplication', `duplicateDataset({ home, from: 'digits', name: 'more' })`],
    ['a renaming', `renameDataset(home, 'digits', 'more')`],
    ['a removal', `removeDataset(home, 'digits')`],
    ['a restoring', `listTrash(home).then(([one]) => restoreDataset(home, one.id))`],
    ['an emptying of the trash', `emptyTrash(home)`],
    ['a search for a data set', `relocateDataset(home, 'linked', home + '/elsewhere', null)`],
    ['a forgetting', `forgetDataset(home, 'linked')`],
    ['the choice of a data set for a run', `giveDataset(home, 'r-1', 'digits')`],
  ])('%s holds nobody up', async (_, call) => {
    const source = `
      import fs from 'node:fs';
      import { importDataset } from '${path.resolve('core/data/import/import-dataset.ts')}';
      import { duplicateDataset } from '${path.resolve('core/data/import/duplicate.ts')}';
      import { forgetDataset, relocateDataset } from '${path.resolve('core/data/relocate.ts')}';
      import { emptyTrash, listTrash, removeDataset, restoreDataset } from '${path.resolve('core/data/trash.ts')}';
      import { renameDataset } from '${path.resolve('core/run/rename-dataset.ts')}';
      import { giveDataset } from '${path.resolve('core/run/run-dataset.ts')}';
      const [home, at] = process.argv.slice(2);
      let calls = 0;
      for (const name of ['rename', 'unlink', 'symlink', 'open']) {
        const original = fs.promises[name];
        fs.promises[name] = (...args) => {
          const locked = fs.readdirSync(home + '/.locks').some((file) => file.endsWith('.lock'));
          if (locked && ++calls === Number(at)) process.kill(process.pid, 'SIGKILL');
          return original(...args);
        };
      }
      ${call}.then(() => console.log('done'), (error) => console.log(error.message));`;
    const script = bundled(source);
    // Each at another of its file operations, as far as it has so many.
    for (const at of [1, 2, 3]) {
      await prepared();
      const child = spawn(process.execPath, [script, home, String(at)]);
      children.push(child);
      await new Promise((resolve) => child.once('exit', resolve));
      if (at === 1) {
        expect(child.signalCode).toBe('SIGKILL');
        expect(fs.readdirSync(path.join(home, '.locks')).join()).toMatch(/\.lock/);
      }
      for (const name of ['digits', 'more', 'linked']) lockDataset(home, name, 'is tried').release();
      lockTrash(home, 'is tried').release();
      lockRun(home, 'r-1', 'is tried').release();
      lockRunRecord(home, 'r-1').release();
      expect(fs.readdirSync(path.join(home, '.locks'))).toEqual([]);
      await tidyLibrary(home);
      const left = fs.readdirSync(home, { recursive: true }).filter((name) => String(name).endsWith('.tmp'));
      expect(left).toEqual([]);
    }
  });

  /** A library with a data set, one in the trash, one that lies elsewhere, and a run without a data set. */
  async function prepared(): Promise<void> {
    for (const name of ['datasets', 'runs', 'elsewhere', '.locks']) {
      fs.rmSync(path.join(home, name), { recursive: true, force: true });
    }
    await again('linked');
    await removeDataset(home, 'linked');
    await again('linked');
    fs.renameSync(datasetFolder(home, 'linked'), path.join(home, 'elsewhere'));
    fs.symlinkSync(path.join(home, 'unplugged'), datasetFolder(home, 'linked'));
    await again('digits');
    const preset = await loadPreset('smoke');
    const config = structuredClone(preset.config);
    config.network = { ...config.network, imageSize: 8, channels: 1, classes: 0 };
    await createRunFolder(home, {
      ...newManifest({ name: 'r', preset: 'smoke', seed: 0, dataset: null, config, parameters: 1 }),
      id: 'r-1',
    });
  }
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
