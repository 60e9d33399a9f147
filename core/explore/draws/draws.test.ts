/** Draws that are kept as they are made, marked, stopped, removed and brought back. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { testDraw } from '../test-draw.ts';
import type { Generator, SampleOptions } from '../api.ts';
import { PART } from '../parts.ts';
import { writeGridPng } from '../../export/grid.ts';
import { changedMarks, type KeptDraw } from './draw-record.ts';
import {
  bringDrawBack,
  drawFolder,
  drawsFolder,
  listDraws,
  markDraw,
  readDraw,
  readSamples,
  removeDraw,
} from './draw-store.ts';
import { keepDraw } from './keep-draw.ts';

let runDir: string;
beforeEach(async () => {
  runDir = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-draws-'));
});
afterEach(() => fs.rm(runDir, { recursive: true, force: true }));

/** A model of two pixels: the low and the high byte of each image's number. */
function model(stepNow: () => number = () => 7, after: (calls: number) => void = () => undefined) {
  let calls = 0;
  const fake: Partial<Generator> = {
    manifest: { id: 'run-1' } as Generator['manifest'],
    sampleCalls: ({ count, start = 0, passes }: SampleOptions) =>
      testDraw(
        {
          ...{ count, height: 1, width: 2, channels: 1 },
          data: Uint8Array.from({ length: 2 * count }, (_, i) => {
            const number = start + (i >> 1);
            return i % 2 === 0 ? number & 255 : number >> 8;
          }),
        },
        passes,
      ),
    call: () => {
      after(++calls);
      return {};
    },
    get step() {
      return stepNow();
    },
  };
  return () => fake as Generator;
}

const draw = async (options: Partial<SampleOptions> = {}): Promise<KeptDraw> => {
  const kept = await keepDraw({ count: 5, seed: 3, passes: 1, ...options }, { runDir, modelNow: model() });
  if (kept === null) throw new Error('nothing was kept');
  return kept;
};

describe('a kept draw', () => {
  it('is on the disk as it was drawn, pixel for pixel, and says how', async () => {
    const count = 3 * PART + 5;
    const told: number[] = [];
    const kept = await keepDraw(
      { count, seed: 3, passes: 2, start: 300, temperature: 0.5, weights: 'raw', reencodeAt: [{ t: 0.5 }] },
      { runDir, modelNow: model(), onProgress: (_, done) => told.push(done) },
    );
    expect(told).toEqual([PART, 2 * PART, 3 * PART, count]);
    expect(kept).toMatchObject({ count, asked: count, step: 7, seed: 3, passes: 2, start: 300 });
    expect(kept).toMatchObject({ temperature: 0.5, weights: 'raw', reencodeAt: [{ t: 0.5 }] });
    expect((await listDraws(runDir)).draws).toEqual([kept]);
    const { data } = await readSamples(runDir, kept!.id, [0, 1, 2, count - 1, 4, 4]);
    const numbers = Array.from({ length: 6 }, (_, i) => data[2 * i]! + 256 * data[2 * i + 1]!);
    expect(numbers).toEqual([300, 301, 302, 299 + count, 304, 304]);
    const bytes = await fs.readFile(path.join(drawFolder(runDir, kept!.id), 'pixels.u8'));
    expect(bytes).toHaveLength(2 * count);
  });

  it('keeps what was drawn until it is stopped, within one call', async () => {
    const stop = new AbortController();
    let calls = 0;
    const kept = await keepDraw(
      { count: 50_000, seed: 0, passes: 1 },
      {
        ...{ runDir, signal: stop.signal },
        modelNow: model(
          () => 7,
          (now) => {
            calls = now;
            if (now === 4) stop.abort();
          },
        ),
      },
    );
    expect(calls).toBe(4);
    expect(kept).toMatchObject({ asked: 50_000, count: 4 * PART });
    expect((await listDraws(runDir)).draws[0]?.count).toBe(4 * PART);
  });

  it('is nothing when it is stopped before the first part, and says when the model learned', async () => {
    const kept = await keepDraw(
      { count: 9, seed: 0, passes: 1 },
      { runDir, modelNow: model(), signal: AbortSignal.abort() },
    );
    expect(kept).toBeNull();
    expect((await listDraws(runDir)).draws).toEqual([]);
    let step = 10;
    const learned = await keepDraw(
      { count: 3 * PART, seed: 0, passes: 1 },
      {
        runDir,
        modelNow: model(
          () => step,
          () => step++,
        ),
      },
    );
    expect(learned).toMatchObject({ step: 10, lastStep: 12 });
    expect(await readDraw(runDir, learned!.id)).toMatchObject({ step: 10, lastStep: 12 });
  });

  it('stays as far as it came when the model fails, or its process dies amid an image', async () => {
    const broken = model(
      () => 7,
      (calls) => {
        if (calls === 3) throw new Error('the driver is gone');
      },
    );
    await expect(
      keepDraw({ count: 9 * PART, seed: 0, passes: 1 }, { runDir, modelNow: broken }),
    ).rejects.toThrow('the driver is gone');
    const [kept] = (await listDraws(runDir)).draws;
    expect(kept?.count).toBe(2 * PART);
    await fs.appendFile(path.join(drawFolder(runDir, kept!.id), 'pixels.u8'), 'x');
    expect((await listDraws(runDir)).draws[0]?.count).toBe(2 * PART);
  });

  it('has up to 50,000 samples', async () => {
    await expect(draw({ count: 50_001 })).rejects.toThrow(
      'A draw has up to 50,000 samples, not 50,001; ask for fewer.',
    );
  });
});

describe('marks', () => {
  it('are kept, added and taken back, those that come at once too', async () => {
    const { id } = await draw();
    await Promise.all([
      markDraw(runDir, id, { star: [3, 1] }),
      markDraw(runDir, id, { remove: [0], notes: { 2: 'a nice one' } }),
      markDraw(runDir, id, { note: 'the first try' }),
    ]);
    expect((await readDraw(runDir, id)).marks).toEqual({
      ...{ starred: [1, 3], removed: [0], notes: { 2: 'a nice one' }, note: 'the first try' },
    });
    await markDraw(runDir, id, { unstar: [1], bringBack: [0], notes: { 2: ' ' }, note: '' });
    expect((await readDraw(runDir, id)).marks).toEqual({ starred: [3], removed: [], notes: {}, note: '' });
  });

  it('are refused of samples that are not there', async () => {
    const { id } = await draw();
    await expect(markDraw(runDir, id, { star: [5] })).rejects.toThrow(
      `The draw ${id} has 5 samples; give places from 0 to 4.`,
    );
    await expect(markDraw(runDir, 'other', { star: [0] })).rejects.toThrow(/has no draw "other"/);
    await expect(markDraw(runDir, '../..', { star: [0] })).rejects.toThrow(/is no name of a draw/);
    expect(() => changedMarks({ starred: [], removed: [], notes: {}, note: '' }, { remove: [1] }, 1)).toThrow(
      RangeError,
    );
  });
});

describe('a removed draw', () => {
  it('can be brought back for a week', async () => {
    const { id } = await draw();
    await removeDraw(runDir, id);
    expect((await listDraws(runDir)).draws).toEqual([]);
    await expect(readSamples(runDir, id, [0])).rejects.toThrow(/has no draw/);
    await bringDrawBack(runDir, id);
    expect((await listDraws(runDir)).draws.map((found) => found.id)).toEqual([id]);
    await removeDraw(runDir, id);
    const removed = path.join(drawsFolder(runDir), '.removed', id);
    const old = new Date(Date.now() - 8 * 24 * 3600 * 1000);
    await fs.utimes(removed, old, old);
    const { id: other } = await draw({ seed: 4 });
    await removeDraw(runDir, other);
    await expect(bringDrawBack(runDir, id)).rejects.toThrow(/There is no draw/);
    await bringDrawBack(runDir, other);
  });

  it('leaves the others, also where one of them is damaged', async () => {
    const one = await draw();
    const two = await draw({ seed: 9 });
    await fs.writeFile(path.join(drawFolder(runDir, one.id), 'draw.json'), '{');
    const { draws, problems } = await listDraws(runDir);
    expect(draws.map(({ id }) => id)).toEqual([two.id]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/draw\.json is not valid JSON/);
  });
});

it('samples are read in the order asked for, and no others', async () => {
  const { id } = await draw();
  await expect(readSamples(runDir, id, [0, 5])).rejects.toThrow('so there is no sample 5.');
  expect([...(await readSamples(runDir, id, [4, 2])).data]).toEqual([4, 0, 2, 0]);
});

it('an image file of an earlier version is told from others', async () => {
  const { adoptGrids } = await import('./adopt-grids.ts');
  await fs.mkdir(path.join(runDir, 'samples'));
  const images = { count: 1, height: 8, width: 8, channels: 1 as const, data: new Uint8Array(64) };
  await writeGridPng(path.join(runDir, 'samples', 'draw-mine.png'), images, {});
  expect(await adoptGrids(runDir)).toEqual([]);
  expect(await fs.readdir(path.join(runDir, 'samples'))).toEqual(['draw-mine.png']);
});
