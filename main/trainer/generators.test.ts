import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Generator } from '../../core/explore/api.ts';
import { Generators } from './generators.ts';

let root: string;
beforeEach(async () => {
  root = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-generators-'));
});
afterEach(() => fs.rm(root, { recursive: true, force: true }));

async function addCheckpoint(run: string, name: string): Promise<string> {
  await fs.mkdir(path.join(root, run, 'checkpoints', name), { recursive: true });
  return path.join(root, run);
}

function setup(trusted = 0) {
  const disposed: string[] = [];
  const open = vi.fn(async (folder: string, _options?: { step?: number }) => {
    const fake: Partial<Generator> = { dispose: () => disposed.push(path.basename(folder)) };
    return fake as Generator;
  });
  return { generators: new Generators(open, trusted), open, disposed };
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

describe('Generators', () => {
  it('opens a run once for many requests', async () => {
    const { generators, open } = setup();
    const run = await addCheckpoint('a', 'step-1');
    const [first, second] = await Promise.all([generators.get(run), generators.get(run)]);
    expect(await generators.get(run)).toBe(first);
    expect(second).toBe(first);
    expect(open).toHaveBeenCalledOnce();
  });

  it('opens it again when there is a newer checkpoint', async () => {
    const { generators, disposed } = setup();
    const run = await addCheckpoint('a', 'step-1');
    const before = await generators.get(run);
    await addCheckpoint('a', 'step-2');
    expect(await generators.get(run)).not.toBe(before);
    await turn();
    expect(disposed).toEqual(['a']);
  });

  it('does not look at the folder for each request of a slider, but does when the run is released', async () => {
    const { generators, open } = setup(60_000);
    const run = await addCheckpoint('a', 'step-1');
    const before = await generators.get(run);
    await addCheckpoint('a', 'step-2');
    expect(await generators.get(run)).toBe(before);
    generators.release(run);
    await generators.get(run);
    expect(open).toHaveBeenCalledTimes(2);
    await addCheckpoint('a', 'step-3');
    expect(await generators.get(run)).toBeDefined();
    expect(open).toHaveBeenCalledTimes(2);
  });

  it('keeps the four used last', async () => {
    const { generators, open, disposed } = setup();
    const runs = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((run) => addCheckpoint(run, 'step-1')));
    const [a, b, c, d, e] = runs;
    for (const run of [a, b, a, c, d, e]) await generators.get(run ?? '');
    await turn();
    expect(disposed).toEqual(['b']);
    await generators.get(a ?? '');
    expect(open).toHaveBeenCalledTimes(5);
  });

  it('opens the checkpoint of a step beside the newest, and again only when that one has changed', async () => {
    const { generators, open, disposed } = setup();
    const run = await addCheckpoint('a', 'step-00000001');
    const manifest = path.join(run, 'checkpoints', 'step-00000001', 'manifest.json');
    await fs.writeFile(manifest, '{}');
    const newest = await generators.get(run);
    const first = await generators.get(run, 1);
    expect(first).not.toBe(newest);
    expect(open.mock.calls).toEqual([
      [run, {}],
      [run, { step: 1 }],
    ]);
    await addCheckpoint('a', 'step-00000002');
    expect(await generators.get(run, 1)).toBe(first);
    await fs.rm(manifest);
    expect(await generators.get(run, 1)).not.toBe(first);
    generators.release(run);
    await turn();
    expect(disposed).toHaveLength(3);
  });

  it('tries again after a failure', async () => {
    const { generators, open } = setup();
    const run = await addCheckpoint('a', 'step-1');
    open.mockRejectedValueOnce(new Error('damaged'));
    await expect(generators.get(run)).rejects.toThrow('damaged');
    await expect(generators.get(run)).resolves.toBeDefined();
  });
});
