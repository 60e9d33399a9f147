import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canMount, mountSmallDisk, unmount } from '../test-disk.ts';
import type { Extractor } from './extractors/extractor.ts';
import { FeatureCache } from './feature-cache.ts';
import { realFeatures } from './real-features.ts';
import type { RealImages } from './real-images.ts';

const COUNT = 1100;
let folder: string;
let looked: number;

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-features-'));
  looked = 0;
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Images of one pixel, in reverse order; image i is i % 256. */
const real = (changes: Partial<RealImages> = {}): RealImages => ({
  kind: 'train',
  name: 'pixels',
  fingerprint: 'sha256:1',
  indices: Uint32Array.from({ length: COUNT }, (_, i) => COUNT - 1 - i),
  preparation: 'as they are',
  read: (indices) => ({
    ...{ count: indices.length, height: 1, width: 1, channels: 1 },
    data: Uint8Array.from(indices),
  }),
  ...changes,
});

/** Gives the pixel and its half, and counts the images. */
const extractor = (hash = 'one'): Extractor => ({
  ...{ name: 'pixels', distanceName: 'FD', size: 2, rule: '', hash, dispose: () => undefined },
  extract(images) {
    looked += images.length;
    const values = Float32Array.from(images.flatMap(({ data }) => [data[0]!, data[0]! / 2]));
    return { count: images.length, size: 2, values };
  },
});

const expected = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => (COUNT - 1 - i) % 256).flatMap((pixel) => [pixel, pixel / 2]);

describe('features of real images', () => {
  it('are made once, and serve for fewer images too', async () => {
    const cache = new FeatureCache(folder);
    const all = await realFeatures(real(), extractor(), { count: Infinity, cache });
    expect([all.count, all.size]).toEqual([COUNT, 2]);
    expect([...all.values]).toEqual(expected(COUNT));
    expect(looked).toBe(COUNT);
    const again = await realFeatures(real(), extractor(), { count: 1024, cache });
    expect([...again.values]).toEqual(expected(1024));
    expect(looked).toBe(COUNT);
  });

  it.each<[string, Partial<RealImages>, string]>([
    ['another data set', { fingerprint: 'sha256:2' }, 'one'],
    ['images prepared otherwise', { preparation: 'black and white' }, 'one'],
    ['other images', { indices: Uint32Array.from({ length: COUNT }, (_, i) => i) }, 'one'],
    ['another extractor', {}, 'two'],
  ])('are not those of %s', async (_, changes, hash) => {
    const cache = new FeatureCache(folder);
    await realFeatures(real(), extractor(), { count: 512, cache });
    await realFeatures(real(changes), extractor(hash), { count: 512, cache });
    expect(looked).toBe(1024);
  });

  it('are made anew where a kept file is damaged or cut off', async () => {
    const cache = new FeatureCache(folder);
    await realFeatures(real(), extractor(), { count: 1024, cache });
    const [first, second] = fs.readdirSync(folder).map((name) => path.join(folder, name));
    const bytes = fs.readFileSync(first!);
    bytes[100] = bytes[100]! ^ 1;
    fs.writeFileSync(first!, bytes);
    fs.truncateSync(second!, 1000);
    const found = await realFeatures(real(), extractor(), { count: 1024, cache });
    expect([...found.values]).toEqual(expected(1024));
    expect(looked).toBe(2048);
    await realFeatures(real(), extractor(), { count: 1024, cache });
    expect(looked).toBe(2048);
  });

  it('are kept block by block: what was stopped goes on from there', async () => {
    const cache = new FeatureCache(folder);
    const stop = new AbortController();
    const options = { count: Infinity, cache, signal: stop.signal };
    const onProgress = (done: number): void => {
      if (done >= 600) stop.abort();
    };
    await expect(realFeatures(real(), extractor(), { ...options, onProgress })).rejects.toThrow('abort');
    expect(fs.readdirSync(folder).filter((name) => !name.endsWith('.features'))).toEqual([]);
    const before = looked;
    const found = await realFeatures(real(), extractor(), { count: Infinity, cache });
    expect([...found.values]).toEqual(expected(COUNT));
    expect(looked - before).toBe(COUNT - 512);
  });

  it.runIf(canMount())('are given with one warning where the disk is full', async () => {
    mountSmallDisk(path.join(folder, 'full'), 4096);
    try {
      const warnings: string[] = [];
      const found = await realFeatures(real(), extractor(), {
        count: Infinity,
        cache: new FeatureCache(path.join(folder, 'full')),
        onWarning: (sentence) => warnings.push(sentence),
      });
      expect([...found.values]).toEqual(expected(COUNT));
      expect(warnings).toEqual([
        `The cache of features could not be written to ${path.join(folder, 'full')}: the disk is full; free some space and try again; ` +
          'the numbers are the same, and the next evaluation looks at the images again.',
      ]);
    } finally {
      unmount(path.join(folder, 'full'));
    }
  });
});
