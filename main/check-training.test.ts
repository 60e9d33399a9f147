import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { datasetFolder } from '../core/library.ts';
import { checkTraining } from './check-training.ts';

let home: string;

beforeAll(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-check-'));
  const folder = datasetFolder(home, 'digits');
  await fs.mkdir(folder, { recursive: true });
  const record = {
    format: 'covae-dataset',
    version: 1,
    name: 'digits',
    createdAt: new Date().toISOString(),
    count: 2,
    height: 28,
    width: 28,
    channels: 1,
    source: { kind: 'folder', path: '/digits' },
    fingerprint: `sha256:${'0'.repeat(64)}`,
    mean: [0],
    std: [1],
    skipped: [],
  };
  await fs.writeFile(path.join(folder, 'dataset.json'), JSON.stringify(record));
  await fs.writeFile(path.join(folder, 'pixels.u8'), new Uint8Array(2 * 28 * 28));
});
afterAll(() => fs.rm(home, { recursive: true, force: true }));

const check = (settings: Record<string, unknown>) =>
  checkTraining(home, { dataset: 'digits', preset: 'tiny', settings });

describe('checkTraining', () => {
  it('gives the whole configuration, and the weights over its times', async () => {
    const { config, problem, curves } = await check({
      'objective.klWeight': 't^2/2',
      'training.batchSize': 8,
    });
    expect(problem).toBeNull();
    expect(config?.training.batchSize).toBe(8);
    expect(config?.objective).toMatchObject({ variant: 'covae', klWeight: 't^2/2' });
    expect(curves?.t[0]).toBeCloseTo(0.5);
    expect(curves?.t.at(-1)).toBeCloseTo(3);
    expect(curves?.rec[0]).toBeCloseTo(2);
    expect(curves?.kl.at(-1)).toBeCloseTo(4.5);
  });

  it('fills in what another variant needs, and draws no curves of it', async () => {
    const { config, curves } = await check({ 'objective.variant': 's-covae' });
    expect(config?.objective).toMatchObject({ variant: 's-covae', sigmaMax: 80 });
    expect(curves).toBeNull();
  });

  it('says which setting is wrong', async () => {
    const { config, problem } = await check({ 'objective.klWeight': 't^2/(', 'training.optimizer': 'adamw' });
    // The rest goes on as it is chosen.
    expect(config?.training.optimizer).toBe('adamw');
    expect(config?.objective).toMatchObject({ klWeight: 'square' });
    expect(problem?.key).toBe('objective.klWeight');
    expect(problem?.text).toMatch(/^[A-Z"“].*\.$/);
    expect(problem?.text).not.toContain('Settings');
  });

  it('says what does not fit together', async () => {
    expect((await check({ 'training.accumulate': 3 })).problem).toEqual({
      code: 'settings',
      key: null,
      text: 'Accumulate must divide batchSize.',
    });
    expect((await check({ 'training.accumulate': 3, 'training.batchSize': 9 })).problem).toBeNull();
    const { config, problem } = await check({ 'network.classes': 2, 'training.optimizer': 'adamw' });
    expect(problem).toMatchObject({ code: 'settings', key: 'network.classes' });
    expect(problem?.text).toMatch(/"digits" has no class labels/);
    expect(config?.training.optimizer).toBe('adamw');
  });

  it('refuses what is not there', async () => {
    await expect(checkTraining(home, { dataset: 'digits', preset: 'huge' })).rejects.toThrow(
      /no preset "huge"/,
    );
    await expect(checkTraining(home, { dataset: 'none', preset: 'tiny' })).rejects.toThrow(
      /no data set "none"/,
    );
  });
});
