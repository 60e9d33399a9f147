import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { datasetFolder } from '../../library.ts';
import type { DatasetRecord } from '../dataset.ts';
import { importDataset } from './import-dataset.ts';
import { previewImport } from './preview.ts';
import type { ImportSettings } from './settings.ts';

const DECODE = path.join(import.meta.dirname, '..', 'decode', 'testdata');
const STACK = path.join(DECODE, 'stack.tif');

let home: string;
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-pages-'));
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

const SETTINGS: Partial<ImportSettings> = { size: 12, channels: 1, fit: 'crop' };

async function imported(paths: string[], more: Partial<ImportSettings> = {}): Promise<DatasetRecord> {
  const request = { kind: null, paths };
  return importDataset({ home, name: 'set', request, settings: { ...SETTINGS, ...more } });
}

/** The file that each image is from. */
function files(): unknown[] {
  const text = fs.readFileSync(path.join(datasetFolder(home, 'set'), 'names.jsonl'), 'utf8');
  return text
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line));
}

describe('pages of a TIFF', () => {
  it('are images, without thumbnails and masks', async () => {
    const { count, skipped, remarks } = await imported([STACK]);
    expect({ count, skipped, remarks }).toEqual({
      count: 7,
      skipped: [],
      remarks: ['stack.tif has 7 pages, each an image of its own.'],
    });
    expect(files()).toEqual([1, 2, 3, 4, 5, 6, 7].map((page) => `stack.tif page ${page}`));
    const pixels = fs.readFileSync(path.join(datasetFolder(home, 'set'), 'pixels.u8'));
    // The middle of each page: columns 2 to 13 of 16.
    const middle = (page: number): number[] =>
      Array.from({ length: 144 }, (_, i) => page * 20 + 3 * ((i % 12) + 2) + Math.floor(i / 12));
    expect([...pixels]).toEqual([0, 1, 2, 3, 4, 5, 6].flatMap(middle));
  });

  it('of several files beside other images, no more than asked for', async () => {
    const paths = [STACK, path.join(DECODE, 'png-grey-8.png'), path.join(DECODE, 'tiff-pages.tif')];
    const { count, remarks } = await imported(paths);
    expect({ count, remarks }).toEqual({
      count: 10,
      remarks: ['2 TIFF files have 9 pages, each an image of its own.'],
    });
    fs.rmSync(datasetFolder(home, 'set'), { recursive: true });
    expect((await imported([STACK], { limit: 3 })).count).toBe(3);
  });

  it('are shown and told of in a preview', async () => {
    const request = { kind: null, paths: [STACK] };
    const { images, warnings } = await previewImport(home, request, SETTINGS, 4);
    expect(images.map(({ file }) => file)).toEqual([1, 2, 3, 4].map((page) => `stack.tif page ${page}`));
    expect(warnings).toContain('stack.tif has 7 pages, each an image of its own.');
  });
});

describe('files of 16 bits that hold fewer', () => {
  it('are told of', async () => {
    const names = ['png-grey-12.png', 'png-grey-8-in-16.png', 'png-grey-16.png', 'tiff-grey-12.tif'];
    const { remarks } = await imported(names.map((name) => path.join(DECODE, name)));
    expect(remarks).toEqual([
      '2 of 4 images of 16 bits a value hold none above 4,095, so are read as 12-bit.',
      '1 of 4 images of 16 bits a value holds none above 255, so is read as 8-bit.',
    ]);
    fs.rmSync(datasetFolder(home, 'set'), { recursive: true });
    const alone = await imported([path.join(DECODE, 'png-rgb-12.png')]);
    expect(alone.remarks).toEqual([
      '1 image of 16 bits a value holds none above 4,095, so is read as 12-bit.',
    ]);
  });
});
