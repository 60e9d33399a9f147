import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageBatch } from '../../core/data/dataset.ts';
import { writeGridPng } from '../../core/export/grid.ts';
import { provenanceOf } from '../../core/explore/provenance.ts';
import { runFolder } from '../../core/library.ts';
import type { RunManifest } from '../../core/run/manifest.ts';
import { makeRun } from '../test-studio.ts';
import { readGrid } from './grids.ts';

const SIDE = 28;

function images(count: number, channels: 1 | 3): ImageBatch {
  const data = Uint8Array.from(
    { length: count * SIDE * SIDE * channels },
    (_, i) => (i * 31 + (i >> 7)) % 256,
  );
  return { count, height: SIDE, width: SIDE, channels, data };
}

describe('samples in run folders', () => {
  let home: string;
  let manifest: RunManifest;

  beforeAll(async () => {
    home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-pictures-'));
    manifest = await makeRun(home);
  });
  afterAll(() => fs.rm(home, { recursive: true, force: true }));

  const file = (name: string): string => path.join(runFolder(home, manifest.id), 'samples', name);

  it('reads a grid of a training, pixel for pixel', async () => {
    const grid = images(64, 1);
    await writeGridPng(file('step-00000900.png'), grid, { columns: 8 });
    const read = await readGrid(home, manifest.id, { step: 900, kind: 'passes-1' });
    expect(read).toEqual({ ...grid, columns: 8, times: [], images: [] });
  });

  it('reads reconstructions with the times of their rows', async () => {
    const grid = images(15, 1);
    const details = { kind: 'training-reconstructions', times: '0.05, 3' };
    const provenance = provenanceOf(manifest, 10, details);
    await writeGridPng(file('step-00000010-reconstructions.png'), grid, { columns: 5, provenance });
    const read = await readGrid(home, manifest.id, { step: 10, kind: 'reconstructions' });
    expect(read).toMatchObject({ count: 15, columns: 5, times: [0.05, 3] });
    expect(read.data).toEqual(grid.data);
    await fs.rm(file('step-00000010-reconstructions.png'));
  });

  it('says in a sentence that a grid is damaged, or gone', async () => {
    const damaged = file('step-00002000.png');
    await writeGridPng(damaged, images(64, 1), { columns: 8 });
    const bytes = await fs.readFile(damaged);
    const read = () => readGrid(home, manifest.id, { step: 2000, kind: 'passes-1' });
    for (const content of [bytes.subarray(0, 500), Buffer.from('no picture'), bytes.fill(7, 60, 90)]) {
      await fs.writeFile(damaged, content);
      await expect(read()).rejects.toMatchObject({
        ...{ name: 'UserError', code: 'unreadable', file: damaged },
      });
    }
    await fs.rm(damaged);
    await expect(read()).rejects.toMatchObject({ name: 'UserError', file: damaged });
  });
});
