import fs from 'node:fs';
import fsp from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { importDataset } from './import/import-dataset.ts';
import { CORPUS, isSentence, outcomeOf, readCorpus, requestOf } from './testdata/corpus.ts';

const cases = readCorpus();
const GOOD = path.join(CORPUS, 'image', 'good.png');
const LONG = '語'.repeat(80) + '.png';

describe('damaged and hostile files', () => {
  it('are many', () => {
    expect(cases.length).toBeGreaterThan(450);
  });

  it.each(cases)('$name: $what', async (one) => {
    const outcome = await outcomeOf(requestOf(one));
    const { message, description, count, skipped, fingerprint } = one;
    const found =
      'message' in outcome || fingerprint !== undefined ? outcome : { ...outcome, fingerprint: undefined };
    expect(found).toEqual({ message, description, count, skipped, fingerprint });
  });

  it('have not run what they hold', () => {
    expect(fs.existsSync('/tmp/pwned')).toBe(false);
  });
});

describe('folders', () => {
  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-corpus-'));
    fs.copyFileSync(GOOD, path.join(folder, 'good.png'));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    fs.rmSync(folder, { recursive: true, force: true });
  });

  const outcome = async (): Promise<unknown> => {
    const found = await outcomeOf({ kind: null, paths: [folder] });
    return 'message' in found ? found.message.replaceAll(folder, 'folder') : found;
  };
  const file = (name: string): string => path.join(folder, name);

  it('that are empty', async () => {
    fs.rmSync(file('good.png'));
    expect(await outcome()).toBe('folder is empty; choose a folder with images.');
  });

  it('that do not exist', async () => {
    fs.rmSync(folder, { recursive: true });
    expect(await outcome()).toBe('folder does not exist; check the path.');
  });

  it('with hidden files only', async () => {
    fs.renameSync(file('good.png'), file('.good.png'));
    expect(await outcome()).toBe('folder is empty; choose a folder with images.');
  });

  it('without images', async () => {
    fs.writeFileSync(file('notes.txt'), 'hello');
    fs.rmSync(file('good.png'));
    expect(await outcome()).toBe(
      'folder has no image that can be used: the only file, notes.txt, is left out: not an image (PNG, JPEG, WebP, AVIF, HEIC, GIF, BMP, TIFF or PNM).',
    );
  });

  it('with links in a circle, to nowhere and out of them', async () => {
    fs.mkdirSync(file('sub'));
    fs.symlinkSync(folder, file('sub/up'));
    fs.symlinkSync('loop.png', file('loop.png'));
    fs.symlinkSync('/nowhere/at/all.png', file('dangling.png'));
    fs.symlinkSync(GOOD, file('outside.png'));
    expect(await outcome()).toMatchObject({
      count: 2,
      skipped: {},
      description: 'A folder with 2 PNG images.',
    });
  });

  it('with names in many languages, of 250 bytes, with line breaks and quotes', async () => {
    for (const name of [
      '猫.png',
      'щенок.png',
      'قطة.png',
      '🐱.png',
      LONG,
      'a'.repeat(246) + '.png',
      'a\nb"c.png',
    ]) {
      fs.copyFileSync(GOOD, file(name));
    }
    expect(await outcome()).toMatchObject({ count: 8, skipped: {} });
  });

  it('deep below each other', async () => {
    const deep = file(Array.from({ length: 60 }, () => 'sub').join('/'));
    fs.mkdirSync(deep, { recursive: true });
    fs.copyFileSync(GOOD, path.join(deep, 'deep.png'));
    expect(await outcome()).toMatchObject({ count: 2, skipped: {} });
  });

  it('with a folder that is called like an image', async () => {
    fs.mkdirSync(file('folder.png'));
    expect(await outcome()).toMatchObject({ count: 1, skipped: {} });
  });

  it.each([
    ['EACCES', 'cannot be read (permission is denied)'],
    ['EPERM', 'cannot be read (permission is denied)'],
    ['ENOENT', 'cannot be read (it is gone)'],
    ['EIO', 'cannot be read (the disk reported an error)'],
    ['EMFILE', 'cannot be read (too many files are open)'],
    ['ETIMEDOUT', 'cannot be read (ETIMEDOUT)'],
  ])('with a file that answers %s', async (code, reason) => {
    fs.copyFileSync(GOOD, file('bad.png'));
    const open = fs.openSync.bind(fs);
    vi.spyOn(fs, 'openSync').mockImplementation((name, flags, mode) => {
      if (String(name).endsWith('bad.png')) throw Object.assign(new Error(code), { code });
      return open(name, flags, mode);
    });
    expect(await outcome()).toMatchObject({ count: 1, skipped: { 'bad.png': reason } });
  });

  it.each([
    ['EACCES', 'cannot be read (permission is denied)'],
    ['EIO', 'cannot be read (the disk reported an error)'],
  ])('with a sub-folder that answers %s', async (code, reason) => {
    fs.mkdirSync(file('sub'));
    const read = fsp.readdir.bind(fsp);
    vi.spyOn(fsp, 'readdir').mockImplementation(((name: string, options: { withFileTypes: true }) =>
      name.endsWith('sub')
        ? Promise.reject(Object.assign(new Error(code), { code }))
        : read(name, options)) as unknown as typeof fsp.readdir);
    expect(await outcome()).toMatchObject({ count: 1, skipped: { 'sub/': reason } });
  });

  it('whose files may not be read', async () => {
    fs.copyFileSync(GOOD, file('bad.png'));
    fs.chmodSync(file('bad.png'), 0);
    // The superuser may read them all the same.
    const isAllowed = (() => {
      try {
        fs.readFileSync(file('bad.png'));
        return true;
      } catch {
        return false;
      }
    })();
    const skipped = isAllowed ? {} : { 'bad.png': 'cannot be read (permission is denied)' };
    expect(await outcome()).toMatchObject({ count: isAllowed ? 2 : 1, skipped });
  });

  it('whose files vanish, shrink and turn into something else during the import', async () => {
    for (const name of ['a', 'b', 'c', 'd']) fs.copyFileSync(GOOD, file(`${name}.png`));
    const home = file('.home');
    const list = fsp.readdir.bind(fsp);
    let changed = false;
    const open = fs.openSync.bind(fs);
    // Once the first file is opened, all have been listed.
    vi.spyOn(fs, 'openSync').mockImplementation((name, flags, mode) => {
      if (!changed) {
        changed = true;
        fs.rmSync(file('b.png'));
        fs.truncateSync(file('c.png'), 60);
        fs.rmSync(file('d.png'));
        fs.mkdirSync(file('d.png'));
      }
      return open(name, flags, mode);
    });
    const record = await importDataset({ home, name: 'set', request: { kind: 'folder', paths: [folder] } });
    expect(record.count).toBe(2);
    expect(record.skipped).toEqual([
      { file: 'b.png', reason: 'cannot be read (it is gone)' },
      { file: 'c.png', reason: 'damaged or truncated (the file ends before its last pixel)' },
      { file: 'd.png', reason: 'cannot be read (it is a folder)' },
    ]);
    expect(await list(path.join(home, 'datasets'))).toEqual(['set']);
  });
});

describe('an archive that shrinks during the import', () => {
  it('has its last images left out', async () => {
    const home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-corpus-'));
    try {
      const archive = path.join(home, 'a.zip');
      fs.copyFileSync(path.join(CORPUS, 'zip', 'zip64.zip'), archive);
      const request = { kind: null, paths: [archive] };
      const open = fsp.open.bind(fsp);
      vi.spyOn(fsp, 'open').mockImplementation(async (name, flags, mode) => {
        // The directory has been read when the library's files are made.
        if (String(name).endsWith('pixels.u8')) fs.truncateSync(archive, 0);
        return open(name, flags, mode);
      });
      const error: unknown = await importDataset({ home, name: 'set', request }).catch((e: unknown) => e);
      const text = error instanceof Error ? error.message : 'imported';
      // Windows of the file may have been read before; whatever is told is one sentence.
      if (text !== 'imported') expect(isSentence(text)).toBe(true);
      const left = fs.readdirSync(path.join(home, 'datasets'));
      expect(left).toEqual(text === 'imported' ? ['set'] : []);
    } finally {
      vi.restoreAllMocks();
      fs.rmSync(home, { recursive: true, force: true });
    }
  });
});

describe('a library on a disk that refuses', () => {
  let home: string;
  beforeEach(() => {
    home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-corpus-'));
  });
  afterEach(() => {
    vi.restoreAllMocks();
    fs.rmSync(home, { recursive: true, force: true });
  });

  const FULL = 'the disk is full; free some space and try again';
  it.each([
    ['pixels.u8', 'ENOSPC', FULL],
    ['dataset.json', 'ENOSPC', FULL],
    ['skipped.jsonl', 'ENOSPC', FULL],
    ['pixels.u8', 'EDQUOT', 'your disk quota is used up; free some space and try again'],
    ['pixels.u8', 'EIO', 'the disk reported an error; check the disk'],
    ['pixels.u8', 'EFBIG', 'the file would be too large for this disk; choose another disk'],
  ])('%s with %s', async (name, code, reason) => {
    const open = fsp.open.bind(fsp);
    vi.spyOn(fsp, 'open').mockImplementation(async (file, flags, mode) => {
      const handle = await open(file, flags, mode);
      if (path.basename(String(file)) === name) {
        vi.spyOn(handle, 'writeFile').mockRejectedValue(Object.assign(new Error(code), { code }));
      }
      return handle;
    });
    const paths = [path.join(CORPUS, 'zip', 'link.zip')];
    const error: unknown = await importDataset({ home, name: 'set', request: { kind: null, paths } }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({
      name: 'UserError',
      message: `The data set could not be written to ${path.join(home, 'datasets', 'set')}: ${reason}.`,
    });
    expect(fs.readdirSync(path.join(home, 'datasets'))).toEqual([]);
  });
});
