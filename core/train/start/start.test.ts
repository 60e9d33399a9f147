/** Trainings that start from the weights of another model. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadPreset } from '../../config/presets.ts';
import type { Settings } from '../../config/settings.ts';
import { isTrained } from '../../config/trained.ts';
import { importDataset } from '../../data/import/import-dataset.ts';
import { npyHeader } from '../../export/npy.ts';
import { runFolder } from '../../library.ts';
import { readNewestCheckpoint } from '../../run/checkpoint.ts';
import type { RunManifest } from '../../run/manifest.ts';
import { readRunManifest } from '../../run/run-folder.ts';
import type { FloatTensors } from '../../run/safetensors.ts';
import type { StartPoint } from '../../run/start-point.ts';
import { createRun } from '../create-run.ts';
import { openSession } from '../open-session.ts';
import { exportWeights } from '../weights-export.ts';
import { originSentence } from './begin.ts';
import { levelName } from './fit.ts';
import { presetOfStart } from './config-of-start.ts';

let home: string;
let first: RunManifest;
beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-start-'));
  await noise('grey', [8, 8, 1]);
  await noise('large', [16, 16, 3]);
  first = await train({ steps: 4 });
}, 120_000);
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));

/** 12 images whose pixels follow from their place. */
async function noise(name: string, shape: number[]): Promise<void> {
  const size = shape.reduce((product, side) => product * side, 1);
  const file = path.join(home, `${name}.npy`);
  const pixels = Uint8Array.from({ length: 12 * size }, (_, i) => (i * i * 7 + i * 31) % 256);
  fs.writeFileSync(file, Buffer.concat([npyHeader('|u1', [12, ...shape]), pixels]));
  await importDataset({ home, name, request: { kind: 'npy', paths: [file] } });
}

interface Training {
  data?: string;
  from?: StartPoint;
  settings?: Settings;
  steps?: number;
}

async function make({ data = 'grey', from, settings = {}, steps = 3 }: Training): Promise<RunManifest> {
  const preset = await loadPreset('smoke');
  const all = { 'training.steps': steps, 'training.batchSize': 4, 'training.sampleEvery': 100, ...settings };
  return createRun({ home, dataset: data, preset, settings: all, seed: 3, ...(from && { from }) });
}

async function train(training: Training): Promise<RunManifest> {
  const manifest = await make(training);
  const session = await openSession(home, manifest.id);
  try {
    expect(await session.train({})).toBe('finished');
  } finally {
    session.dispose();
  }
  return manifest;
}

async function weightsOf(id: string): Promise<{ model: FloatTensors; ema: FloatTensors }> {
  const checkpoint = await readNewestCheckpoint(runFolder(home, id));
  if (!checkpoint) throw new Error(`${id} has no checkpoint`);
  return checkpoint;
}

const ofFirst = (): StartPoint => ({ kind: 'run', id: first.id });

describe('a training that starts from other weights', () => {
  it('has all of a run of the same network, and notes down where they came from', async () => {
    const { id, origin, startsFrom } = await make({ from: ofFirst() });
    const [own, source] = [await weightsOf(id), await weightsOf(first.id)];
    expect(own.model).toEqual(source.ema);
    expect(own.ema).toEqual(source.ema);
    expect(startsFrom).toBe('weights');
    expect(origin).toMatchObject({ kind: 'run', name: first.id, step: 4, fresh: [] });
    expect(origin?.taken).toBe(origin?.tensors);
    expect(origin?.hash).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect((await readRunManifest(runFolder(home, id))).origin).toEqual(origin);
    expect(origin && originSentence(origin)).toMatch(
      new RegExp(`^Starts from step 4 of ${first.id}: all \\d+ tensors were taken\\.$`),
    );
  });

  it('has those of a file, also in half precision', async () => {
    const file = path.join(home, 'first.safetensors');
    const { bytes } = await exportWeights(runFolder(home, first.id), file, { dtype: 'float16' });
    const whole = await exportWeights(runFolder(home, first.id), path.join(home, 'whole.safetensors'));
    expect(bytes).toBeLessThan(0.75 * whole.bytes);
    const { id, origin } = await make({ from: { kind: 'file', file } });
    expect(origin).toMatchObject({ kind: 'file', name: file, step: 4, fresh: [] });
    const [{ ema }, source] = [await weightsOf(id), await weightsOf(first.id)];
    for (const [name, { data }] of Object.entries(source.ema)) {
      data.forEach((value, i) => {
        expect(Math.abs((ema[name]?.data[i] ?? NaN) - value)).toBeLessThanOrEqual(
          Math.max(2 ** -25, Math.abs(value) * 2 ** -11),
        );
      });
    }
    expect((await presetOfStart(home, { kind: 'file', file }, undefined)).config).toEqual(first.config);
  });

  it('takes the layers that fit where images have another size and colour, and lists the rest', async () => {
    const { id, origin } = await train({ data: 'large', from: ofFirst() });
    expect(origin?.fresh).toEqual([
      'encoder.enc.16x16_conv.weight',
      'decoder.dec.16x16_aux_conv.weight',
      'decoder.dec.16x16_aux_conv.bias',
    ]);
    expect(origin && originSentence(origin)).toContain(
      'the rest begins anew (encoder.enc.16x16_conv.weight, ',
    );
    const started = (await make({ data: 'large', from: ofFirst() })).id;
    const [{ ema }, source] = [await weightsOf(started), await weightsOf(first.id)];
    expect(ema['encoder.enc.8x8_down.conv0.weight']).toEqual(source.ema['encoder.enc.4x4_down.conv0.weight']);
    expect((await weightsOf(id)).ema['encoder.enc.8x8_down.conv0.weight']).not.toEqual(
      ema['encoder.enc.8x8_down.conv0.weight'],
    );
  });

  it('names layers by their level', () => {
    expect(levelName('encoder.enc.28x28_conv.weight', 28)).toBe('encoder.enc.level0_conv.weight');
    expect(levelName('decoder.dec.8x8_up.skip.bias', 32)).toBe('decoder.dec.level2_up.skip.bias');
    expect(levelName('map_layer0.weight', 32)).toBe('map_layer0.weight');
  });

  it('says so where nothing fits, the start is gone, or a part would stay as it was drawn', async () => {
    const wider = { 'network.modelChannels': 24 };
    await expect(make({ from: ofFirst(), settings: wider })).rejects.toThrow(
      /^Step 4 of .* has another network than this training: [\d.]+ % of the weights fit/,
    );
    await expect(make({ from: { kind: 'run', id: 'nobody' } })).rejects.toThrow(/nobody/);
    await expect(make({ from: { kind: 'file', file: path.join(home, 'none.safetensors') } })).rejects.toThrow(
      /none\.safetensors/,
    );
    await expect(make({ from: { kind: 'starter', name: 'flowers' } })).rejects.toThrow(
      /There is no starting point "flowers"/,
    );
    const decoder = { 'training.trainOnly': 'decoder' };
    await expect(make({ settings: decoder })).rejects.toMatchObject({ key: 'training.trainOnly' });
    await expect(make({ data: 'large', from: ofFirst(), settings: decoder })).rejects.toThrow(
      /untrained.*encoder\.enc\.16x16_conv\.weight/,
    );
  });

  it('of another variant takes what fits and trains', async () => {
    const { origin } = await train({ from: ofFirst(), settings: { 'objective.variant': 's-covae' } });
    expect(origin?.fresh).toEqual([]);
    const other = await train({ from: ofFirst(), settings: { 'objective.variant': 'beta-vae' } });
    expect(other.origin?.fresh).toEqual(['decoder.dec.8x8_aux_conv.weight', 'decoder.dec.8x8_aux_conv.bias']);
  });
});

describe('training a part of the networks', () => {
  it.each(['decoder', 'norms-and-ends'] as const)(
    'with %s leaves the rest as it was to the bit, whatever decays',
    async (trainOnly) => {
      for (const optimizer of ['radam', 'adamw']) {
        const settings = {
          ...{ 'training.trainOnly': trainOnly, 'training.optimizer': optimizer },
          ...{ 'training.weightDecay': 0.1, 'training.accumulate': 2, 'training.learningRate': 0.01 },
        };
        const { id } = await train({ from: ofFirst(), settings });
        const [after, before] = [await weightsOf(id), await weightsOf(first.id)];
        for (const kind of ['model', 'ema'] as const) {
          const changed = Object.keys(before.ema).filter((name) =>
            after[kind][name]?.data.some((value, i) => value !== before.ema[name]?.data[i]),
          );
          const trained = Object.keys(before.ema).filter((name) => isTrained(trainOnly, name));
          expect(changed.filter((name) => !trained.includes(name))).toEqual([]);
          // What has no gradient yet still decays.
          expect(changed.length).toBeGreaterThan(0.8 * trained.length);
        }
      }
    },
    120_000,
  );

  it('means the decoder, or norms and the first and last convolutions', () => {
    const names = ['encoder.enc.28x28_conv.bias', 'encoder.mid_block_1.qkv.weight', 'map_layer0.weight'];
    expect(names.map((name) => isTrained('norms-and-ends', name))).toEqual([true, false, false]);
    expect(names.map((name) => isTrained('decoder', name))).toEqual([false, false, false]);
    const inside = ['norm0.weight', 'norm2.bias', 'affine.weight', 'conv0.weight', 'proj.weight'];
    expect(inside.map((name) => isTrained('norms-and-ends', `decoder.dec.7x7_in0.${name}`))).toEqual([
      true,
      true,
      true,
      false,
      false,
    ]);
    expect(isTrained('norms-and-ends', 'decoder.dec.28x28_aux_norm.weight')).toBe(true);
    expect(isTrained('norms-and-ends', 'decoder.dec.28x28_aux_conv.weight')).toBe(true);
  });
});
