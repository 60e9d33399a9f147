/** The thread that lays maps out: the same map as without it, and it stops at once. */
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { mapPoints } from '../../core/explore/map/map.ts';
import { layOut } from '../../core/explore/map/map-thread.ts';
import { MAP_METHODS } from '../../core/explore/map/map-order.ts';
import { normals } from '../../core/tensor/noise.ts';

/** Below node_modules, so that the bundle finds the packages it does not hold. */
let folder: string;
let worker: string;

beforeAll(async () => {
  const root = path.join(import.meta.dirname, '..', '..');
  folder = fs.mkdtempSync(path.join(root, 'node_modules', '.map-worker-'));
  worker = path.join(folder, 'map-worker.cjs');
  // As scripts/build.mjs does.
  const { metafile } = await build({
    entryPoints: [path.join(root, 'main', 'trainer', 'map-worker.ts')],
    outfile: worker,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node18',
    metafile: true,
    define: { 'import.meta.url': '__bundleUrl' },
    banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
  });
  // TensorFlow is never loaded twice in a process.
  expect(Object.keys(metafile.inputs).filter((file) => file.includes('tfjs'))).toEqual([]);
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

const points = (count: number, size: number) => ({ count, size, values: normals([1, 2], count * size) });

describe('the thread of a map', () => {
  it.each(MAP_METHODS)('makes the same %s as without it, and tells how far it is', async (method) => {
    const onProgress = vi.fn();
    const some = points(40, 5);
    const placed = await layOut(some, { method, seed: 3, onProgress }, worker);
    expect(placed).toEqual(await mapPoints(some, { method, seed: 3 }));
    if (method !== 'pca') expect(onProgress).toHaveBeenCalled();
  });

  it('stops at once, in the midst of the search for neighbours', async () => {
    const stop = new AbortController();
    const work = layOut(points(4000, 49), { method: 'umap', seed: 0, signal: stop.signal }, worker);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const start = performance.now();
    stop.abort();
    await expect(work).rejects.toThrow('aborted');
    expect(performance.now() - start).toBeLessThan(200);
  });

  it('refuses in a sentence, and fails where the thread does', async () => {
    await expect(layOut(points(1, 2), { method: 'pca', seed: 0 }, worker)).rejects.toThrow(
      'takes 2 points or more',
    );
    const broken = path.join(folder, 'broken.cjs');
    fs.writeFileSync(broken, 'process.exit(3)');
    await expect(layOut(points(9, 2), { method: 'pca', seed: 0 }, broken)).rejects.toThrow(
      'thread of the map ended',
    );
  });
});
