import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { crc32, crc32InJavaScript } from '../crc32.ts';
import { UserError } from '../errors.ts';
import type { ImageBatch } from '../data/dataset.ts';
import { cutGrid, layoutGrid, stackRows, writeGridPng, writeSinglePngs } from './grid.ts';
import { encodePng, insertText, readText } from './png.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-export-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function batch(count: number, channels: 1 | 3 = 1, side = 2): ImageBatch {
  const data = Uint8Array.from({ length: count * side * side * channels }, (_, i) => (i * 7 + 1) % 256);
  return { count, height: side, width: side, channels, data };
}

async function decode(png: Uint8Array | string): Promise<{ data: number[]; info: sharp.OutputInfo }> {
  const { space } = await sharp(png).metadata();
  const { data, info } = await sharp(png).toColourspace(space).raw().toBuffer({ resolveWithObject: true });
  return { data: [...data], info };
}

describe('cutGrid', () => {
  it.each([1, 3] as const)('takes a grid of %i channels apart as it was laid out', (channels) => {
    const side = 28;
    const data = Uint8Array.from(
      { length: 64 * side * side * channels },
      (_, i) => (i * 31 + (i >> 7)) % 256,
    );
    const images = { count: 64, height: side, width: side, channels, data };
    expect(cutGrid(layoutGrid(images, { columns: 8 }), side, channels)).toEqual(images);
  });
});

describe('PNG', () => {
  it('has the checksum of the specification', () => {
    // The check value of CRC-32/ISO-HDLC, and the checksum every PNG ends with.
    for (const crc of [crc32, crc32InJavaScript]) {
      expect(crc(Buffer.from('123456789'))).toBe(0xcbf43926);
      expect(crc(Buffer.from('6789'), crc(Buffer.from('12345')))).toBe(0xcbf43926);
      expect(crc(Buffer.from('IEND'))).toBe(0xae426082);
    }
  });

  it('keeps grey as 8-bit grey and colour as RGB, byte for byte', async () => {
    for (const channels of [1, 3] as const) {
      const { data } = batch(1, channels, 16);
      const png = await encodePng({ height: 16, width: 16, channels, data });
      // Bit depth and colour type in the header chunk.
      expect([png[24], png[25]]).toEqual([8, channels === 1 ? 0 : 2]);
      expect((await decode(png)).data).toEqual([...data]);
    }
  });

  it('carries text that others can read past and that comes back', async () => {
    const text = { Software: 'CoVAE Studio', covae: JSON.stringify({ run: 'grüße-1 ✓', seed: 0 }) };
    const png = await encodePng({ height: 2, width: 2, channels: 1, data: Uint8Array.of(1, 2, 3, 4) }, text);
    expect(readText(png)).toEqual(text);
    expect((await decode(png)).data).toEqual([1, 2, 3, 4]);
    const { comments } = await sharp(png).metadata();
    expect(comments).toEqual([
      { keyword: 'Software', text: text.Software },
      { keyword: 'covae', text: text.covae },
    ]);
    expect(readText(await sharp(png).png().toBuffer())).toEqual({});
  });

  it('refuses what cannot be a keyword', async () => {
    const png = await encodePng({ height: 1, width: 1, channels: 1, data: Uint8Array.of(0) });
    for (const keyword of ['', ' a', 'a ', 'x'.repeat(80), '✓', 'a\0b']) {
      expect(() => insertText(png, { [keyword]: 'x' })).toThrow(/keyword/);
    }
  });
});

describe('a grid', () => {
  it('has every pixel in its place', () => {
    const images: ImageBatch = {
      count: 3,
      height: 1,
      width: 2,
      channels: 1,
      data: Uint8Array.of(1, 2, 3, 4, 5, 6),
    };
    const raster = layoutGrid(images, { columns: 2, margin: 1, background: 9 });
    expect(raster).toMatchObject({ width: 7, height: 5 });
    // prettier-ignore
    expect([...raster.data]).toEqual([
      9, 9, 9, 9, 9, 9, 9,
      9, 1, 2, 9, 3, 4, 9,
      9, 9, 9, 9, 9, 9, 9,
      9, 5, 6, 9, 9, 9, 9,
      9, 9, 9, 9, 9, 9, 9,
    ]);
  });

  it('can be magnified, in colour', () => {
    const images: ImageBatch = {
      count: 1,
      height: 1,
      width: 2,
      channels: 3,
      data: Uint8Array.of(1, 2, 3, 4, 5, 6),
    };
    const raster = layoutGrid(images, { scale: 2, margin: 0 });
    expect(raster).toMatchObject({ width: 4, height: 2, channels: 3 });
    const row = [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6];
    expect([...raster.data]).toEqual([...row, ...row]);
  });

  it('is square when nothing is said', () => {
    expect(layoutGrid(batch(64), { margin: 0 })).toMatchObject({ width: 16, height: 16 });
    expect(layoutGrid(batch(5), { margin: 0 })).toMatchObject({ width: 6, height: 4 });
    expect(() => layoutGrid(batch(0))).toThrow(/at least one/);
  });

  it('becomes a file with its origin in it, and nothing else', async () => {
    const file = path.join(folder, 'grid.png');
    fs.writeFileSync(file, 'old');
    await writeGridPng(file, batch(4), { columns: 4, scale: 3, provenance: { covae: '{}' } });
    const { info } = await decode(file);
    expect(info).toMatchObject({ width: 4 * 6 + 5 * 2, height: 6 + 2 * 2, channels: 1 });
    expect(readText(fs.readFileSync(file))).toEqual({ covae: '{}' });
    expect(fs.readdirSync(folder)).toEqual(['grid.png']);
  });

  it('that cannot be written says why', async () => {
    const file = path.join(folder, 'file');
    fs.writeFileSync(file, '');
    await expect(writeGridPng(path.join(folder, 'no', 'grid.png'), batch(1))).rejects.toThrow(
      /^The image could not be written to .*: its folder does not exist/,
    );
    await expect(writeGridPng(path.join(file, 'grid.png'), batch(1))).rejects.toThrow(UserError);
    await expect(writeGridPng(folder, batch(1))).rejects.toThrow(UserError);
    expect(fs.readdirSync(folder)).toEqual(['file']);
  });
});

describe('single images', () => {
  it('leaves nothing of single images that were cancelled on the way', async () => {
    const target = path.join(folder, 'cancelled');
    const cancelled = new AbortController();
    const provenance = (index: number) => {
      if (index === 1) cancelled.abort();
      return { covae: `${index}` };
    };
    const written = writeSinglePngs(target, batch(4), { provenance, signal: cancelled.signal });
    await expect(written).rejects.toMatchObject({ name: 'AbortError' });
    expect(fs.readdirSync(folder)).toEqual([]);
  });

  it('become numbered files, each with its own origin', async () => {
    const target = path.join(folder, 'out', 'samples');
    const images = batch(3, 3);
    const files = await writeSinglePngs(target, images, { provenance: (index) => ({ covae: `${index}` }) });
    expect(files.map((file) => path.basename(file))).toEqual([
      'sample-0001.png',
      'sample-0002.png',
      'sample-0003.png',
    ]);
    expect(fs.readdirSync(target)).toHaveLength(3);
    const last = files[2] ?? '';
    expect((await decode(last)).data).toEqual([...images.data.subarray(24)]);
    expect(readText(fs.readFileSync(last))).toEqual({ covae: '2' });
  });

  it('go into an empty folder but never over other files', async () => {
    const target = path.join(folder, 'empty');
    fs.mkdirSync(target);
    await writeSinglePngs(target, batch(1));
    await expect(writeSinglePngs(target, batch(2))).rejects.toThrow(/is not an empty folder/);
    await expect(writeSinglePngs(path.join(target, 'sample-0001.png'), batch(2))).rejects.toThrow(
      /not an empty folder/,
    );
    expect(fs.readdirSync(target)).toEqual(['sample-0001.png']);
    expect(fs.readdirSync(folder)).toEqual(['empty']);
  });
});

describe('two sets of images', () => {
  it('can stand above each other, row by row', () => {
    const images = (values: number[]): ImageBatch => ({
      count: values.length,
      height: 1,
      width: 1,
      channels: 1,
      data: Uint8Array.from(values),
    });
    const rows = stackRows([images([1, 2, 3, 4]), images([5, 6, 7, 8])], 2);
    expect(rows.count).toBe(8);
    expect([...rows.data]).toEqual([1, 2, 5, 6, 3, 4, 7, 8]);
    const uneven = stackRows([images([1, 2, 3]), images([4, 5, 6]), images([7, 8, 9])], 2, 0);
    expect([...uneven.data]).toEqual([1, 2, 4, 5, 7, 8, 3, 0, 6, 0, 9, 0]);
    expect(uneven.count).toBe(12);
    expect(() => stackRows([images([1, 2]), images([1])], 1)).toThrow(/different/);
  });
});
