import fs from 'node:fs';
import fsp from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { buffer } from 'node:stream/consumers';
import sharp from 'sharp';
import * as v from 'valibot';
import yauzl from 'yauzl';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { importDataset } from '../data/import/import-dataset.ts';
import { exportDataset, folderNames } from './dataset.ts';
import { npyHeader, npyTexts } from './npy.ts';
import { crc32 } from '../crc32.ts';

/** Made by NumPy: testdata/npz.py. */
const numpy = v.parse(
  v.record(v.string(), v.string()),
  JSON.parse(fs.readFileSync(path.join(import.meta.dirname, 'testdata', 'npz.json'), 'utf8')),
);

let root: string;
let home: string;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-export-'));
  home = path.join(root, 'home');
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(root, { recursive: true, force: true });
});

/** Three colour images of 8 × 8 pixels with the bytes of npz.py, in two classes. */
async function made(holdOut = 0): Promise<void> {
  const folder = path.join(root, 'images');
  const files = ['Größe 🐈/2', 'cat/1', 'cat/3'];
  for (const [index, name] of files.entries()) {
    const pixels = Uint8Array.from({ length: 192 }, (_, i) => ((index * 192 + i) * 37) % 256);
    fs.mkdirSync(path.join(folder, path.dirname(name)), { recursive: true });
    await sharp(pixels, { raw: { width: 8, height: 8, channels: 3 } })
      .png()
      .toFile(path.join(folder, `${name}.png`));
  }
  await importDataset({
    home,
    name: 'set',
    request: { kind: 'folder', paths: [folder] },
    settings: { size: 8, channels: 3, holdOut },
  });
}

/** Entries of a zip archive, as yauzl reads them, which checks sizes and checksums. */
async function entriesOf(file: string): Promise<Record<string, Buffer>> {
  const entries: Record<string, Buffer> = {};
  const zip = await yauzl.openPromise(file, { autoClose: false });
  try {
    for await (const entry of zip.eachEntry()) {
      const stream = await zip.openReadStreamPromise(entry);
      const data = await buffer(stream);
      expect(crc32(data)).toBe(entry.crc32);
      entries[entry.fileName] = data;
    }
  } finally {
    zip.close();
  }
  return entries;
}

describe('npy', () => {
  it('is byte for byte what NumPy writes', () => {
    const wide = Buffer.alloc(6);
    [1, 300, 65535].forEach((value, i) => wide.writeUInt16LE(value, 2 * i));
    const base64 = (...parts: Uint8Array[]): string => Buffer.concat(parts).toString('base64');
    expect(base64(npyHeader('<u2', [3]), wide)).toBe(numpy['wide_labels']);
    expect(base64(npyHeader('|b1', [3]), Uint8Array.of(0, 1, 0))).toBe(numpy['held_out']);
    expect(base64(npyTexts(['cat', 'Größe 🐈']))).toBe(numpy['class_names']);
  });
});

describe('an npz', () => {
  it('holds images, labels and class names as NumPy does', async () => {
    await made();
    const to = path.join(root, 'set.npz');
    const progress: number[] = [];
    const written = await exportDataset(home, 'set', to, { onProgress: ({ done }) => progress.push(done) });
    expect(written).toEqual({ path: to, images: 3 });
    expect(progress).toEqual([3]);
    const entries = await entriesOf(to);
    expect(Object.keys(entries)).toEqual(['images.npy', 'labels.npy', 'class_names.npy']);
    expect(entries['images.npy']?.toString('base64')).toBe(numpy['images']);
    expect(entries['labels.npy']?.subarray(128)).toEqual(Buffer.of(0, 1, 1));
    expect(entries['class_names.npy']?.length).toBe(128 + 2 * 7 * 4);
    expect(fs.readdirSync(root).sort()).toEqual(['home', 'images', 'set.npz']);
  });

  it('is what common zip programs read', async () => {
    await made();
    const to = path.join(root, 'set.npz');
    await exportDataset(home, 'set', to);
    // Of the standard library, on every machine that set-up runs on.
    const script = 'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.testzip(), z.namelist())';
    expect(execFileSync('python3', ['-c', script, to], { encoding: 'utf8' })).toBe(
      "None ['images.npy', 'labels.npy', 'class_names.npy']\n",
    );
  });

  it('tells which images are held out', async () => {
    await made(0.34);
    const to = path.join(root, 'set.npz');
    await exportDataset(home, 'set', to);
    const flags = (await entriesOf(to))['held_out.npy']?.subarray(128);
    expect(flags?.reduce((sum, flag) => sum + flag, 0)).toBe(1);
  });

  it('is not written over a file', async () => {
    await made();
    const to = path.join(root, 'set.npz');
    fs.writeFileSync(to, 'mine');
    await expect(exportDataset(home, 'set', to)).rejects.toThrow(
      `${to} exists already; choose another name, or replace it with --force.`,
    );
    expect(fs.readFileSync(to, 'utf8')).toBe('mine');
    await exportDataset(home, 'set', to, { force: true });
    expect((await entriesOf(to))['images.npy']).toBeDefined();
  });

  it('onto a full disk leaves nothing behind', async () => {
    await made();
    const to = path.join(root, 'set.npz');
    const open = fsp.open.bind(fsp);
    vi.spyOn(fsp, 'open').mockImplementation(async (file, flags, mode) => {
      const handle = await open(file, flags, mode);
      if (flags === 'wx') {
        vi.spyOn(handle, 'write').mockRejectedValue(Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' }));
      }
      return handle;
    });
    await expect(exportDataset(home, 'set', to)).rejects.toThrow(
      `The exported data set could not be written to ${to}: the disk is full; free some space and try again.`,
    );
    expect(fs.readdirSync(root).sort()).toEqual(['home', 'images']);
  });
});

describe('a folder', () => {
  it('has a PNG an image in class folders, of the same pixels', async () => {
    await made();
    const to = path.join(root, 'out');
    fs.mkdirSync(to);
    await exportDataset(home, 'set', to);
    expect(fs.readdirSync(to).sort()).toEqual(['Größe 🐈', 'cat', 'covae-images.json']);
    expect(fs.readdirSync(path.join(to, 'cat')).sort()).toEqual(['000001.png', '000002.png']);
    const pixels = await sharp(path.join(to, 'cat', '000001.png'))
      .raw()
      .toBuffer();
    expect([...pixels]).toEqual(Array.from({ length: 192 }, (_, i) => ((192 + i) * 37) % 256));
    // And back again.
    const record = await importDataset({ home, name: 'back', request: { kind: 'folder', paths: [to] } });
    expect(record).toMatchObject({ count: 3, height: 8, channels: 3, classes: ['Größe 🐈', 'cat'] });
  });

  it('keeps what is held out apart', async () => {
    await made(0.34);
    const to = path.join(root, 'out');
    await exportDataset(home, 'set', to);
    expect(fs.readdirSync(to).sort()).toEqual(['covae-images.json', 'held-out', 'train']);
    const all = fs.readdirSync(to, { recursive: true }).filter((name) => String(name).endsWith('.png'));
    expect(all.length).toBe(3);
  });

  it('that is not empty is left alone', async () => {
    await made();
    await expect(exportDataset(home, 'set', root)).rejects.toThrow(
      `${root} is not an empty folder; choose a new one, so that nothing is overwritten.`,
    );
  });

  it('is gone when it is cancelled', async () => {
    await made();
    const to = path.join(root, 'out');
    const controller = new AbortController();
    controller.abort();
    await expect(exportDataset(home, 'set', to, { signal: controller.signal })).rejects.toThrow(/abort/);
    expect(fs.readdirSync(root).sort()).toEqual(['home', 'images']);
  });
});

it('folder names are possible, and different for different classes', () => {
  expect(folderNames(['a/b', 'a:b', 'A-B', '..', 'con.', 'ä 1'])).toEqual([
    'a-b',
    'a-b-2',
    'A-B-3',
    'class 3',
    'con',
    'ä 1',
  ]);
});
