import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { exportDataset } from '../../export/dataset.ts';
import type { DatasetRecord } from '../dataset.ts';
import { duplicateDataset } from '../import/duplicate.ts';
import { importDataset } from '../import/import-dataset.ts';
import { previewImport } from '../import/preview.ts';
import { readMeasurements } from '../measurements.ts';
import { openDataset } from '../packed.ts';

const FOLDER = path.join(import.meta.dirname, 'testdata');
/** Made by Python: testdata/make_labels.py. */
const expected = v.parse(
  v.record(v.string(), v.array(v.object({ value: v.number(), class: v.nullable(v.string()) }))),
  JSON.parse(fs.readFileSync(path.join(FOLDER, 'labels.json'), 'utf8')),
);

let home: string;
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-labels-'));
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

const request = (name: string) => ({ kind: null, paths: [path.join(FOLDER, 'labels', name)] });

/** The first value of each image's pixels, and its class, in the order of the data set. */
async function contentOf(name: string): Promise<{ value: number; class: string | null }[]> {
  const data = await openDataset(home, name);
  try {
    const { classes } = data.record;
    const labels = await data.labels();
    return Array.from({ length: data.count }, (_, image) => ({
      value: data.readAt([image])[0]!,
      class: (labels && classes?.[labels[image]!]) ?? null,
    }));
  } finally {
    data.close();
  }
}

const byValue = <T extends { value: number }>(images: readonly T[]): T[] =>
  [...images].sort((a, b) => a.value - b.value);

async function imported(name: string, from = request(name)): Promise<DatasetRecord> {
  return importDataset({ home, name: 'set', request: from });
}

describe('labels', () => {
  it.each(Object.entries(expected))('of %s are those that Python reads', async (name, images) => {
    const without = images.filter((image) => image.class === null).length;
    const unlabelled = without === images.length ? 0 : without;
    const preview = await previewImport(home, request(name), {}, 100);
    const record = await imported(name);
    expect(await contentOf('set')).toEqual(images);
    const classes = new Set(images.flatMap((image) => image.class ?? []));
    expect(record.unlabelled ?? 0).toBe(unlabelled);
    expect(record.skipped).toEqual([]);
    // What the preview says is what the import does.
    expect(preview.classes?.map((known) => known.name)).toEqual(record.classes);
    expect(preview.unlabelled).toBe(unlabelled);
    expect([...(record.classes ?? [])].sort()).toEqual([...classes].sort());
  });
});

describe('images without a class', () => {
  it('are told of in what is found', async () => {
    const { source } = await imported('hub');
    expect(source.description).toBe(
      '2 Parquet files with 6 images in the column "image", labels of 4 classes in the column "label" (2 images have none).',
    );
    const { source: folder } = await importDataset({ home, name: 'folder', request: request('loose') });
    expect(folder.description).toBe('A folder with 4 PNG images in 2 class folders (1 lies in none).');
  });

  it('are marked behind the last class, and counted apart', async () => {
    const record = await imported('partly.npz');
    expect(record).toMatchObject({ classes: ['0', '1', '2'], unlabelled: 2 });
    const data = await openDataset(home, 'set');
    expect(await data.labels()).toEqual(Uint8Array.of(2, 0, 3, 1, 3, 2));
    data.close();
    expect((await readMeasurements(home, 'set')).classCounts).toEqual([1, 1, 2]);
  });

  it('stay so in a copy, in one of other settings, and in one of the packed images', async () => {
    const source = path.join(home, 'source.npz');
    fs.copyFileSync(path.join(FOLDER, 'labels', 'partly.npz'), source);
    await imported('partly.npz', { kind: null, paths: [source] });
    const copy = async (name: string, settings = {}): Promise<void> => {
      await duplicateDataset({ home, from: 'set', name, settings });
    };
    await copy('again', { size: 16 });
    fs.rmSync(source);
    await copy('packed');
    for (const name of ['again', 'packed']) {
      expect(await contentOf(name)).toEqual(expected['partly.npz']);
    }
  });

  it.each(['back.npz', 'back'])('come back from what was exported as %s', async (to) => {
    const record = await imported('hub');
    const file = path.join(home, to);
    await exportDataset(home, 'set', file);
    const back = await importDataset({ home, name: 'back', request: { kind: null, paths: [file] } });
    expect(back.unlabelled).toBe(record.unlabelled);
    const numbers = new Map(record.classes?.map((name, i) => [to === 'back' ? name : String(i), name]));
    const content = (await contentOf('back')).map((image) => ({
      ...image,
      class: numbers.get(image.class ?? '') ?? image.class,
    }));
    expect(byValue(content)).toEqual(byValue(await contentOf('set')));
  });

  it('have a label of two bytes where 256 classes leave no other', async () => {
    const source = path.join(home, 'source');
    const png = fs.readFileSync(path.join(FOLDER, 'labels', 'loose', 'stray.png'));
    for (let i = 0; i < 256; i++) {
      fs.mkdirSync(path.join(source, `c${i}`), { recursive: true });
      for (const copy of ['a', 'b']) fs.writeFileSync(path.join(source, `c${i}`, `${copy}.png`), png);
    }
    fs.writeFileSync(path.join(source, 'stray.png'), png);
    const record = await imported('', { kind: null, paths: [source] });
    expect(record).toMatchObject({ count: 513, unlabelled: 1 });
    const data = await openDataset(home, 'set');
    const labels = await data.labels();
    data.close();
    expect(labels).toBeInstanceOf(Uint16Array);
    expect(labels?.[512]).toBe(256);
    expect((await readMeasurements(home, 'set')).classCounts).toEqual(Array(256).fill(2));
  });
});
