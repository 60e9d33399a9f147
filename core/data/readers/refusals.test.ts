import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { guessClassFolders } from './class-folders.ts';
import { openSource } from './open.ts';
import type { SourceItem, SourceRequest } from './source.ts';

const FOLDER = path.join(import.meta.dirname, 'testdata', 'refusals');
const LFS =
  'version https://git-lfs.github.com/spec/v1\n' +
  'oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 12345\n';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-refusals-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

async function items(request: Partial<SourceRequest> & Pick<SourceRequest, 'paths'>): Promise<SourceItem[]> {
  const source = await openSource({ kind: null, ...request });
  const found: SourceItem[] = [];
  for await (const item of source.items()) if (!('skipped' in item)) found.push(item);
  await source.close();
  return found;
}

async function refusal(file: string, more: Partial<SourceRequest> = {}): Promise<string> {
  const error: unknown = await items({ paths: [file], ...more }).catch((e: unknown) => e);
  expect(error).toMatchObject({ name: 'UserError' });
  return error instanceof Error ? error.message.replaceAll(folder, 'F').replaceAll(FOLDER, 'F') : '';
}

describe('arrays that are no images', () => {
  const STATISTICS =
    'holds statistics of images for a Fréchet distance (mu and sigma), not images; choose the images that they were made of.';
  const ONE =
    'which is one image with its channels first (C×H×W) or three grey ones; choose the layout NCHW for the one, NHWC for the others.';
  it.each([
    ['fid.npz', `F/fid.npz ${STATISTICS}`],
    ['fid-packed.npz', `F/fid-packed.npz ${STATISTICS}`],
    ['empty.npz', 'F/empty.npz: images is empty: it has the shape 0 × 32 × 32 × 3; choose another file.'],
    ['empty-list.npz', 'F/empty-list.npz: arr_0 is empty: it has the shape 0; choose another file.'],
    ['empty.npy', 'F/empty.npy is empty: it has the shape 0; choose another file.'],
    ['one-image.npy', `F/one-image.npy has the shape 3 × 12 × 16, ${ONE}`],
    ['one-image.npz', `F/one-image.npz: image has the shape 3 × 12 × 16, ${ONE}`],
  ])('%s', async (name, message) => {
    expect(await refusal(path.join(FOLDER, name))).toBe(message);
  });

  it('are images with the channels where they are said to be', async () => {
    const paths = [path.join(FOLDER, 'one-image.npy')];
    const bytes = fs.readFileSync(paths[0]!).subarray(-3 * 12 * 16);
    const [image, ...none] = await items({ paths, layout: 'NCHW' });
    expect(none).toEqual([]);
    expect(image!.content).toMatchObject({ height: 12, width: 16, channels: 3 });
    const { content } = image!;
    const data = content.kind === 'raw' ? content.data : new Uint8Array();
    expect([...data.subarray(0, 6)]).toEqual([0, 192, 384, 1, 193, 385].map((at) => bytes[at]));
    expect(await items({ paths, layout: 'NHWC' })).toHaveLength(3);
    expect(await items({ paths: [path.join(FOLDER, 'three-images.npz')] })).toHaveLength(3);
  });
});

describe('pointers of Git LFS', () => {
  const POINTER = 'is a pointer of Git LFS instead of the file; run "git lfs pull" in its repository.';
  it.each([
    'a.png',
    'a.zip',
    'a.tar.gz',
    'a.npy',
    'a.npz',
    'a.parquet',
    'train-images-idx3-ubyte',
    'a.bin',
    'a',
  ])('as %s', async (name) => {
    fs.writeFileSync(path.join(folder, name), LFS);
    expect(await refusal(path.join(folder, name))).toBe(`F/${name} ${POINTER}`);
  });

  it.each(['train.parquet', 'train-images-idx3-ubyte', 'data_batch_1.bin', 'set.npz'])(
    'as %s in a folder',
    async (name) => {
      fs.writeFileSync(path.join(folder, name), LFS);
      expect(await refusal(folder)).toBe(`F/${name} ${POINTER}`);
    },
  );

  it('as labels', async () => {
    fs.copyFileSync(path.join(FOLDER, 'one-image.npy'), path.join(folder, 'images.npy'));
    fs.writeFileSync(path.join(folder, 'labels.npy'), LFS);
    expect(await refusal(path.join(folder, 'images.npy'))).toBe(`F/labels.npy ${POINTER}`);
  });
});

describe('letters with marks', () => {
  it('are the same however they are written', () => {
    const files = ['caf\u00e9/1.png', 'cafe\u0301/2.png', 'the\u0301/3.png'];
    const guess = guessClassFolders(files);
    expect(guess.names).toEqual(['caf\u00e9', 'th\u00e9']);
    expect(files.map((file) => guess.classOf(file))).toEqual(['caf\u00e9', 'caf\u00e9', 'th\u00e9']);
  });
});

describe('letters of EMNIST', () => {
  it('are said to lie on their sides', async () => {
    const from = path.join(import.meta.dirname, 'testdata', 'idx', 'train-images-idx3-ubyte.gz');
    const remarksOf = async (name: string): Promise<readonly string[]> => {
      const file = path.join(folder, name);
      fs.copyFileSync(from, file);
      const source = await openSource({ kind: null, paths: [file] });
      await source.close();
      return source.remarks?.() ?? [];
    };
    expect(await remarksOf('emnist-letters-train-images-idx3-ubyte.gz')).toEqual([
      'EMNIST keeps its letters and digits with rows and columns exchanged; to have them upright, exchange these first, as with images.transpose(0, 2, 1) in NumPy.',
    ]);
    expect(await remarksOf('train-images-idx3-ubyte.gz')).toEqual([]);
  });
});
