import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { datasetFolder } from '../library.ts';
import { listDatasets, readDatasetRecord } from './catalogue.ts';
import { mayMirror } from './dataset.ts';
import { duplicateDataset } from './import/duplicate.ts';
import { importDataset } from './import/import-dataset.ts';
import { readMeasurements } from './measurements.ts';
import { openDataset } from './packed.ts';

let root: string;
let home: string;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-versions-'));
  home = path.join(root, 'home');
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

/** A data set as the first version wrote it: two classes, 4 images of 8 × 8 grey pixels. */
function writeFirstVersion(name: string, changes: object = {}): Uint8Array {
  const folder = datasetFolder(home, name);
  fs.mkdirSync(folder, { recursive: true });
  const pixels = Uint8Array.from({ length: 4 * 64 }, (_, i) => (i * 5) % 256);
  const record = {
    ...{ format: 'covae-dataset', version: 1, name, createdAt: '2026-01-02T03:04:05.000Z' },
    ...{ count: 4, height: 8, width: 8, channels: 1 },
    source: { kind: 'folder', path: '/home/mira/gone' },
    fingerprint: `sha256:${createHash('sha256').update(pixels).digest('hex')}`,
    ...{ mean: [126.5], std: [74], classes: ['cat', 'dog'] },
    skipped: Array.from({ length: 1500 }, (_, i) => ({ file: `${i}.txt`, reason: 'not an image' })),
    ...changes,
  };
  fs.writeFileSync(path.join(folder, 'dataset.json'), JSON.stringify(record));
  fs.writeFileSync(path.join(folder, 'pixels.u8'), pixels);
  fs.writeFileSync(path.join(folder, 'labels.u8'), Uint8Array.of(0, 1, 1, 0));
  return pixels;
}

describe('a data set of the first version', () => {
  it('is read in today’s form, and its files stay as they are', async () => {
    writeFirstVersion('old');
    const before = fs.readFileSync(path.join(datasetFolder(home, 'old'), 'dataset.json'));
    const record = await readDatasetRecord(home, 'old');
    expect(record).toMatchObject({
      ...{
        version: 2,
        name: 'old',
        count: 4,
        classes: ['cat', 'dog'],
        heldOut: 0,
        settings: null,
        flip: null,
      },
      source: { kind: 'folder', paths: ['/home/mira/gone'] },
      leftOut: { all: 1500, duplicates: 0, small: 0 },
    });
    expect(record.skipped).toHaveLength(1000);
    expect(mayMirror(record)).toBeNull();
    const data = await openDataset(home, 'old', { verify: true });
    expect(await data.labels()).toEqual(Uint8Array.of(0, 1, 1, 0));
    expect(await data.split()).toBeNull();
    expect(await data.origins()).toBeNull();
    data.close();
    expect(fs.readFileSync(path.join(datasetFolder(home, 'old'), 'dataset.json'))).toEqual(before);
  });

  it('is measured when asked, once', async () => {
    const pixels = writeFirstVersion('old');
    const measured = await readMeasurements(home, 'old');
    expect(measured.classCounts).toEqual([2, 2]);
    expect(measured.histogram[0]?.reduce((a, b) => a + b)).toBe(256);
    expect(measured.meanImage).toMatchObject({ count: 1, height: 8, width: 8, channels: 1 });
    const mean = [0, 1, 2, 3].reduce((sum, image) => sum + pixels[image * 64 + 9]!, 0) / 4;
    expect(measured.meanImage.data[9]).toBe(Math.round(mean));
    const folder = datasetFolder(home, 'old');
    expect(fs.readdirSync(folder).sort()).toEqual([
      ...['dataset.json', 'flags.json', 'labels.u8', 'pixels.u8', 'statistics.json'],
    ]);
    expect(await readMeasurements(home, 'old')).toEqual(measured);
    // Of other pixels, or damaged: measured again.
    fs.writeFileSync(path.join(folder, 'statistics.json'), '{');
    expect(await readMeasurements(home, 'old')).toEqual(measured);
    for (const [name, from, to] of [
      ['statistics.json', '"classCounts":[2,2]', '"classCounts":[2,3]'],
      ['flags.json', '"total":0', '"total":7'],
    ] as const) {
      const text = fs.readFileSync(path.join(folder, name), 'utf8');
      expect(text).toContain(from);
      fs.writeFileSync(path.join(folder, name), text.replace(from, to));
      expect(await readMeasurements(home, 'old')).toEqual(measured);
    }
  });

  it.each([
    [
      'of a later version',
      { version: 3 },
      /dataset\.json: version 3 is newer than this program can read \(2\)\.$/,
    ],
    ['with a wrong key', { classs: [] }, /dataset\.json: key "classs" is not known/],
    ['without its classes’ names', { classes: 7 }, /key "classes" must be a list/],
  ])('%s is told by a sentence', async (_, changes, sentence) => {
    writeFirstVersion('old', changes);
    const [entry] = await listDatasets(home);
    expect(entry?.record).toBeNull();
    expect(entry?.problem).toMatch(sentence);
  });

  it('can be duplicated from its own pixels', async () => {
    const pixels = writeFirstVersion('old');
    const record = await duplicateDataset({ home, from: 'old', name: 'new', settings: { holdOut: 0.25 } });
    expect(record).toMatchObject({
      ...{ version: 2, count: 4, heldOut: 1, height: 8, channels: 1, classes: ['cat', 'dog'] },
      source: { kind: 'dataset', paths: ['old'] },
      fingerprint: `sha256:${createHash('sha256').update(pixels).digest('hex')}`,
    });
    const data = await openDataset(home, 'new');
    expect((await data.split())?.reduce((a, b) => a + b)).toBe(1);
    expect((await data.origins())?.of(2)).toBe('image 2');
    data.close();
  });
});

describe('duplicating', () => {
  async function made(): Promise<string> {
    const folder = path.join(root, 'images');
    for (let i = 0; i < 6; i++) {
      const below = path.join(folder, i < 3 ? 'cat' : 'dog');
      fs.mkdirSync(below, { recursive: true });
      const pixels = Uint8Array.from({ length: 24 * 24 }, (_, at) => (at * (i + 1)) % 256);
      const image = sharp(pixels, { raw: { width: 24, height: 24, channels: 1 } });
      await image.png().toFile(path.join(below, `${i}.png`));
    }
    const request = { kind: null, paths: [folder] };
    const settings = { size: 16, classMap: { cat: 'kitten' }, minSide: 20, flip: 'no' } as const;
    await importDataset({ home, name: 'first', request, settings });
    return folder;
  }

  it('reads the files again, with the settings that are not changed', async () => {
    await made();
    const record = await duplicateDataset({ home, from: 'first', name: 'second', settings: { size: 20 } });
    expect(record).toMatchObject({ height: 20, classes: ['dog', 'kitten'], source: { kind: 'folder' } });
    expect(record.settings).toMatchObject({ size: 20, minSide: 20, classMap: { cat: 'kitten' }, flip: 'no' });
    expect(mayMirror(record)).toBe(false);
    const data = await openDataset(home, 'second');
    expect((await data.origins())?.of(3)).toBe('dog/3.png');
    data.close();
  });

  it('takes the packed pixels when the files are gone', async () => {
    fs.rmSync(await made(), { recursive: true });
    const record = await duplicateDataset({
      home,
      from: 'first',
      name: 'second',
      settings: { holdOut: 0.5 },
    });
    expect(record).toMatchObject({
      ...{ count: 6, height: 16, heldOut: 3, classes: ['dog', 'kitten'] },
      source: { kind: 'dataset', paths: ['first'] },
    });
    expect(record.fingerprint).toBe((await readDatasetRecord(home, 'first')).fingerprint);
    await expect(duplicateDataset({ home, from: 'first', name: 'second' })).rejects.toThrow(
      /already a data set "second"/,
    );
  });
});

it('a data set whose folder was renamed by hand is known by its new name', async () => {
  writeFirstVersion('old');
  fs.renameSync(datasetFolder(home, 'old'), datasetFolder(home, 'new name'));
  expect((await readDatasetRecord(home, 'new name')).name).toBe('new name');
});

it('more classes than a byte can tell have labels of two', async () => {
  const count = 600;
  const images = path.join(root, 'images');
  for (let i = 0; i < count; i++) {
    const below = path.join(images, `class ${String(i >> 1).padStart(3, '0')}`);
    fs.mkdirSync(below, { recursive: true });
    // The smallest image there is: P5, 8 × 8.
    const pixels = Buffer.alloc(64, i % 256);
    fs.writeFileSync(path.join(below, `${i % 2}.pgm`), Buffer.concat([Buffer.from('P5 8 8 255\n'), pixels]));
  }
  const record = await importDataset({ home, name: 'many', request: { kind: null, paths: [images] } });
  expect(record.classes).toHaveLength(300);
  expect(fs.statSync(path.join(datasetFolder(home, 'many'), 'labels.u16')).size).toBe(2 * count);
  const data = await openDataset(home, 'many');
  const labels = await data.labels();
  expect(labels?.[599]).toBe(299);
  expect(labels?.[2]).toBe(1);
  data.close();
});
