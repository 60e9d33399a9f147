/** A training whose images are transformed, as strongly as held-out images ask for. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadPreset } from '../../config/presets.ts';
import { importDataset } from '../../data/import/import-dataset.ts';
import { npyHeader } from '../../export/npy.ts';
import { runFolder } from '../../library.ts';
import { readNewestCheckpoint } from '../../run/checkpoint.ts';
import { readMetrics } from '../../run/run-folder.ts';
import { readDiagnostics } from '../../run/run-log.ts';
import { createRun } from '../create-run.ts';
import { openSession } from '../open-session.ts';

let home: string;
beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-augmented-'));
  const pixels = Uint8Array.from({ length: 20 * 8 * 8 * 3 }, (_, i) => (i * i * 13 + i * 7) % 256);
  const file = path.join(home, 'noise.npy');
  fs.writeFileSync(file, Buffer.concat([npyHeader('|u1', [20, 8, 8, 3]), pixels]));
  const request = { kind: 'npy', paths: [file] } as const;
  await importDataset({ home, name: 'whole', request });
  await importDataset({ home, name: 'split', request, settings: { holdOut: 0.3 } });
});
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

async function make(dataset: string, more: Record<string, unknown>) {
  const settings = {
    ...{ 'training.steps': 6, 'training.batchSize': 4, 'training.sampleEvery': 2, 'training.logEvery': 1 },
    ...{ 'augment.turn': true, ...more },
  };
  return createRun({ home, dataset, preset: await loadPreset('smoke'), settings, seed: 2 });
}

async function trainTo(id: string, step: number): Promise<void> {
  const session = await openSession(home, id);
  const abort = new AbortController();
  try {
    await session.train({
      signal: abort.signal,
      onProgress: (progress) => {
        if (progress.step === step) abort.abort();
      },
    });
  } finally {
    session.dispose();
  }
}

it('goes on after a stop bit for bit, its strength too, which follows from what was measured', async () => {
  const adaptive = { 'augment.adaptive': true, 'augment.strength': 0.3 };
  const [whole, halves] = [await make('split', adaptive), await make('split', adaptive)];
  expect(whole.config.network.augment).toBe(true);
  await trainTo(whole.id, 6);
  await trainTo(halves.id, 3);
  await trainTo(halves.id, 6);
  const read = async (id: string) => {
    const checkpoint = await readNewestCheckpoint(runFolder(home, id));
    return { model: checkpoint?.model, ema: checkpoint?.ema, state: checkpoint?.state };
  };
  const once = await read(whole.id);
  const twice = await read(halves.id);
  expect(twice.model).toEqual(once.model);
  expect(twice.ema).toEqual(once.ema);
  expect(once.model?.['map_augment.weight']?.data.some((value) => value !== 0)).toBe(true);
  const strengths = (await readMetrics(runFolder(home, whole.id))).map(
    ({ augmentStrength }) => augmentStrength,
  );
  expect(strengths[0]).toBe(0.3);
  // It was measured after steps 2, 4 and 6.
  const fits = (await readDiagnostics(runFolder(home, whole.id))).map(({ fit }) => fit);
  expect(fits).toHaveLength(3);
  let strength = 0.3;
  for (const [i, fit] of fits.entries()) {
    expect(fit?.images).toBeGreaterThanOrEqual(4);
    expect(strengths[2 * i + 1]).toBeCloseTo(strength, 6);
    strength += (fit && fit.heldOut / fit.training > 1.15 ? 1 : -1) * 0.05;
  }
  expect(once.state).toMatchObject({ augmentStrength: expect.closeTo(strength, 6) as number });
  expect(twice.state).toMatchObject({ augmentStrength: expect.closeTo(strength, 6) as number });
}, 400_000);

it('needs held-out images for that, and none for a strength of its own', async () => {
  await expect(make('whole', { 'augment.adaptive': true })).rejects.toMatchObject({
    key: 'augment.adaptive',
  });
  const { id } = await make('whole', { 'augment.strength': 1 });
  await trainTo(id, 6);
  expect((await readNewestCheckpoint(runFolder(home, id)))?.step).toBe(6);
}, 400_000);
