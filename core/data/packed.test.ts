import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RunManifest } from '../run/manifest.ts';
import { runDatasetOf } from '../run/run-dataset.ts';
import { openTrainingData } from '../train/training-data.ts';
import { BlockHasher } from './blocks.ts';
import { readDatasetRecord } from './catalogue.ts';
import { importDataset } from './import/import-dataset.ts';
import { openDataset } from './packed.ts';
import { verifyDataset } from './verify.ts';

/** 1,200 images of 1,024 bytes: two blocks, the second not full. */
const COUNT = 1_200;
const SIDE = 32;
let root: string;
let home: string;

beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-packed-'));
  const images = path.join(root, 'train-images-idx3-ubyte');
  const header = Buffer.from([0, 0, 8, 3, 0, 0, COUNT >> 8, COUNT & 255, 0, 0, 0, SIDE, 0, 0, 0, SIDE]);
  const pixels = Buffer.from(
    Uint8Array.from({ length: COUNT * SIDE * SIDE }, (_, i) => (i * 7 + (i >> 10)) % 251),
  );
  fs.writeFileSync(images, Buffer.concat([header, pixels]));
  const labels = Buffer.from(Uint8Array.from({ length: COUNT }, (_, i) => i % 3));
  const labelHeader = Buffer.from([0, 0, 8, 1, 0, 0, COUNT >> 8, COUNT & 255]);
  fs.writeFileSync(path.join(root, 'train-labels-idx1-ubyte'), Buffer.concat([labelHeader, labels]));
  await importDataset({
    home: path.join(root, 'kept'),
    name: 'digits',
    request: { kind: 'idx', paths: [images] },
    settings: { holdOut: 0.1 },
  });
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));
beforeEach(() => {
  home = path.join(root, 'home');
  fs.rmSync(home, { recursive: true, force: true });
  fs.cpSync(path.join(root, 'kept'), home, { recursive: true });
});

const inFolder = (file: string): string => path.join(home, 'datasets', 'digits', file);

function flip(file: string, at: number): void {
  const bytes = fs.readFileSync(inFolder(file));
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  fs.writeFileSync(inFolder(file), bytes);
}

/** As versions before wrote them. */
function forgetHashes(): void {
  const record = JSON.parse(fs.readFileSync(inFolder('dataset.json'), 'utf8')) as Record<string, unknown>;
  delete record['hashes'];
  fs.writeFileSync(inFolder('dataset.json'), JSON.stringify(record));
  fs.rmSync(inFolder('pixels.sha256'));
}

/** As `expect.stringMatching`, which is typed `any`. */
const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern);

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function manifest(): Promise<RunManifest> {
  const dataset = runDatasetOf(await readDatasetRecord(home, 'digits'));
  return { id: 'run-1', dataset, config: { network: { classes: 3 } } } as RunManifest;
}

describe('a new data set', () => {
  it('notes the hashes of its blocks, classes and split', async () => {
    const { hashes } = await readDatasetRecord(home, 'digits');
    const blocks = fs.readFileSync(inFolder('pixels.sha256'));
    const pixels = fs.readFileSync(inFolder('pixels.u8'));
    expect(blocks.toString('hex')).toBe(
      sha256(pixels.subarray(0, 2 ** 20)) + sha256(pixels.subarray(2 ** 20)),
    );
    expect(hashes).toEqual({
      blocks: `sha256:${sha256(blocks)}`,
      labels: `sha256:${sha256(fs.readFileSync(inFolder('labels.u8')))}`,
      split: `sha256:${sha256(fs.readFileSync(inFolder('split.u8')))}`,
    });
  });

  it('is hashed alike whatever pieces it comes in', () => {
    const bytes = Uint8Array.from({ length: 2 ** 21 + 5 }, (_, i) => i % 253);
    const hashed = (piece: number): string => {
      const hasher = new BlockHasher();
      for (let at = 0; at < bytes.length; at += piece) hasher.update(bytes.subarray(at, at + piece));
      return hasher.finish().toString('hex');
    };
    expect(hashed(2 ** 22)).toBe(hashed(784));
    expect(hashed(784)).toHaveLength(3 * 64);
  });
});

describe('altered pixels', () => {
  it('are refused where they are read, with both fingerprints, and nowhere else', async () => {
    const { fingerprint } = await readDatasetRecord(home, 'digits');
    flip('pixels.u8', 5);
    const found = `sha256:${sha256(fs.readFileSync(inFolder('pixels.u8')))}`;
    const data = await openDataset(home, 'digits');
    expect(() => data.readAt([3])).toThrow(
      `is not what was imported: its fingerprint is ${found} instead of ${fingerprint}`,
    );
    await expect(data.readImages(0, 10)).rejects.toThrow(found);
    // The second block is whole.
    expect((await data.readImages(COUNT - 10, 10)).count).toBe(10);
    await expect(data.all()).rejects.toThrow(found);
    data.close();
  });

  it('are noticed in a file that was verified before', async () => {
    const before = await openDataset(home, 'digits');
    before.readAt([1, COUNT - 1]);
    before.close();
    flip('pixels.u8', COUNT * SIDE * SIDE - 1);
    const data = await openDataset(home, 'digits');
    expect(() => data.readAt([COUNT - 1])).toThrow(/is not what was imported/);
    data.close();
  });

  it('are found beside a training that does not touch them', async () => {
    flip('pixels.u8', COUNT * SIDE * SIDE - 1);
    const data = await openDataset(home, 'digits');
    data.readAt([0]);
    data.verifyInBackground();
    await expect
      .poll(() => {
        try {
          data.readAt([0]);
          return null;
        } catch (error) {
          return String(error);
        }
      })
      .toMatch(/is not what was imported/);
    data.close();
  });

  it.each(['with hashes', 'of an earlier version'])('are not trained on: %s', async (kind) => {
    const run = await manifest();
    if (kind !== 'with hashes') forgetHashes();
    (await openTrainingData(home, run)).dataset.close();
    flip('pixels.u8', 2 ** 20 + 7);
    const found = `sha256:${sha256(fs.readFileSync(inFolder('pixels.u8')))}`;
    await expect(openTrainingData(home, run)).rejects.toThrow(
      `${found} instead of ${run.dataset?.fingerprint}`,
    );
  });

  it('of another import are not trained on either, with both fingerprints', async () => {
    const run = await manifest();
    const expected = `sha256:${'0'.repeat(64)}`;
    const other = { ...run, dataset: { ...run.dataset!, fingerprint: expected } };
    await expect(openTrainingData(home, other)).rejects.toThrow(
      `(its fingerprint is ${run.dataset?.fingerprint} instead of ${expected})`,
    );
    const split = { ...run, dataset: { ...run.dataset!, heldOut: 7 } };
    await expect(openTrainingData(home, split)).rejects.toThrow(
      `(${run.dataset?.heldOut} of its images are held out instead of 7)`,
    );
  });
});

describe('altered classes and splits', () => {
  it.each([
    ['labels.u8', 'labels'],
    ['split.u8', 'split'],
  ] as const)('are refused: %s', async (file, what) => {
    flip(file, 11);
    const data = await openDataset(home, 'digits');
    await expect(data[what]()).rejects.toThrow(
      /is not what was imported: its fingerprint is sha256:\w{64} instead of sha256:\w{64}/,
    );
    data.close();
    await expect(openTrainingData(home, await manifest())).rejects.toThrow(file);
  });
});

describe('verifying', () => {
  const problems = async (): Promise<string[]> => (await verifyDataset(home, 'digits')).problems;

  it('reads all, and finds nothing where nothing is', async () => {
    const seen: number[] = [];
    const result = await verifyDataset(home, 'digits', { onProgress: ({ done }) => seen.push(done) });
    expect(result).toEqual({ name: 'digits', problems: [], notes: [], bytes: COUNT * SIDE * SIDE });
    expect(seen.at(-1)).toBe(COUNT * SIDE * SIDE);
  });

  it('says which images are altered', async () => {
    flip('pixels.u8', 2 ** 20);
    expect(await problems()).toEqual([matching(/not what was imported, in images 1024 to 1199: its/)]);
  });

  it.each([
    ['labels.u8', /labels\.u8 is not what was imported/],
    ['split.u8', /split\.u8 is not what was imported/],
    ['pixels.sha256', /pixels\.sha256 is damaged/],
  ])('finds an altered %s', async (file, told) => {
    flip(file, 11);
    expect(await problems()).toEqual([matching(told)]);
  });

  it('says what an earlier version did not note', async () => {
    forgetHashes();
    const result = await verifyDataset(home, 'digits');
    expect(result.problems).toEqual([]);
    expect(result.notes).toEqual([matching(/^The classes and split of "digits" cannot be verified/)]);
    flip('pixels.u8', 1);
    expect(await problems()).toHaveLength(1);
    // Without hashes a class that there is not is found all the same.
    fs.writeFileSync(inFolder('labels.u8'), Buffer.alloc(COUNT, 7));
    expect(await problems()).toContainEqual(matching(/gives image 0 the class 7, but there are 3/));
  });

  it('tells of a data set that cannot be opened', async () => {
    fs.truncateSync(inFolder('pixels.u8'), 100);
    expect(await problems()).toEqual([matching(/pixels\.u8 has 100 bytes where dataset\.json says/)]);
  });
});
