import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { decodeName, NAME_ENCODINGS, nameEncodingOf } from './name-encoding.ts';
import { guessEncoding } from './name-guess.ts';
import { openSource } from './open.ts';
import type { SourceRequest } from './source.ts';

const FOLDER = path.join(import.meta.dirname, 'testdata', 'foreign');

/** What is in an archive: names of images, those left out, classes and remarks. */
async function look(file: string, more: Partial<SourceRequest> = {}): Promise<Record<string, unknown>> {
  const source = await openSource({ kind: null, paths: [path.join(FOLDER, file)], ...more });
  try {
    const names: string[] = [];
    const skipped: Record<string, string> = {};
    for await (const item of source.items()) {
      if ('skipped' in item) skipped[item.skipped.file] = item.skipped.reason;
      else {
        if (item.content.kind === 'encoded') expect((await item.content.read()).length).toBeGreaterThan(60);
        names.push(item.file);
      }
    }
    return { names, skipped, classes: source.classNames, remarks: source.remarks?.() };
  } finally {
    await source.close();
  }
}

const GUESSED = (title: string): string[] => [
  `The archive does not say which encoding its names are in; they are read as ${title}.`,
];
const JAPANESE = GUESSED('Shift-JIS (Japanese)');

describe('names in zip archives', () => {
  const python = v.parse(
    v.record(v.string(), v.array(v.string())),
    JSON.parse(fs.readFileSync(path.join(FOLDER, 'zips.json'), 'utf8')),
  );

  it.each([
    ['sjis-5c.zip', JAPANESE],
    ['sjis-folders.zip', JAPANESE],
    ['sjis-unix.zip', JAPANESE],
    ['cp437.zip', GUESSED('cp437 (DOS, United States)')],
    ['cp437-unix.zip', GUESSED('cp437 (DOS, United States)')],
    ['cp1252.zip', GUESSED('cp1252 (Windows, Western Europe)')],
    ['cp1252-unix.zip', GUESSED('cp1252 (Windows, Western Europe)')],
    ['infozip-utf8.zip', []],
  ])('%s are as Python reads them', async (file, remarks) => {
    expect(await look(file)).toMatchObject({ names: python[file], skipped: {}, remarks });
  });

  it('become classes', async () => {
    expect((await look('infozip-utf8.zip')).classes).toEqual(['Größe', '猫']);
    expect((await look('sjis-folders.zip')).classes).toEqual(['ソ', '予定表']);
  });

  it('are in the encoding that is chosen', async () => {
    expect(await look('gbk.zip', { zipEncoding: 'gbk' })).toMatchObject({
      names: python['gbk.zip'],
      remarks: [],
    });
    expect((await look('cp437.zip', { zipEncoding: 'cp850' })).names).toEqual(python['cp437.zip']);
    // In cp437 the byte 0x5C is a separator, so that all of them are called `.png` and are hidden.
    expect(await look('sjis-unix.zip', { zipEncoding: 'cp437' })).toMatchObject({ remarks: [] });
    // Names that say their encoding keep it.
    const { names } = await look('each-otherwise.zip', { zipEncoding: 'cp1252' });
    expect(names).toEqual(['猫/a.png', 'GrÃ¶ÃŸe/b.png', 'K„se/c.png', 'plain/d.png']);
  });

  it('are told each by what says their encoding', async () => {
    expect(await look('each-otherwise.zip')).toMatchObject({
      names: ['猫/a.png', 'Größe/b.png', 'Käse/c.png', 'plain/d.png'],
      remarks: GUESSED('cp437 (DOS, United States)'),
    });
    // A field for a name that was changed since does not count.
    expect(await look('unicode-path.zip')).toMatchObject({
      names: ['Größe/a.png', 'Größe/b.png', '猫/c.png', 'new/d.png'],
      remarks: [],
    });
  });

  it('have backslashes between their parts where nothing else is, or the system knows no others', async () => {
    expect(await look('backslash.zip')).toMatchObject({
      names: ['cat/a.png', 'cat/b.png', 'dog/c.png', 'dog/d.png'],
      classes: ['cat', 'dog'],
    });
    expect((await look('sjis-backslash.zip')).names).toEqual(['猫/ソ.png', '犬/表.png']);
    expect((await look('backslash-unix.zip')).names).toEqual(['cat/a\\b.png', 'dog/c.png']);
  });

  it('of folders that hold data are listed', async () => {
    expect(await look('folder-with-data.zip')).toMatchObject({
      names: ['cat/a.png', 'dog/b.png'],
      skipped: { 'cat/': 'its name is that of a folder' },
    });
  });
});

describe('bytes that are no part of a zip archive', () => {
  it.each([
    ['bytes-behind.zip', ['Behind the zip archive lie 2 bytes that are no part of it.']],
    ['bytes-before.zip', ['Before the zip archive lie 770 bytes that are no part of it.']],
    ['unpacks-itself.zip', ['Before the zip archive lie 502 bytes that are no part of it.']],
    [
      'bytes-before-and-behind.zip',
      [
        'Before the zip archive lies 1 byte that is no part of it.',
        'Behind the zip archive lie 18 bytes that are no part of it.',
      ],
    ],
  ])('%s', async (file, remarks) => {
    const { names, skipped, remarks: said } = await look(file);
    expect(names).toEqual(file === 'bytes-behind.zip' ? ['0.png', '1.png', '2.png'] : ['a.png', 'b.png']);
    expect(skipped).toEqual({});
    expect(said).toEqual(remarks);
  });
});

describe('a guess of the encoding', () => {
  const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));

  it.each(readNames().map(({ encoding, name, hex }) => [name, encoding, hex] as const))(
    '%s is %s',
    (name, encoding, hex) => {
      const usual = ['cp437', 'cp1252'] as const;
      expect(decodeName(bytes(hex), encoding)).toBe(name);
      expect(usual.map((one) => guessEncoding([bytes(hex)], one))).toEqual([encoding, encoding]);
    },
  );

  it('is made of all names together', () => {
    // By itself the first one is as well 山.png.
    expect(guessEncoding([bytes('8e522e706e67')], 'cp437')).toBe('shift-jis');
    expect(guessEncoding([bytes('8e522e706e67'), bytes('42846572656e2e706e67')], 'cp437')).toBe('cp437');
  });
});

describe('words for an encoding', () => {
  it('are those that people know', () => {
    const words = [
      'Shift_JIS',
      'cp932',
      'SJIS',
      '437',
      'IBM437',
      'Windows-1252',
      'latin1',
      'UTF8',
      'GB18030',
      'EUC-KR',
    ];
    expect(words.map(nameEncodingOf)).toEqual([
      ...([
        'shift-jis',
        'shift-jis',
        'shift-jis',
        'cp437',
        'cp437',
        'cp1252',
        'cp1252',
        'utf-8',
        'gbk',
        'euc-kr',
      ] as const),
    ]);
    expect(NAME_ENCODINGS.map(nameEncodingOf)).toEqual([...NAME_ENCODINGS]);
    expect(nameEncodingOf('klingon')).toBeNull();
  });
});

/** Names of one word or a few in a dozen languages, as Python encodes them. */
function readNames(): { encoding: 'shift-jis' | 'cp1252' | 'cp437'; name: string; hex: string }[] {
  const list: unknown = JSON.parse(fs.readFileSync(path.join(FOLDER, 'names.json'), 'utf8'));
  return v.parse(
    v.array(
      v.strictObject({
        encoding: v.picklist(['shift-jis', 'cp1252', 'cp437']),
        name: v.string(),
        hex: v.string(),
      }),
    ),
    list,
  );
}
