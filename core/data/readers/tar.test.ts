import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSource } from './open.ts';

const FOLDER = path.join(import.meta.dirname, 'testdata', 'foreign');

let scratch: string;
beforeAll(() => {
  scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-tar-'));
});
afterAll(() => fs.rmSync(scratch, { recursive: true, force: true }));

interface Found {
  /** SHA-256 of each image's bytes, by its name. */
  files: Record<string, string>;
  skipped: Record<string, string>;
  classes: readonly string[] | null;
  remarks: readonly string[] | undefined;
}

/** What is read of an archive: compressed as it is kept, or plain. */
async function look(name: string, form: 'compressed' | 'plain'): Promise<Found> {
  let file = path.join(FOLDER, `${name}.tar.gz`);
  if (form === 'plain') {
    const plain = path.join(scratch, `${name}.tar`);
    fs.writeFileSync(plain, zlib.gunzipSync(fs.readFileSync(file)));
    file = plain;
  }
  const source = await openSource({ kind: null, paths: [file] });
  try {
    const files: Record<string, string> = {};
    const skipped: Record<string, string> = {};
    for await (const item of source.items()) {
      if ('skipped' in item) skipped[item.skipped.file] = item.skipped.reason;
      else if (item.content.kind === 'encoded') {
        files[item.file] = createHash('sha256')
          .update(await item.content.read())
          .digest('hex');
      }
    }
    return { files, skipped, classes: source.classNames, remarks: source.remarks?.() };
  } finally {
    await source.close();
  }
}

describe.each(['compressed', 'plain'] as const)('a %s tar archive', (form) => {
  const gnu = v.parse(
    v.record(v.string(), v.record(v.string(), v.string())),
    JSON.parse(fs.readFileSync(path.join(FOLDER, 'tars.json'), 'utf8')),
  );

  it.each(['plain', 'sparse-gnu', 'sparse-pax-0.0', 'sparse-pax-0.1', 'sparse-pax-1.0'])(
    '%s is read as GNU tar unpacks it',
    async (name) => {
      const { files, skipped, classes, remarks } = await look(name, form);
      expect(files).toEqual(gnu[name]);
      expect({ skipped, classes, remarks }).toEqual({ skipped: {}, classes: ['cat', 'dog'], remarks: [] });
    },
  );

  it('with a few holes, as it was brought', async () => {
    expect((await look('sparse-few', form)).files).toMatchObject({
      'hole.bmp': '17c0c9d7b91bbf888ebc8859be90d7dcab6c89bbfd5a606eead2a9c661e66ec4',
      'plain.png': '77f00b9b07b70d6c6efb1d80e87c520f00b20905ca24b5065ae47fffd2704fe0',
    });
  });

  it.each(['hard-links-gnu', 'hard-links-pax'])('%s: links are the files they lead to', async (name) => {
    const { files, skipped, remarks } = await look(name, form);
    // One of them leads into a hidden folder.
    const { '.store/9.png': hidden, ...wanted } = gnu[name]!;
    expect(files).toEqual(wanted);
    expect(files['dog/2.png']).toBe(hidden);
    expect(skipped).toEqual({});
    expect(remarks).toEqual(['Passed over what other programs left there: other hidden files or folders.']);
  });

  it.each([
    ['several', ['It is 3 tar archives, one behind another, all of which are read.']],
    [
      'no-mark',
      ['The mark at the end of the tar archive is missing: its files are whole, but more may have followed.'],
    ],
    [
      'no-filling',
      ['The mark at the end of the tar archive is missing: its files are whole, but more may have followed.'],
    ],
    ['bytes-behind', ['Behind the tar archive lie 16 bytes not read.']],
  ])('%s: what is odd at its end is said', async (name, remarks) => {
    const found = await look(name, form);
    // GNU tar unpacks nothing of a file whose last block is cut off behind its last byte.
    expect(found.files).toEqual(gnu[name === 'no-filling' ? 'plain' : name]);
    expect(found.remarks).toEqual(remarks);
  });

  it('of an old system has its names guessed', async () => {
    const { files, classes, remarks } = await look('latin1-names', form);
    expect(Object.keys(files)).toHaveLength(6);
    expect(classes).toEqual(['Größe', 'Käse', 'Straße']);
    expect(remarks).toEqual([
      'Some names in the archive are not UTF-8; they are read as cp1252 (Windows, Western Europe).',
    ]);
  });

  it('keeps its classes beside a loose image that is broken, and lists all that is left out', async () => {
    const { files, classes, skipped } = await look('loose-broken', form);
    expect(classes).toEqual(['cat', 'dog']);
    expect(files).toEqual(gnu['loose-broken']);
    expect(skipped).toEqual({
      'cat/link.png': 'a symbolic link',
      'dog/pipe.png': 'a device, a pipe or a part of a file',
    });
  });
});
