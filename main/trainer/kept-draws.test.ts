/** Kept draws as the image reader hands them out: older pictures among them, nearest images, files. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drawDetails } from '../../core/explore/draw-details.ts';
import { DrawWriter, readSamples } from '../../core/explore/draws/draw-store.ts';
import { nearestImages } from '../../core/explore/draws/nearest-images.ts';
import { provenanceOf } from '../../core/explore/provenance.ts';
import { writeGridPng } from '../../core/export/grid.ts';
import { readText } from '../../core/export/png.ts';
import type { PackedDataset } from '../../core/data/packed.ts';
import { runFolder } from '../../core/library.ts';
import type { RunManifest } from '../../core/run/manifest.ts';
import { makeRun } from '../test-studio.ts';
import { KeptDraws } from './kept-draws.ts';

let home: string;
let manifest: RunManifest;
let runDir: string;
beforeEach(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-kept-draws-'));
  manifest = await makeRun(home);
  runDir = runFolder(home, manifest.id);
});
afterEach(() => fs.rm(home, { recursive: true, force: true }));

function images(count: number) {
  const { imageSize: side, channels } = manifest.config.network;
  const size = side * side * channels;
  const data = Uint8Array.from({ length: count * size }, (_, i) => (Math.floor(i / size) * 31 + i * 7) % 256);
  return { count, height: side, width: side, channels, data };
}

describe('draws of an earlier version', () => {
  it('become draws once, pixel for pixel, and keep their picture', async () => {
    const options = {
      seed: 4,
      count: 7,
      passes: 3,
      weights: 'raw' as const,
      reencodeAt: [{ timeIndex: 2 }, { t: 0.5 }],
    };
    const file = path.join(runDir, 'samples', 'draw-step-00000010-seed-4-count-7-passes-3.png');
    await writeGridPng(file, images(7), { provenance: provenanceOf(manifest, 10, drawDetails(options)) });
    const damaged = path.join(runDir, 'samples', 'draw-damaged.png');
    await fs.writeFile(damaged, (await fs.readFile(file)).subarray(0, 600));
    const draws = new KeptDraws(home);
    const [found] = await Promise.all([draws.list(manifest.id), draws.list(manifest.id)]);
    expect(found.draws).toHaveLength(1);
    expect(found.draws[0]).toMatchObject({ ...options, step: 10, asked: 7, run: manifest.id });
    expect(found.problems).toEqual([`${damaged} is damaged and cannot be shown.`]);
    const { id } = found.draws[0]!;
    expect((await readSamples(runDir, id, [0, 1, 2, 3, 4, 5, 6])).data).toEqual(images(7).data);
    await expect(fs.access(file)).rejects.toThrow();
    await fs.access(path.join(runDir, 'draws', id, 'grid.png'));
    expect((await draws.list(manifest.id)).draws.map((draw) => draw.id)).toEqual([id]);
  });
});

describe('files of samples', () => {
  it('have the samples that were chosen, and say where they come from', async () => {
    const { height, width, channels, ...some } = images(6);
    const writer = await DrawWriter.begin(runDir, {
      ...{ format: 'covae-draw', version: 1, run: manifest.id, step: 12, asked: 6 },
      ...{ createdAt: '2026-01-01T00:00:00.000Z', height, width, channels, seed: 1, passes: 2, start: 5 },
    });
    await writer.append({ height, width, channels, ...some });
    await writer.finish(12);
    const target = path.join(home, 'singles');
    const asked = { runId: manifest.id, id: writer.id, indices: [4, 1] };
    await new KeptDraws(home).write({ ...asked, as: 'png' }, target);
    const names = (await fs.readdir(target)).filter((name) => name.endsWith('.png')).sort();
    expect(names).toHaveLength(2);
    const size = height * width * channels;
    for (const [i, index] of [4, 1].entries()) {
      const file = path.join(target, names[i]!);
      const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
      const grey = data.filter((_, at) => at % info.channels === 0);
      if (channels === 1)
        expect(grey).toEqual(Buffer.from(some.data.subarray(index * size, (index + 1) * size)));
      expect(JSON.parse(readText(await fs.readFile(file))['covae'] ?? '')).toMatchObject({
        ...{ run: manifest.id, step: 12, seed: 1, passes: 2, start: 5, draw: writer.id, index },
      });
    }
  });
});

describe('nearest images', () => {
  it('are those that looking at all of them finds, with the nearest one’s own neighbour', async () => {
    const [count, size] = [3000, 12];
    const data = Uint8Array.from({ length: count * size }, (_, i) => Math.imul(i + 1, 2654435761) >>> 24);
    const read = (start: number, wanted: number) => {
      const some = Math.max(0, Math.min(wanted, count - start));
      return {
        ...{ count: some, height: 2, width: 2, channels: 3 as const },
        data: data.subarray(start * size, (start + some) * size),
      };
    };
    const dataset = {
      count,
      readImages: async (start: number, wanted: number) => read(start, wanted),
      readAt: ([index = 0]: number[]) => read(index, 1).data,
    } as unknown as PackedDataset;
    const picture = data.slice(5 * size, 6 * size).map((value) => value ^ 3);
    const to = (point: Uint8Array, but: number) =>
      Array.from({ length: count }, (_, index) => {
        let square = 0;
        for (let k = 0; k < size; k++) square += ((data[index * size + k]! - point[k]!) / 255) ** 2;
        return { index, distance: Math.sqrt(square / size) };
      })
        .filter(({ index }) => index !== but)
        .sort((a, b) => a.distance - b.distance || a.index - b.index);
    const found = await nearestImages(picture, dataset, 4);
    const all = to(picture, -1);
    expect(found.images.map(({ index }) => index)).toEqual(all.slice(0, 4).map(({ index }) => index));
    found.images.forEach(({ distance }, i) => expect(distance).toBeCloseTo(all[i]!.distance, 9));
    const near = all[0]!.index;
    const [neighbour] = to(data.slice(near * size, (near + 1) * size), near);
    expect(found.neighbourDistance).toBeCloseTo(neighbour!.distance, 9);
    await expect(nearestImages(picture, dataset, 1, AbortSignal.abort())).rejects.toThrow();
  });
});
