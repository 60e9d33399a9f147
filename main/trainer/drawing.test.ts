import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from '../../core/errors.ts';
import { PART } from '../../core/explore/parts.ts';
import { readText } from '../../core/export/png.ts';
import type { RunManifest } from '../../core/run/manifest.ts';
import type { Generator, SampleOptions } from '../../core/explore/api.ts';
import { testDraw } from '../../core/explore/test-draw.ts';
import { listDraws } from '../../core/explore/draws/draw-store.ts';
import { runFolder } from '../../core/library.ts';
import type { DrawProgress } from '../ipc/contract.ts';
import { makeRun } from '../test-studio.ts';
import { Drawing } from './drawing.ts';

let home: string;
let manifest: RunManifest;

beforeEach(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-drawing-'));
  manifest = await makeRun(home);
});
afterEach(() => fs.rm(home, { recursive: true, force: true }));

/** A model that learns one step whenever the event loop turns; its images are one pixel, their own number. */
function setup({ learns = false, calls = 0 } = {}) {
  let step = 10;
  const sample = vi.fn(({ count, start = 0 }: SampleOptions) => ({
    count,
    height: 1,
    width: 1,
    channels: 1 as const,
    data: Uint8Array.from({ length: count }, (_, i) => (start + i) % 256),
  }));
  const call = vi.fn(() => ({}));
  const fake: Partial<Generator> = {
    manifest,
    sampleCalls: (options) => testDraw(sample(options), calls),
    call,
    get step() {
      return step;
    },
  };
  const modelOf = vi.fn(async (_runId: string, _step?: number) => {
    if (learns) setImmediate(() => step++);
    return fake as Generator;
  });
  const stepOf = async (_: string, asked: 'best' | number | undefined) => (asked === 'best' ? 7 : asked);
  const told = vi.fn<(progress: DrawProgress) => void>();
  const fitting = vi.fn();
  const drawing = new Drawing(home, { of: modelOf, stepOf }, { progress: told, fitting });
  return { drawing, sample, modelOf, call, told };
}

const run = (): { runId: string } => ({ runId: manifest.id });

async function told(file: string): Promise<unknown> {
  return JSON.parse(readText(await fs.readFile(file))['covae'] ?? 'null');
}

describe('Drawing', () => {
  it('draws from the checkpoint that is asked for, the same to the end', async () => {
    const { drawing, modelOf } = setup();
    const asked = { ...run(), count: PART + 1, seed: 1, passes: 1 };
    await drawing.sample({ ...asked, checkpoint: 'best' });
    await drawing.sample({ ...asked, checkpoint: 8 });
    await drawing.sample(asked);
    expect(new Set(modelOf.mock.calls.map((call) => call.join()))).toEqual(
      new Set([`${manifest.id},7`, `${manifest.id},8`, `${manifest.id},`]),
    );
  });

  it('draws in parts, asks for the model before each, and hands over only what was asked for', async () => {
    const { drawing, sample, modelOf } = setup();
    const { images } = await drawing.sample({
      ...run(),
      count: 2 * PART + 1,
      seed: 3,
      passes: 2,
      start: undefined,
      temperature: 0.5,
    });
    expect(images.count).toBe(2 * PART + 1);
    expect(modelOf).toHaveBeenCalledTimes(3);
    expect(sample.mock.calls.map(([options]) => options)).toEqual([
      { count: PART, start: 0, seed: 3, passes: 2, temperature: 0.5 },
      { count: PART, start: PART, seed: 3, passes: 2, temperature: 0.5 },
      { count: 1, start: 2 * PART, seed: 3, passes: 2, temperature: 0.5 },
    ]);
  });

  it('says in the files when the model learned while it drew', async () => {
    const { drawing } = setup({ learns: true });
    const target = path.join(home, 'grid.png');
    const asked = { ...run(), count: 3 * PART, seed: 0, passes: 1 };
    expect(await drawing.writeSamples(asked, target)).toEqual({ path: target });
    const said = await told(target);
    expect(said).toMatchObject({ step: 10 });
    expect((said as { lastStep?: number }).lastStep).toBeGreaterThan(10);
  });

  it('keeps a draw as it goes, tells how far it is, and stops when it is asked to', async () => {
    const { drawing, told, call } = setup({ calls: 1 });
    const asked = { ...run(), orderId: 'a', count: 5 * PART, seed: 5, passes: 1 };
    const kept = await drawing.make({ ...asked, weights: 'raw', checkpoint: 8 });
    expect(kept).toMatchObject({ run: manifest.id, step: 10, count: 5 * PART, seed: 5, weights: 'raw' });
    const runDir = runFolder(home, manifest.id);
    expect((await listDraws(runDir)).draws).toEqual([kept]);
    expect(told.mock.calls.at(-1)?.[0]).toMatchObject({
      ...{ runId: manifest.id, orderId: 'a', id: kept?.id, done: 5 * PART, total: 5 * PART, secondsLeft: 0 },
    });
    call.mockClear();
    call.mockImplementation(() => {
      if (call.mock.calls.length === 2) drawing.stop('b');
      return {};
    });
    const stopped = await drawing.make({ ...asked, orderId: 'b' });
    expect(call).toHaveBeenCalledTimes(2);
    expect(stopped).toMatchObject({ asked: 5 * PART, count: 2 * PART });
    expect((await listDraws(runDir)).draws).toHaveLength(2);
  });

  it('leaves nothing of a cancelled grid', async () => {
    const { drawing, call } = setup({ calls: 4 });
    const folder = path.join(home, 'exports');
    await fs.mkdir(folder);
    const cancelled = new AbortController();
    call.mockImplementation(() => {
      if (call.mock.calls.length === 2) setImmediate(() => cancelled.abort());
      return {};
    });
    const asked = { ...run(), count: 40, seed: 0, passes: 1 };
    const written = drawing.writeSamples(asked, path.join(folder, 'new'), cancelled.signal);
    await expect(written).rejects.toMatchObject({ name: 'AbortError' });
    expect(call.mock.calls.length).toBeLessThanOrEqual(3);
    expect(await fs.readdir(folder)).toEqual([]);
  });

  it('gives memory that has run out its sentence', async () => {
    const { drawing, sample } = setup();
    sample.mockImplementation(() => {
      throw new Error('OOM when allocating tensor');
    });
    await expect(drawing.sample({ ...run(), count: 1, seed: 0, passes: 1 })).rejects.toThrow(UserError);
  });
});
