/** Made-up data sets for the window in a plain browser. */
import type { DatasetRecord, ImageBatch } from '../../core/data/dataset.ts';
import type { CallResult, ImageFlags, PixelResult } from '../../main/ipc/contract.ts';
import { batchOf, chance, DIGITS, LONG, fakeImage } from './fake-images.ts';

export type DatasetEntry = CallResult<'datasets.list'>[number];

/** Files that an import left out. */
export const SKIPPED = [
  { file: 'notes.png', reason: 'is not an image: it holds text' },
  { file: 'IMG_0231.jpeg', reason: 'ends in the middle of the image' },
  { file: 'scans/panorama.png', reason: 'has 900 million pixels, more than the 100 million that are read' },
];

/** A data set as the library lists it. */
export function dataset(
  name: string,
  count: number,
  size: number,
  channels: 1 | 3,
  path: string,
  more: Partial<DatasetRecord> = {},
): DatasetEntry {
  const isSample = name === 'sample';
  const skipped = more.skipped ?? [];
  const record: DatasetRecord = {
    format: 'covae-dataset',
    version: 2,
    name,
    createdAt: '2026-03-02T14:05:00.000Z',
    count,
    height: size,
    width: size,
    channels,
    source: {
      kind: isSample ? 'sample' : 'folder',
      paths: isSample ? [] : [path],
      description: isSample ? 'The sample digits.' : `A folder with ${count} JPEG images.`,
    },
    settings: null,
    fingerprint: `sha256:${BigInt(count * 1_000 + name.length)
      .toString(16)
      .padStart(64, '0')}`,
    mean: channels === 1 ? [33.3] : [120.7, 110.2, 96.4],
    std: channels === 1 ? [78.6] : [61.2, 58.9, 63.1],
    ...(isSample && { classes: [...DIGITS] }),
    heldOut: 0,
    flip: isSample
      ? { suits: false, reason: 'Mirrored digits would be other signs.' }
      : { suits: true, reason: 'Mirrored images look like the others.' },
    leftOut: { all: skipped.length, duplicates: 0, small: 0 },
    skipped,
    ...more,
  };
  return { record, name, problem: null, missing: false };
}

/** Data sets as a scene begins with them. */
export function fakeDatasets(scene: string): DatasetEntry[] {
  if (scene === 'empty') return [];
  const few = [
    dataset('sample', 10_000, 28, 1, 'mnist'),
    dataset('harbour at dawn', 1_284, 64, 3, '/home/mira/Pictures/harbour at dawn', {
      skipped: SKIPPED,
      heldOut: 128,
    }),
    dataset('mnist-train', 60_000, 32, 1, '/data/mnist/train', { classes: [...DIGITS] }),
    {
      record: null,
      name: 'old scans',
      problem:
        'The data set “old scans” is damaged: pixels.u8 is 1,024 bytes too short; remove it and import it again.',
      missing: false,
    },
  ];
  if (scene === 'many' || scene === 'long') {
    const [sample] = few;
    few.push(
      dataset(LONG, 345_678, 128, 3, `/media/archive/${'very deep folder/'.repeat(6)}${LONG}`, {
        classes: Array.from({ length: 120 }, (_, index) => `a class with quite a long name ${index}`),
        skipped: Array.from({ length: 1_000 }, (_, index) => ({
          file: `${'deep folder/'.repeat(index % 6)}IMG_${1000 + index}.jpg`,
          reason: index % 3 === 0 ? 'ends in the middle of the image' : 'not an image that can be read',
        })),
        leftOut: { all: 4_211, duplicates: 3_000, small: 12 },
      }),
      dataset('nothing', 0, 32, 3, '/tmp/nothing'),
      {
        record: sample?.record ? { ...sample.record, name: 'on the old disk' } : null,
        name: 'on the old disk',
        problem:
          'Its folder should be /media/old disk/digits, which is not there; connect the disk or find the folder.',
        missing: true,
      },
    );
  }
  if (scene === 'many') {
    for (let index = 0; index < 60; index++) {
      const colour = index % 3 !== 0;
      few.push(
        dataset(
          `${['birds', 'stamps', 'faces', 'tiles', 'maps'][index % 5]} ${1 + Math.floor(index / 5)}`,
          500 + index * 931,
          colour ? 48 : 28,
          colour ? 3 : 1,
          `/home/mira/Pictures/collection ${index}`,
        ),
      );
    }
  }
  return few;
}

/** Images of a data set by their indices. */
export function fakeImages({ height, channels }: DatasetRecord, indices: readonly number[]): ImageBatch {
  return batchOf(indices.length, height, channels, (at) => fakeImage(indices[at] ?? 0, height, channels));
}

function flagsOf({ count }: DatasetRecord): ImageFlags {
  return {
    nearConstant: { total: count > 5_000 ? 2 : 0, images: count > 5_000 ? [17, 391] : [] },
    duplicates: {
      total: count > 1_000 ? 3 : 0,
      groups:
        count > 1_000
          ? [
              [3, 998],
              [12, 55, 901],
            ]
          : [],
    },
    suspicious: {
      total: count > 1_000 ? 1 : 0,
      images: count > 1_000 ? [{ image: 42, reason: 'much brighter than the others' }] : [],
    },
  };
}

/** What is measured of a data set. */
export function fakeMeasurements(record: DatasetRecord): PixelResult<'dataset.measurements'> {
  const { height: size, channels, classes } = record;
  const some = fakeImages(record, [...Array(60).keys()]);
  const perImage = size * size * channels;
  const mean = new Uint8Array(perImage);
  for (let at = 0; at < perImage; at++) {
    let sum = 0;
    for (let image = 0; image < 60; image++) sum += some.data[image * perImage + at] ?? 0;
    mean[at] = sum / 60;
  }
  const histogram = Array.from({ length: channels }, (_, channel) => {
    const counts = new Array<number>(256).fill(0);
    some.data.forEach((value, at) => {
      if (at % channels === channel) counts[value] = (counts[value] ?? 0) + 1;
    });
    return counts;
  });
  const image: ImageBatch = { count: 1, height: size, width: size, channels, data: mean };
  return {
    histogram,
    meanImage: image,
    flags: flagsOf(record),
    flip: record.flip ?? { suits: null, reason: 'There are too few images to tell.' },
    classCounts: classes?.map((_, index) => 900 + Math.round(300 * chance(index, 9))) ?? null,
  };
}
