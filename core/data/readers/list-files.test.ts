import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importDataset } from '../import/import-dataset.ts';
import { previewImport } from '../import/preview.ts';
import { openSource } from './open.ts';

const GOOD = path.join(import.meta.dirname, '..', 'testdata', 'corpus', 'image', 'good.png');

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-list-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

/** An image at this path below the folder; `latin1`: the name's bytes are not UTF-8. */
function put(name: string, encoding: 'utf8' | 'latin1' = 'utf8'): void {
  const bytes = (text: string): Buffer =>
    Buffer.concat([Buffer.from(folder + path.sep), Buffer.from(text, encoding)]);
  fs.mkdirSync(bytes(path.dirname(name)), { recursive: true });
  fs.copyFileSync(GOOD, bytes(name));
}

interface Found {
  files: string[];
  skipped: Record<string, string>;
  classes: readonly string[] | null;
  remarks: readonly string[];
}

async function look(): Promise<Found> {
  const source = await openSource({ kind: null, paths: [folder] });
  try {
    const files: string[] = [];
    const skipped: Record<string, string> = {};
    for await (const item of source.items()) {
      if ('skipped' in item) skipped[item.skipped.file] = item.skipped.reason;
      else files.push(item.file);
    }
    return { files, skipped, classes: source.classNames, remarks: source.remarks?.() ?? [] };
  } finally {
    await source.close();
  }
}

describe('what other programs left in a folder', () => {
  it('is passed over and said, in preview and result', async () => {
    for (const name of ['cat/0.png', 'dog/1.png']) put(name);
    for (const name of ['cat/@eaDir/0.png/SYNOPHOTO_THUMB_M.png', 'dog/@eaDir/1.png/SYNOPHOTO_THUMB_XL.png'])
      put(name);
    for (const name of [
      '.thumbnails/a.png',
      '.git/logo.png',
      '__MACOSX/cat/._0.png',
      'dog/Thumbs.db',
      'cat/.x.png',
    ])
      put(name);
    const remark =
      'Passed over what other programs left there: .git, .thumbnails, @eaDir (2), Thumbs.db, __MACOSX and other hidden files or folders.';
    const { remarks, ...found } = await look();
    expect(found).toEqual({ files: ['cat/0.png', 'dog/1.png'], skipped: {}, classes: ['cat', 'dog'] });
    expect(remarks).toEqual([remark]);
    const request = { kind: null, paths: [folder] };
    const home = path.join(folder, '.home');
    expect((await previewImport(home, request, {}, 4)).warnings).toContain(remark);
    expect((await importDataset({ home, name: 'set', request })).remarks).toEqual(remarks);
  });

  it.each([
    ['pictures/.picasaoriginals/a.png', 'pictures/a.png'],
    ['Trip.photolibrary/Previews/2012/a.png', 'Trip.photolibrary/Masters/2012/a.png'],
    ['iPhoto Library/Data/2007/a.png', 'iPhoto Library/Originals/2007/a.png'],
    ['Thumbnails/a.png', 'Masters/a.png'],
    ['Catalog Previews.lrdata/a.png', 'a.png'],
  ])('%s is clutter beside %s', async (clutter, image) => {
    put(clutter);
    put(image);
    expect((await look()).files).toEqual([image]);
  });

  it.each(['thumbnails128x128/0.png', 'Previews/0.png', 'data/resources/0.png', 'Originals/0.png'])(
    '%s is none by itself',
    async (image) => {
      put(image);
      expect((await look()).files).toEqual([image]);
    },
  );
});

describe('names that are not UTF-8', () => {
  it('are read by their bytes, and guessed', async () => {
    put('Größe/Straße.png', 'latin1');
    put('Größe/b.png', 'latin1');
    put('猫/a.png');
    put('猫/b.png');
    expect(await look()).toEqual({
      files: ['Größe/Straße.png', 'Größe/b.png', '猫/a.png', '猫/b.png'],
      skipped: {},
      classes: ['Größe', '猫'],
      remarks: ['2 names in the folder are not UTF-8, and read as cp1252 (Windows, Western Europe).'],
    });
    const home = path.join(folder, '.home');
    const record = await importDataset({ home, name: 'set', request: { kind: 'folder', paths: [folder] } });
    expect(record).toMatchObject({ count: 4, skipped: [], classes: ['Größe', '猫'] });
  });

  it('are told apart from UTF-8 names that look the same', async () => {
    put('Größe.png', 'latin1');
    put('Größe.png');
    expect((await look()).files).toEqual(['Gr\\xf6\\xdfe.png', 'Größe.png']);
  });
});

describe.runIf(process.geteuid?.() === 0)('a sub-folder of somebody else', () => {
  const NOBODY = 65_534;

  it('is left out and listed', async () => {
    fs.chmodSync(folder, 0o755);
    for (const name of ['cat/0.png', 'dog/1.png', 'secret/2.png', 'half/3.png', 'half/deep/4.png']) put(name);
    fs.chmodSync(path.join(folder, 'secret'), 0o700);
    // It can be listed, but nothing in it can be opened.
    fs.chmodSync(path.join(folder, 'half'), 0o744);
    process.seteuid?.(NOBODY);
    try {
      const { files, skipped } = await look();
      expect(files).toEqual(['cat/0.png', 'dog/1.png', 'half/3.png']);
      expect(skipped).toEqual({
        'half/deep/': 'cannot be read (permission is denied)',
        'secret/': 'cannot be read (permission is denied)',
      });
    } finally {
      process.seteuid?.(0);
    }
  });
});
