import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { datasetFolder, datasetsFolder } from '../library.ts';
import { listDatasets, readDatasetRecord } from './catalogue.ts';
import { importDataset } from './import/import-dataset.ts';
import { openDataset } from './packed.ts';
import { forgetDataset, relocateDataset } from './relocate.ts';

let root: string;
let home: string;
let fingerprint: string;
const elsewhere = () => path.join(root, 'large disk', 'digits');

const kept = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-relocate-kept-'));

beforeAll(async () => {
  const request = { kind: 'sample', paths: [] } as const;
  const record = await importDataset({ home: kept, name: 'digits', request, settings: { limit: 10 } });
  ({ fingerprint } = record);
});
afterAll(() => fs.rm(kept, { recursive: true, force: true }));

beforeEach(async () => {
  root = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-relocate-'));
  home = path.join(root, 'home');
  await fs.mkdir(path.join(root, 'large disk'));
  await fs.cp(kept, home, { recursive: true });
});
afterEach(() => fs.rm(root, { recursive: true, force: true }));

const moveAway = () => fs.rename(datasetFolder(home, 'digits'), elsewhere());

describe('relocateDataset', () => {
  it('links to a folder that was moved to another disk', async () => {
    await moveAway();
    await relocateDataset(home, 'digits', elsewhere(), fingerprint);
    expect(await listDatasets(home)).toMatchObject([{ name: 'digits', problem: null, missing: false }]);
    const data = await openDataset(home, 'digits', { verify: true });
    expect(data.count).toBe(10);
    data.close();
    expect((await fs.lstat(datasetFolder(home, 'digits'))).isSymbolicLink()).toBe(true);
  });

  it('finds it in the folder that was chosen too, and does without a remembered fingerprint', async () => {
    await moveAway();
    await relocateDataset(home, 'digits', path.dirname(elsewhere()), null);
    expect((await readDatasetRecord(home, 'digits')).fingerprint).toBe(fingerprint);
  });

  it('gives a folder that was renamed in the library its name back', async () => {
    const renamed = path.join(datasetsFolder(home), 'numbers');
    await fs.rename(datasetFolder(home, 'digits'), renamed);
    await relocateDataset(home, 'digits', renamed, fingerprint);
    expect((await listDatasets(home)).map(({ name, problem }) => [name, problem])).toEqual([
      ['digits', null],
    ]);
    expect((await fs.lstat(datasetFolder(home, 'digits'))).isDirectory()).toBe(true);
  });

  it('says so when the disk is gone, and links anew', async () => {
    await moveAway();
    await relocateDataset(home, 'digits', elsewhere(), fingerprint);
    const next = path.join(root, 'other disk');
    await fs.rename(elsewhere(), next);
    const [entry] = await listDatasets(home);
    expect(entry).toEqual({
      name: 'digits',
      record: null,
      problem: `The images of data set "digits" lie in ${elsewhere()}, which is not there; connect its disk, or find the folder again in the window.`,
      missing: true,
    });
    await relocateDataset(home, 'digits', next, fingerprint);
    expect(await listDatasets(home)).toMatchObject([{ problem: null, missing: false }]);
  });

  it('refuses what is no data set, or another one, and leaves all as it was', async () => {
    await moveAway();
    const refused = (folder: string, asked: string | null = fingerprint, name = 'digits') =>
      expect(relocateDataset(home, name, folder, asked)).rejects;
    await refused(root).toThrow(
      `${root} holds no data set: it has no dataset.json; choose the folder of "digits".`,
    );
    await refused(path.join(root, 'nowhere')).toThrow(`${path.join(root, 'nowhere')} does not exist`);
    await refused(elsewhere(), 'sha256:other').toThrow('holds other images than this one had');
    await refused(elsewhere(), null, 'faces').toThrow(
      'holds the data set "digits"; choose the folder of "faces".',
    );
    expect(await listDatasets(home)).toEqual([]);
    await fs.cp(elsewhere(), datasetFolder(home, 'digits'), { recursive: true });
    await refused(elsewhere()).toThrow('is in the library already');
  });
});

describe('forgetDataset', () => {
  it('takes a link away that leads nowhere, and nothing else', async () => {
    await expect(forgetDataset(home, 'digits')).rejects.toThrow('is there; delete it instead');
    await moveAway();
    await forgetDataset(home, 'digits');
    await relocateDataset(home, 'digits', elsewhere(), fingerprint);
    await expect(forgetDataset(home, 'digits')).rejects.toThrow('is there');
    await fs.rename(elsewhere(), path.join(root, 'kept'));
    await forgetDataset(home, 'digits');
    expect(await listDatasets(home)).toEqual([]);
    expect(await fs.readdir(path.join(root, 'kept'))).toContain('pixels.u8');
  });
});
