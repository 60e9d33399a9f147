import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { sortPaths } from './sort-paths.ts';

let folder: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-paths-'));
});
afterEach(() => fs.rm(folder, { recursive: true, force: true }));

/** A file that begins so and goes on with zeros. */
async function write(name: string, ...head: number[]): Promise<void> {
  const bytes = new Uint8Array(64);
  bytes.set(head);
  await fs.writeFile(path.join(folder, name), bytes);
}

const sorted = async (...names: string[]) => {
  const requests = await sortPaths(names.map((name) => path.join(folder, name)));
  return requests.map(({ kind, paths, labelsPath }) => [
    kind,
    ...paths.map((file) => path.relative(folder, file)),
    ...(labelsPath ? [`labels: ${path.relative(folder, labelsPath)}`] : []),
  ]);
};

it('takes single images together, and a folder by itself', async () => {
  await fs.mkdir(path.join(folder, 'holiday.png'));
  await write('a.PNG');
  await write('b.jpeg');
  // An image that has lost its name.
  await write('c', 0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);
  expect(await sorted('a.PNG', 'holiday.png', 'b.jpeg', 'c', 'a.PNG')).toEqual([
    ['files', 'a.PNG', 'b.jpeg', 'c'],
    [null, 'holiday.png'],
  ]);
});

it('lets the reader guess what a single image is', async () => {
  await write('map.tif');
  expect(await sorted('map.tif')).toEqual([[null, 'map.tif']]);
});

it('keeps the files of one data set together', async () => {
  await write('t10k-labels-idx1-ubyte', 0, 0, 8, 1, 0, 0, 0, 56);
  await write('t10k-images-idx3-ubyte', 0, 0, 8, 3, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0, 4);
  expect(await sorted('t10k-labels-idx1-ubyte', 't10k-images-idx3-ubyte')).toEqual([
    [null, 't10k-labels-idx1-ubyte', 't10k-images-idx3-ubyte'],
  ]);
});

it('gives an array its labels, and arrays without labels an import each', async () => {
  const npy = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0];
  for (const name of ['x_train.npy', 'y_train.npy', 'cats.npy']) await write(name, ...npy);
  expect(await sorted('y_train.npy', 'x_train.npy')).toEqual([[null, 'x_train.npy', 'labels: y_train.npy']]);
  expect(await sorted('cats.npy', 'x_train.npy')).toEqual([
    [null, 'cats.npy'],
    [null, 'x_train.npy'],
  ]);
});

it('does not stumble over what is not there or nothing at all', async () => {
  await write('readme.txt', 65, 66);
  expect(await sorted('gone', 'gone.png', 'readme.txt')).toEqual([
    [null, 'gone'],
    [null, 'gone.png'],
    [null, 'readme.txt'],
  ]);
  expect(await sortPaths([])).toEqual([]);
});
