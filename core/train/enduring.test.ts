/** Trainings amid failures: of what is written beside them, of full disks, of the time between two checkpoints. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import type { Settings } from '../config/settings.ts';
import { importDataset } from '../data/import/import-dataset.ts';
import * as grid from '../export/grid.ts';
import { runFolder } from '../library.ts';
import { listCheckpoints, readNewestCheckpoint } from '../run/checkpoint.ts';
import { readMetrics } from '../run/run-folder.ts';
import { canMount, fillDisk, mountSmallDisk, unmount } from '../test-disk.ts';
import type { TrainCallbacks } from './api.ts';
import { createRun } from './create-run.ts';
import { openSession } from './open-session.ts';
import type { Waiting } from './room.ts';

vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

vi.mock('../export/grid.ts', { spy: true });

const STEPS = 12;
let home: string;

beforeAll(async () => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-enduring-'));
  await importDataset({ home, name: 'sample', request: { kind: 'sample', paths: [] } });
});
afterAll(() => fs.rmSync(home, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

async function newRun(settings: Settings = {}): Promise<string> {
  const preset = await loadPreset('smoke');
  const training = {
    'training.steps': STEPS,
    'training.logEvery': 1,
    'training.sampleEvery': 4,
    'training.checkpointEvery': 1000,
  };
  const manifest = await createRun({
    ...{ home, dataset: 'sample', preset, seed: 5 },
    settings: { ...training, ...settings },
  });
  return manifest.id;
}

async function train(id: string, callbacks: TrainCallbacks = {}) {
  const session = await openSession(home, id);
  try {
    return await session.train(callbacks);
  } finally {
    session.dispose();
  }
}

async function weightsOf(id: string): Promise<string> {
  const checkpoint = await readNewestCheckpoint(runFolder(home, id));
  const hash = createHash('sha256');
  for (const group of [checkpoint?.model, checkpoint?.ema, checkpoint?.optimizer]) {
    for (const [name, { data }] of Object.entries(group ?? {})) hash.update(name).update(data);
  }
  return `${checkpoint?.step} ${hash.digest('hex')}`;
}

const stepsOf = async (id: string) => (await listCheckpoints(runFolder(home, id))).map(({ step }) => step);

describe('checkpoints by time', () => {
  it('change no number, and a training goes on from one bit for bit', async () => {
    const plain = await newRun({ 'training.checkpointMinutes': 0 });
    await train(plain);
    expect(await stepsOf(plain)).toEqual([STEPS]);

    // Each look at the clock is a quarter of an hour later.
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 15 * 60_000));
    const timed = await newRun();
    const saved: number[] = [];
    await train(timed, { onCheckpoint: (step) => saved.push(step) });
    expect(saved).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
    expect(await weightsOf(timed)).toBe(await weightsOf(plain));
    // Only the newest of them stays.
    expect(await stepsOf(timed)).toEqual([STEPS]);

    const resumed = await newRun();
    const killed = new Error('killed');
    const session = await openSession(home, resumed);
    await expect(
      session.train({
        onProgress: ({ step }) => {
          if (step === 8) throw killed;
        },
      }),
    ).rejects.toBe(killed);
    session.dispose();
    expect(await stepsOf(resumed)).toEqual([7]);
    vi.restoreAllMocks();
    await train(resumed);
    expect(await weightsOf(resumed)).toBe(await weightsOf(plain));
  });

  it('do not take the place of those by steps', async () => {
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 15 * 60_000));
    const run = await newRun({ 'training.checkpointEvery': 5 });
    await train(run);
    expect(await stepsOf(run)).toEqual([5, 10, STEPS]);
  });
});

describe('a small failure', () => {
  it('of a grid is told once, and the next one is tried', async () => {
    const write = vi.mocked(grid.writeGridPng);
    write.mockRejectedValueOnce(new Error('no picture today')).mockRejectedValueOnce(new Error('nor now'));
    const run = await newRun();
    const notices: string[] = [];
    const drawn: number[] = [];
    const measured: number[] = [];
    const end = await train(run, {
      onNotice: (text) => notices.push(text),
      onSamples: (step) => drawn.push(step),
      onDiagnostics: ({ step }) => measured.push(step),
    });
    expect(end).toBe('finished');
    expect(notices).toEqual([
      'The grid of samples failed: no picture today; the training goes on and tries it again later.',
      'The grid of samples works again.',
    ]);
    // That before the first step and that of step 4 failed.
    expect([drawn, measured]).toEqual([
      [8, 12],
      [4, 8, 12],
    ]);
  });

  it('of a log loses no line', async () => {
    const append = fs.appendFileSync;
    let refused = 0;
    vi.spyOn(fs, 'appendFileSync').mockImplementation((file, data, options) => {
      if (String(data).includes('"recLoss"') && ++refused <= 3) {
        append(file, String(data).slice(0, 20), options);
        throw Object.assign(new Error('no'), { code: 'EIO' });
      }
      append(file, data, options);
    });
    const run = await newRun();
    const notices: string[] = [];
    expect(await train(run, { onNotice: (text) => notices.push(text) })).toBe('finished');
    expect(notices[0]).toMatch(
      /^The log of the training could not be written to .*metrics\.jsonl: the disk reported an error; check the disk; the training goes on/,
    );
    expect(notices[1]).toBe('The log of the training works again.');
    expect(notices).toHaveLength(2);
    const steps = (await readMetrics(runFolder(home, run))).map(({ step }) => step);
    expect(steps).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
  });

  it('of a checkpoint is told and tried again, and at the end says what is lost', async () => {
    const run = await newRun({ 'training.checkpointEvery': 4 });
    const checkpoints = path.join(runFolder(home, run), 'checkpoints');
    const aside = `${checkpoints}-aside`;
    const notices: string[] = [];
    const saved: number[] = [];
    const callbacks: TrainCallbacks = {
      onNotice: (text) => notices.push(text),
      onCheckpoint: (step) => saved.push(step),
      onProgress: ({ step }) => {
        if (step === 7) {
          fs.renameSync(checkpoints, aside);
          fs.writeFileSync(checkpoints, 'in the way');
        }
      },
    };
    await expect(train(run, callbacks)).rejects.toThrow(
      /^The checkpoint of step 12 could not be written .*; what was learned after step 4 is lost, and the run goes on from there\.$/,
    );
    expect(saved).toEqual([4]);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      /^The checkpoint of step 8 could not be written .* goes on and tries it again later\.$/,
    );
    fs.rmSync(checkpoints);
    fs.renameSync(aside, checkpoints);
    expect(await train(run)).toBe('finished');
  });
});

describe.runIf(canMount())('a full disk', () => {
  /** Room for some checkpoints of the smallest preset. */
  const DISK = 12 * 2 ** 20;

  async function onSmallDisk(use: (id: string, folder: string) => Promise<void>): Promise<void> {
    const id = await newRun({ 'training.checkpointEvery': 4 });
    const folder = runFolder(home, id);
    const moved = `${folder}-moved`;
    fs.renameSync(folder, moved);
    mountSmallDisk(folder, DISK);
    try {
      fs.cpSync(moved, folder, { recursive: true });
      await use(id, folder);
    } finally {
      unmount(folder);
      fs.rmSync(moved, { recursive: true });
    }
  }

  it('is waited for, with the number of bytes, and nothing is lost', async () => {
    const plain = await newRun({ 'training.checkpointEvery': 4 });
    await train(plain);
    await onSmallDisk(async (id, folder) => {
      let filler: string | null = null;
      const waits: (Waiting | null)[] = [];
      const end = await train(id, {
        onProgress: ({ step }) => {
          if (step === 7) filler = fillDisk(folder, 50_000);
        },
        onWaiting: (waiting) => {
          waits.push(waiting);
          if (waiting && filler !== null) fs.rmSync(filler);
        },
      });
      expect(end).toBe('finished');
      expect(waits.length).toBeGreaterThanOrEqual(2);
      expect(waits[0]?.missing).toBeGreaterThan(100_000);
      expect(waits.at(-1)).toBeNull();
      expect(await stepsOf(id)).toEqual([4, 8, 12]);
      expect(await weightsOf(id)).toBe(await weightsOf(plain));
      expect(await readMetrics(folder)).toHaveLength(STEPS);
    });
  });

  it('does not keep a stop waiting, which says what is lost', async () => {
    await onSmallDisk(async (id, folder) => {
      const abort = new AbortController();
      const stopped = train(id, {
        signal: abort.signal,
        onProgress: ({ step }) => {
          if (step === 7) fillDisk(folder, 50_000);
        },
        onWaiting: (waiting) => waiting && abort.abort(),
      });
      await expect(stopped).rejects.toThrow(
        /the disk is full; free some space and try again \(\d+ MB are missing\); what was learned after step 4 is lost, and the run goes on from there\.$/,
      );
      expect(await stepsOf(id)).toEqual([4]);
    });
  });
});
