import fs from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UserError } from '../../errors.ts';
import { trials } from '../../test-trials.ts';
import { openSource } from './open.ts';
import { FOLDER, put, read, readAll, refusal, scratch } from './test-hostile.ts';

describe('random changes of proper files', () => {
  const names = fs
    .readdirSync(FOLDER)
    .filter((name) => /\.(?:npy|npz|zip|tar|gz|bin|parquet|idx)$/.test(name));

  it.each(names)('%s gives images or a sentence', async (name) => {
    const whole = read(name);
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 });
    const cut = fc.option(fc.nat(whole.length - 1), { nil: whole.length });
    await fc.assert(
      fc.asyncProperty(changes, cut, async (edits, length) => {
        const bytes = Buffer.from(whole.subarray(0, length));
        for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
        try {
          const { skipped } = await readAll({ kind: null, paths: [put(name, bytes)] });
          for (const text of skipped) expect(text).toMatch(/^[^\n]+$/);
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
          expect(error instanceof Error ? error.message : '').toMatch(/^[^\n]+\.$/);
        }
      }),
      trials(40),
    );
  });

  it('and bytes behind any beginning do, too', async () => {
    const starts = [
      '',
      'PK\x03\x04',
      '\x1f\x8b\x08',
      '\x93NUMPY\x01\0',
      'PAR1',
      '\0\0\x08\x03',
      '\0\0\x0d\x01',
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 300 }), async (start, rest) => {
        const file = put('random', Buffer.concat([Buffer.from(start, 'latin1'), rest]));
        try {
          await readAll({ kind: null, paths: [file] });
        } catch (error) {
          expect(error).toBeInstanceOf(UserError);
        }
      }),
      trials(200),
    );
  });
});

describe('files that are no source', () => {
  it.each([
    ['empty', '', 'empty is empty; choose another file.'],
    [
      'a.7z',
      '7z\xbc\xaf\x27\x1c',
      'a.7z is a 7-Zip archive, which is not read; unpack it and choose the folder.',
    ],
    [
      'a.h5',
      '\x89HDF\r\n\x1a\n',
      'a.h5 is an HDF5 file, which is not read; save its images with numpy.savez.',
    ],
    [
      'a.pkl',
      '\x80\x04\x95',
      'a.pkl is a Python pickle, which is never opened because it may run code; save its images with numpy.savez.',
    ],
    ['a.avif', '\0\0\0\x18ftypavis', 'a.avif is an animated AVIF image, which is not read; save it as PNG.'],
    [
      'a.txt',
      'hello',
      'a.txt is nothing that images can be read from; choose a folder, a zip or tar archive, an image, or an IDX, CIFAR, npy, npz or Parquet file.',
    ],
  ])('%s', async (name, content, message) => {
    expect(await refusal(put(name, Buffer.from(content, 'latin1')))).toBe(message);
  });

  it('a path to nothing, nothing at all, a kind that it is not', async () => {
    expect(await refusal(path.join(scratch, 'nowhere'))).toBe('nowhere does not exist; check the path.');
    await expect(openSource({ kind: null, paths: [] })).rejects.toThrow(
      'Nothing to import was named; give a folder or a file.',
    );
    expect(await refusal(put('one.npy', read('uint8.npy')), { kind: 'zip' })).toBe(
      'one.npy is an npy file, not a zip archive; leave the kind out to have it guessed.',
    );
    fs.mkdirSync(path.join(scratch, 'nothing'), { recursive: true });
    expect(await refusal(path.join(scratch, 'nothing'))).toBe(
      'nothing is empty; choose a folder with images.',
    );
  });
});

describe('a source that changes while it is read', () => {
  it('skips a file that is gone or cannot be read', async () => {
    const folder = path.join(scratch, 'vanishing');
    fs.mkdirSync(folder);
    const image = fs.readFileSync(path.join(FOLDER, '..', '..', 'decode', 'testdata', 'png-rgb-8.png'));
    for (const name of ['a.png', 'b.png']) fs.writeFileSync(path.join(folder, name), image);
    const source = await openSource({ kind: null, paths: [folder] });
    fs.rmSync(path.join(folder, 'b.png'));
    const outcomes: string[] = [];
    for await (const item of source.items()) {
      if ('skipped' in item || item.content.kind !== 'encoded') throw new Error('not a file');
      outcomes.push(
        await item.content.read().then(
          () => 'read',
          (error: unknown) => String(error),
        ),
      );
    }
    expect(outcomes).toEqual(['read', 'UnusableImage: cannot be read (it is gone)']);
  });

  it('stops at once when aborted', async () => {
    const controller = new AbortController();
    const source = await openSource({ kind: null, paths: [path.join(FOLDER, 'compressed.npz')] });
    const seen: string[] = [];
    await expect(async () => {
      for await (const item of source.items(controller.signal)) {
        seen.push('skipped' in item ? item.skipped.file : item.file);
        controller.abort();
      }
    }).rejects.toThrow(/abort/);
    expect(seen).toHaveLength(1);
    await source.close();
  });
});
