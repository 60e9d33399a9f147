import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { trials } from '../test-trials.ts';
import { UnusableImage } from './decode/unusable-image.ts';
import { openSource } from './readers/open.ts';
import type { SourceKind } from './readers/source.ts';
import { CORPUS, isSentence } from './testdata/corpus.ts';

/** Good files, each of which its parser reads to the end. */
const GOOD: readonly [kind: SourceKind, file: string][] = [
  ['zip', 'zip/languages.zip'],
  ['zip', 'zip/zip64.zip'],
  ['tar', 'tar/long-names-pax.tar'],
  ['tar', 'tar/long-names-gnu.tar'],
  ['tar', 'gzip/two-members.tar.gz'],
  ['idx', 'idx/labels-gone-images-idx3-ubyte'],
  ['cifar', 'cifar/mixed/data_batch_1.bin'],
  ['npy', 'npy/fortran.npy'],
  ['npy', 'npy/big-endian-f4.npy'],
  ['npz', 'npz/languages.npz'],
  ['npz', 'npz/fortran-packed.npz'],
  ['parquet', 'parquet/row-groups.parquet'],
  ['parquet', 'parquet/zstd.parquet'],
  ['parquet', 'parquet/dictionary.parquet'],
];

let folder: string;
let target: string;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-parsers-'));
  target = path.join(folder, 'file');
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

/** Opens the bytes as a file and reads every image. Nothing but a sentence, or a reason for one image, may come of it. */
async function readAll(bytes: Uint8Array, kind: SourceKind | null): Promise<void> {
  fs.writeFileSync(target, bytes);
  try {
    const source = await openSource({ kind, paths: [target] });
    try {
      for await (const item of source.items()) {
        if ('skipped' in item) checkReason(item.skipped.reason);
        else if (item.content.kind === 'encoded') await item.content.read().catch(checkImageError);
      }
      await source.preview(4);
    } finally {
      await source.close();
    }
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    if (!isSentence(error.message)) throw new Error(`no single sentence: ${error.message}`, { cause: error });
  }
}

function checkImageError(error: unknown): void {
  if (error instanceof UserError) return;
  if (!(error instanceof UnusableImage)) throw error;
  checkReason(error.message);
}

function checkReason(reason: string): void {
  if (reason.includes('\n') || reason === '') throw new Error(`no reason: ${reason}`);
}

describe('whatever is changed in a good file, one sentence or images come of it', () => {
  it.each(GOOD)('%s: %s', async (kind, file) => {
    const good = fs.readFileSync(path.join(CORPUS, file));
    const at = fc.nat(good.length - 1);
    const change = fc.oneof(
      fc.record({ how: fc.constant('set'), at, value: fc.constantFrom(0, 1, 0x7f, 0x80, 0xff) }),
      fc.record({ how: fc.constant('set'), at, value: fc.nat(255) }),
      fc.record({ how: fc.constantFrom('cut', 'drop', 'double'), at, value: fc.nat(64) }),
    );
    const property = fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async (changes) => {
      let bytes = Buffer.from(good);
      for (const { how, at, value } of changes) {
        const place = Math.min(at, bytes.length);
        if (how === 'set' && place < bytes.length) bytes[place] = value;
        else if (how === 'cut') bytes = bytes.subarray(0, place);
        else if (how === 'drop')
          bytes = Buffer.concat([bytes.subarray(0, place), bytes.subarray(place + value)]);
        else bytes = Buffer.concat([bytes.subarray(0, place + value), bytes.subarray(place)]);
      }
      await readAll(bytes, null);
      await readAll(bytes, kind);
    });
    await fc.assert(property, trials(150));
  });
});

it('a Parquet page that is said to lie before the file is damage', async () => {
  const bytes = fs.readFileSync(path.join(CORPUS, 'parquet/dictionary.parquet'));
  bytes[670] = 0xff;
  bytes[18] = 0;
  fs.writeFileSync(target, bytes);
  const source = await openSource({ kind: null, paths: [target] });
  await expect(source.items()[Symbol.asyncIterator]().next()).rejects.toThrow(
    /file is damaged: its column "image.path" cannot be read/,
  );
});

describe('whatever follows a good beginning', () => {
  it.each(GOOD)('%s: %s', async (kind, file) => {
    const good = fs.readFileSync(path.join(CORPUS, file));
    const property = fc.asyncProperty(
      fc.nat(Math.min(600, good.length)),
      fc.uint8Array({ maxLength: 800 }),
      async (kept, rest) => readAll(Buffer.concat([good.subarray(0, kept), rest]), kind),
    );
    await fc.assert(property, trials(60));
  });
});
