import fs from 'node:fs';
import path from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { covae, makeImages, matching, root } from './test-cli.ts';

const home = path.join(root, 'home');
const folder = path.join(root, 'images');

beforeAll(async () => {
  await makeImages(folder);
  const outcome = await covae('data', 'import', folder, '--name', 'noise', '--size', '16', '--home', home);
  expect(outcome.code).toBe(0);
});

const compare = (...args: string[]) =>
  covae('compare-images', ...args, '--extractor', 'pixels', '--home', home, '--json');

describe('compare-images', () => {
  it('finds no difference between a folder and the data set made of it, and no sample that is not a copy', async () => {
    const { code, events, stderr } = await compare('noise', folder);
    expect(code).toBe(0);
    const result = events.at(-1)!;
    expect(result).toMatchObject({
      event: 'result',
      n: { reference: 40, samples: 40 },
      precision: 1,
      recall: 1,
      coverage: 1,
      authenticity: 0,
      extractor: 'pixels',
      features: 256,
      fdInfinity: null,
    });
    expect(result['fd']).toBeLessThan(1e-6);
    expect(result['mind']).toBeCloseTo(0, 9);
    expect(result).toMatchObject({ neighbours: 5, strict: true });
    expect(result['vendi']).toBeCloseTo(Number(result['vendiReference']), 6);
    expect(stderr).toContain('1 file of');
    expect(stderr).toContain('notes.png');
    expect(stderr).toContain('40 images are too few for a Fréchet distance over 256 features');
  });

  it('tells apart images that differ, and gives shares with their intervals', async () => {
    const other = path.join(root, 'other');
    fs.mkdirSync(other);
    for (let i = 0; i < 30; i++) {
      const pixels = Uint8Array.from({ length: 256 }, (_, p) => 255 - ((p * i) % 7));
      await sharp(pixels, { raw: { width: 16, height: 16, channels: 1 } })
        .png()
        .toFile(path.join(other, `${i}.png`));
    }
    const { events } = await compare('noise', other, '--count', '30', '--seed', '4');
    const result = events.at(-1)!;
    expect(result).toMatchObject({
      n: { reference: 30, samples: 30 },
      precision: 0,
      authenticity: 1,
      seed: 4,
    });
    expect(result['fd']).toBeGreaterThan(5);
    expect(result['intervals']).toMatchObject({ precision: [0, 0], authenticity: [1, 1] });
    const again = (await compare('noise', other, '--count', '30', '--seed', '4')).events.at(-1)!;
    for (const key of ['fd', 'kid', 'kidStd', 'mind', 'density', 'vendi'])
      expect(again[key]).toBe(result[key]);
  });

  it('keeps the features of a data set for the next time', async () => {
    const cache = path.join(root, 'cache');
    vi.stubEnv('COVAE_CACHE', cache);
    try {
      const first = (await compare('noise', folder)).events.at(-1)!;
      const kept = fs.readdirSync(path.join(cache, 'features'));
      expect(kept).toEqual([matching(/\.features$/)]);
      const file = path.join(cache, 'features', kept[0]!);
      fs.utimesSync(file, 1000, 1000);
      const second = (await compare('noise', folder)).events.at(-1)!;
      expect(second['fd']).toBe(first['fd']);
      expect(fs.readdirSync(path.join(cache, 'features'))).toEqual(kept);
      expect(fs.statSync(file).mtimeMs).toBeGreaterThan(1_000_000);
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('says the same in words', async () => {
    const { code, stdout } = await covae(
      'compare-images',
      'noise',
      folder,
      '--extractor',
      'pixels',
      '--home',
      home,
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/FD-pixels +0/);
    expect(stdout).toMatch(/Authentic samples +0\.000 {3}\(95 % between 0\.000 and 0\.000\)/);
    expect(stdout).toContain('Looked at by pixels, 256 features an image.');
  });

  it.each([
    [
      'a name of nothing',
      ['nothing', 'noise'],
      /There is no data set "nothing" in the library, and no folder/,
    ],
    ['a folder without images', ['noise', path.join(root, 'empty')], /is empty; choose a folder/],
    [
      'a single image',
      ['noise', path.join(folder, 'odd', '01.png')],
      /at least 2 images to be compared, and there is only 1 on the side of the samples/,
    ],
    ['images of another size', ['noise', path.join(root, 'large')], /take the extractor mobilenet/],
  ])('refuses %s in one sentence', async (_, args, sentence) => {
    fs.mkdirSync(path.join(root, 'empty'), { recursive: true });
    fs.mkdirSync(path.join(root, 'large'), { recursive: true });
    for (const name of ['a.png', 'b.png']) {
      await sharp(new Uint8Array(400), { raw: { width: 20, height: 20, channels: 1 } })
        .png()
        .toFile(path.join(root, 'large', name));
    }
    const { code, events } = await compare(...args);
    expect(code).toBe(1);
    expect(events.at(-1)).toMatchObject({ event: 'error', message: matching(sentence) });
  });
});
