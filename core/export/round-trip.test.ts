/** Whatever a data set is exported as, it imports back equal: pixels, labels, names, hold-out. */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importDataset } from '../data/import/import-dataset.ts';
import { createPackedWriter } from '../data/import/packed-writer.ts';
import { DEFAULT_SETTINGS } from '../data/import/settings.ts';
import { openDataset } from '../data/packed.ts';
import { datasetFolder } from '../library.ts';
import { exportDataset } from './dataset.ts';

let root: string;
let home: string;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-round-trip-'));
  home = path.join(root, 'home');
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

interface Made {
  channels?: 1 | 3;
  count?: number;
  /** Class of each image; null for none. */
  classOf?: (image: number) => string | null;
  classOrder?: readonly string[];
  holdOut?: number;
}

async function make({
  channels = 3,
  count = 12,
  classOf = () => null,
  classOrder,
  holdOut = 0,
}: Made): Promise<void> {
  const writer = await createPackedWriter(datasetFolder(home, 'set'), {
    name: 'set',
    height: 8,
    width: 8,
    channels,
  });
  for (let image = 0; image < count; image++) {
    const pixels = Uint8Array.from(
      { length: 64 * channels },
      (_, i) => (image * 89 + i * 37 + (i * image) / 7) % 256,
    );
    const hash = createHash('sha256').update(pixels).digest();
    await writer.append({ pixels, hash, className: classOf(image), file: `${image}` });
  }
  const source = { kind: 'sample' as const, paths: [], description: 'Made.' };
  const settings = { ...DEFAULT_SETTINGS, size: 8, channels, holdOut };
  await writer.finish({ source, settings, remarks: [], classOrder: classOrder ?? null, holdOut });
}

async function contentOf(name: string): Promise<object> {
  const dataset = await openDataset(home, name);
  try {
    const { count, height, width, channels, classes, unlabelled, heldOut, fingerprint } = dataset.record;
    return {
      ...{ count, height, width, channels, classes, unlabelled, heldOut, fingerprint },
      labels: [...((await dataset.labels()) ?? [])],
      split: [...((await dataset.split()) ?? [])],
    };
  } finally {
    dataset.close();
  }
}

const ODD = [
  'zebra',
  'a/b',
  'a:b',
  '..',
  '10',
  '9',
  'Größe 🐈',
  'train',
  'unlabelled',
  'x'.repeat(190),
  ' con. ',
  'A-B',
];

const SETS: readonly (readonly [what: string, set: Made])[] = [
  ['without classes', {}],
  ['without classes, some held out', { holdOut: 0.34 }],
  ['grey, with classes', { channels: 1, classOf: (image) => ['cat', 'dog'][image % 2]! }],
  ['with classes, some held out', { classOf: (image) => ['cat', 'dog'][image % 2]!, holdOut: 0.34 }],
  [
    'with odd names in an order of their own',
    { classOf: (image) => ODD[image % ODD.length]!, classOrder: ODD },
  ],
  [
    'with all of that, and images without a class',
    {
      count: 40,
      classOf: (image) => (image % 5 === 0 ? null : ODD[image % ODD.length]!),
      classOrder: ODD,
      holdOut: 0.2,
    },
  ],
  ['of one class that not all have', { classOf: (image) => (image % 3 === 0 ? 'cat' : null) }],
  ['of 300 classes', { channels: 1, count: 310, classOf: (image) => `class ${image % 300}` }],
  ['of numbers as classes', { count: 30, classOf: (image) => String(image % 11) }],
];

describe.each([
  ['npz', 'set.npz'],
  ['folder', 'folder'],
] as const)('as %s', (_, file) => {
  it.each(SETS)('a data set %s', async (__, set) => {
    await make(set);
    const to = path.join(root, file);
    await exportDataset(home, 'set', to);
    const record = await importDataset({ home, name: 'back', request: { kind: null, paths: [to] } });
    expect(record.skipped).toEqual([]);
    expect(await contentOf('back')).toEqual(await contentOf('set'));
  });
});

it('another share is held out when that is asked for', async () => {
  await make({ count: 20, holdOut: 0.1 });
  const to = path.join(root, 'set.npz');
  await exportDataset(home, 'set', to);
  const settings = { holdOut: 0.5 };
  const record = await importDataset({ home, name: 'back', request: { kind: null, paths: [to] }, settings });
  expect(record.heldOut).toBe(10);
});
