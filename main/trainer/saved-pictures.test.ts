import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ImageBatch } from '../../core/data/dataset.ts';
import { layoutGrid, writeGridPng } from '../../core/export/grid.ts';
import { provenanceOf } from '../../core/export/provenance.ts';
import { runFolder } from '../../core/library.ts';
import { listPresets } from '../../core/run/presets.ts';
import { createRunFolder } from '../../core/run/run-folder.ts';
import type { RunManifest } from '../../core/run/manifest.ts';
import { cutGrid, keptName, latestGrid, savedSamples } from './saved-pictures.ts';

const SIDE = 28;

function images(count: number, channels: 1 | 3): ImageBatch {
  const data = Uint8Array.from(
    { length: count * SIDE * SIDE * channels },
    (_, i) => (i * 31 + (i >> 7)) % 256,
  );
  return { count, height: SIDE, width: SIDE, channels, data };
}

describe('cutGrid', () => {
  it.each([1, 3] as const)('takes a grid of %i channels apart as it was laid out', (channels) => {
    const batch = images(64, channels);
    expect(cutGrid(layoutGrid(batch, { columns: 8 }), SIDE, channels)).toEqual(batch);
  });
});

describe('pictures in run folders', () => {
  let home: string;
  let manifest: RunManifest;

  beforeAll(async () => {
    home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-pictures-'));
    const preset = (await listPresets()).find(({ name }) => name === 'smoke');
    if (preset === undefined) throw new Error('no preset smoke');
    manifest = {
      format: 'covae-run',
      version: 1,
      id: 'digits-abc123',
      name: 'digits',
      createdAt: new Date().toISOString(),
      preset: 'smoke',
      seed: 0,
      dataset: { name: 'digits', fingerprint: 'sha256:0', count: 1 },
      config: preset.config,
      parameters: 1,
      versions: { app: '0', tensorflow: '0', tfjs: '0' },
    };
    await createRunFolder(home, manifest);
  });
  afterAll(() => fs.rm(home, { recursive: true, force: true }));

  const file = (name: string): string => path.join(runFolder(home, manifest.id), 'samples', name);

  it('reads the newest grid of a training, pixel for pixel', async () => {
    expect(await latestGrid(home, manifest.id)).toMatchObject({ count: 0, step: 0 });
    await writeGridPng(file('step-00000900.png'), images(64, 1), { columns: 8 });
    const newest = images(64, 1);
    newest.data.reverse();
    await writeGridPng(file('step-00001000.png'), newest, { columns: 8 });
    expect(await latestGrid(home, manifest.id)).toEqual({ ...newest, step: 1000 });
  });

  it('lists kept draws by what their pictures say, and nothing else', async () => {
    const draw = { step: 10, seed: 4, count: 9, passes: 2 };
    const provenance = provenanceOf(manifest, draw.step, { ...draw, kind: 'samples' });
    await writeGridPng(file(keptName(draw)), images(9, 1), { provenance });
    await writeGridPng(file('draw-without-words.png'), images(1, 1));
    await fs.writeFile(file('draw-broken.png'), 'no picture');
    expect(await savedSamples(home)).toEqual([
      { ...draw, runId: manifest.id, file: keptName(draw), createdAt: expect.any(String) as string },
    ]);
  });
});
