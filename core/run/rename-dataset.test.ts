import fs from 'node:fs';
import fsp from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import { readDatasetRecord } from '../data/catalogue.ts';
import type { DatasetRecord } from '../data/dataset.ts';
import { importDataset } from '../data/import/import-dataset.ts';
import { datasetFolder } from '../library.ts';
import { createRunFolder, readRunManifest } from './run-folder.ts';
import { findDataset, runDatasetOf, sameDataset } from './run-dataset.ts';
import { renameDataset } from './rename-dataset.ts';

let home: string;
beforeEach(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-rename-'));
  const images = path.join(home, 'images');
  fs.mkdirSync(images);
  for (let i = 0; i < 8; i++) {
    const pixels = Buffer.alloc(64, 30 * i);
    fs.writeFileSync(path.join(images, `${i}.pgm`), Buffer.concat([Buffer.from('P5 8 8 255\n'), pixels]));
  }
  await importDataset({ home, name: 'digits', request: { kind: 'folder', paths: [images] } });
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

async function makeRun(record: DatasetRecord): Promise<void> {
  const { config } = await loadPreset('smoke');
  await createRunFolder(home, {
    ...{ format: 'covae-run', version: 1, id: 'run-1', name: 'run', preset: null, seed: 0, parameters: 1 },
    ...{ createdAt: new Date().toISOString(), dataset: runDatasetOf(record), config },
    versions: { app: '0', tensorflow: '0', tfjs: '0' },
  });
}

describe('renaming a data set', () => {
  it('changes its folder and its record, and runs still find it', async () => {
    const before = await readDatasetRecord(home, 'digits');
    const manifest = { id: 'run-1', dataset: runDatasetOf(before) };
    const renamed = await renameDataset(home, 'digits', 'numbers');
    expect(renamed).toEqual({ ...before, name: 'numbers' });
    expect(await readDatasetRecord(home, 'numbers')).toEqual(renamed);
    expect(fs.existsSync(datasetFolder(home, 'digits'))).toBe(false);
    expect(await findDataset(home, manifest)).toEqual({ ...manifest.dataset, name: 'numbers' });
    expect(await renameDataset(home, 'numbers', 'numbers')).toEqual(renamed);
  });

  it('is not done when it is told to have failed, on a full disk', async () => {
    const before = await readDatasetRecord(home, 'digits');
    await makeRun(before);
    const everything = () => fs.readdirSync(home, { recursive: true }).sort();
    const names = everything();
    const open = fsp.open.bind(fsp);
    for (const full of ['dataset.json', 'run.json']) {
      vi.spyOn(fsp, 'open').mockImplementation(async (file, flags, mode) => {
        if (String(file).includes(full) && flags === 'wx') {
          throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        }
        return open(file, flags, mode);
      });
      await expect(renameDataset(home, 'digits', 'numbers')).rejects.toThrow(/the disk is full/);
      vi.restoreAllMocks();
      expect(everything()).toEqual(names);
      expect(await readDatasetRecord(home, 'digits')).toEqual(before);
    }
  });

  it('is told to be done when it is, whatever a run refuses afterwards', async () => {
    await makeRun(await readDatasetRecord(home, 'digits'));
    const rename = fsp.rename.bind(fsp);
    vi.spyOn(fsp, 'rename').mockImplementation(async (from, to) => {
      if (String(to).endsWith('run.json')) throw Object.assign(new Error('EIO'), { code: 'EIO' });
      return rename(from, to);
    });
    expect(await renameDataset(home, 'digits', 'numbers')).toMatchObject({ name: 'numbers' });
    vi.restoreAllMocks();
    const manifest = await readRunManifest(path.join(home, 'runs', 'run-1'));
    expect(await findDataset(home, manifest)).toMatchObject({ name: 'numbers' });
    expect(fs.readdirSync(path.join(home, 'runs', 'run-1')).filter((name) => name.endsWith('.tmp'))).toEqual(
      [],
    );
  });

  it('to a name that is taken or is none changes nothing', async () => {
    const request = { kind: 'folder', paths: [path.join(home, 'images')] } as const;
    await importDataset({ home, name: 'other', request });
    await expect(renameDataset(home, 'digits', 'other')).rejects.toThrow(/already a data set "other"/);
    await expect(renameDataset(home, 'digits', '../x')).rejects.toThrow(/a name has 1 to 64 letters/);
    await expect(renameDataset(home, 'nothing', 'x')).rejects.toThrow(/There is no data set "nothing"/);
    expect((await readDatasetRecord(home, 'digits')).count).toBe(8);
  });
});

describe('the data set of a run', () => {
  it('is another one when other images are held out', async () => {
    const whole = await readDatasetRecord(home, 'digits');
    const request = { kind: 'folder', paths: [path.join(home, 'images')] } as const;
    const split = await importDataset({ home, name: 'split', request, settings: { holdOut: 0.25 } });
    expect(split).toMatchObject({ heldOut: 2, fingerprint: whole.fingerprint });
    expect(runDatasetOf(whole)).not.toHaveProperty('heldOut');
    expect(sameDataset(split, runDatasetOf(whole))).toBe(false);
    expect(sameDataset(split, runDatasetOf(split))).toBe(true);
    const moved = { ...runDatasetOf(split), name: 'gone' };
    expect(await findDataset(home, { id: 'run-1', dataset: moved })).toMatchObject({ name: 'split' });
  });

  it('is the one of its name where none has its images', async () => {
    const dataset = { name: 'gone', fingerprint: 'sha256:0', count: 8 };
    expect(await findDataset(home, { id: 'run-1', dataset })).toEqual(dataset);
    await expect(findDataset(home, { id: 'run-1', dataset: null })).rejects.toThrow(/has no data set/);
  });
});
