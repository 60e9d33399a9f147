import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeImage } from '../decode/decode.ts';
import { openSource } from './open.ts';
import type { ImageSource, SourceItem, SourceRequest } from './source.ts';

const FOLDER = path.join(import.meta.dirname, 'testdata');
const ExpectedSchema = v.record(
  v.string(),
  v.object({
    shape: v.tuple([v.number(), v.number(), v.number(), v.number()]),
    pixels: v.string(),
    classes: v.array(v.nullable(v.string())),
  }),
);
const expected = v.parse(
  ExpectedSchema,
  JSON.parse(fs.readFileSync(path.join(FOLDER, 'expected.json'), 'utf8')),
);

function at(name: string, more: Partial<SourceRequest> = {}): SourceRequest {
  return { kind: null, paths: [path.join(FOLDER, name)], ...more };
}

const open: ImageSource[] = [];
afterEach(async () => {
  for (const source of open.splice(0)) await source.close();
});

/** Opens a source that is closed after the test. */
async function opened(request: SourceRequest): Promise<ImageSource> {
  const source = await openSource(request);
  open.push(source);
  return source;
}

async function pixelsOf({ content }: SourceItem): Promise<{ shape: number[]; data: Uint8Array }> {
  const image = content.kind === 'raw' ? content : await decodeImage(await content.read());
  return { shape: [image.height, image.width, image.channels], data: image.data };
}

describe('pixels and classes are those NumPy wrote', () => {
  it.each(Object.keys(expected))('%s', async (name) => {
    const { shape, pixels, classes } = expected[name]!;
    const wanted = new Uint8Array(Buffer.from(pixels, 'base64'));
    const [count, ...imageShape] = shape;
    const perImage = wanted.length / count;
    const source = await opened(at(name));
    expect(source.total).toBe(count);
    expect(source.description).toMatch(/^[^\n]+\.$/);
    const found: SourceItem[] = [];
    for await (const item of source.items()) {
      if ('skipped' in item) throw new Error(`${item.skipped.file}: ${item.skipped.reason}`);
      const image = await pixelsOf(item);
      expect(image.shape).toEqual(imageShape);
      const index = found.length;
      expect(Buffer.from(image.data).equals(wanted.subarray(index * perImage, (index + 1) * perImage))).toBe(
        true,
      );
      found.push(item);
    }
    expect(found.map((item) => item.className)).toEqual(classes);
    const used = [...new Set(classes)].filter((one) => one !== null);
    if (used.length === 0) expect(source.classNames).toBeNull();
    else expect(source.classNames).toEqual(expect.arrayContaining(used));
    if (source.shape !== null) {
      expect([source.shape.height, source.shape.width, source.shape.channels]).toEqual(imageShape);
    }
    // A preview shows some of the same items.
    const preview = await source.preview(4);
    expect(preview).toHaveLength(Math.min(4, count));
    for (const item of preview) {
      if ('skipped' in item) throw new Error(item.skipped.reason);
      const same = found.find(({ file }) => file === item.file)!;
      expect(item.className).toBe(same.className);
      expect((await pixelsOf(item)).data).toEqual((await pixelsOf(same)).data);
    }
  });
});

describe('what was found is said', () => {
  it.each([
    [
      'idx',
      '2 IDX files with 6 grey images of 9 × 10 pixels, labels of 3 classes from train-labels-idx1-ubyte.gz and t10k-labels-idx1-ubyte.',
    ],
    ['deflated.zip', 'A zip archive with 6 PNG images in 3 class folders.'],
    ['images.tar.gz', 'A compressed tar archive with 6 PNG images in 3 class folders.'],
    ['images', 'A folder with 6 PNG images in 3 class folders.'],
    ['nchw.npy', 'An npy file with 6 RGB images of 9 × 10 pixels, no labels, read as N×C×H×W.'],
    [
      'float16-signed.npy',
      'An npy file with 6 grey images of 9 × 10 pixels, no labels, read as N×H×W, float16 values from -1 to 1.',
    ],
    [
      'compressed.npz',
      'An npz file with 6 RGB images of 9 × 10 pixels in x_train and x_test, labels of 3 classes from y_train and y_test, read as N×H×W×C.',
    ],
    [
      'cifar-10-binary.tar.gz',
      'CIFAR-10 in binary form, 3 files of a tar archive with 5 RGB images of 32 × 32 pixels, labels of 10 classes.',
    ],
    [
      'cifar-100.bin',
      'CIFAR-100 in binary form, 1 file with 3 RGB images of 32 × 32 pixels, labels of 100 classes (the fine ones) without names.',
    ],
    [
      'hub-zstd.parquet',
      'A Parquet file with 6 images in the column "image", labels of 3 classes in the column "label".',
    ],
    [
      'float-labels.npz',
      'An npz file with 6 RGB images of 9 × 10 pixels in faces, labels of 3 classes from y_train, read as N×H×W×C.',
    ],
    [
      'unfit-labels.npz',
      'An npz file with 6 grey images of 9 × 10 pixels in x, labels of 3 classes from targets (the array "y" is not taken for them: it holds the number 0.5, but labels are whole numbers) (the array "labels" is not taken for them: its shape is 4, but there are 6 images), read as N×H×W.',
    ],
    [
      'no-labels.npz',
      'An npz file with 6 grey images of 9 × 10 pixels in x, no labels (the array "y" is not taken for them: its shape is 4, but there are 6 images), read as N×H×W.',
    ],
    [
      'float-labels.parquet',
      'A Parquet file with 6 images in the column "image", labels of 2 classes in the column "label" (2 images have none).',
    ],
    [
      'unfit-labels.parquet',
      'A Parquet file with 6 images in the column "image", no labels (the column "label" is not taken for them: it holds the number 0.5).',
    ],
    [
      'list-labels.parquet',
      'A Parquet file with 6 images in the column "image", no labels (the column "labels" is not taken for them: it does not hold whole numbers or texts).',
    ],
  ])('%s', async (name, description) => {
    const source = await opened(at(name));
    expect(source.description).toBe(description);
  });

  it('and labels that were asked for, but do not fit, are refused', async () => {
    await expect(openSource(at('unfit-labels.npz', { labelsKey: 'y' }))).rejects.toThrow(
      'y holds the number 0.5, but labels are whole numbers; leave them out or round them.',
    );
    await expect(openSource(at('unfit-labels.parquet', { labelsKey: 'label' }))).rejects.toThrow(
      'holds the number 0.5 in its column "label", but labels are whole numbers; leave them out or round them.',
    );
  });

  it('with class names in the order the file tells', async () => {
    expect((await opened(at('hub-none.parquet'))).classNames).toEqual(['Äpfel', '梨', 'kiwi']);
    expect((await opened(at('cifar-100.bin', { labelsKey: 'coarse' }))).description).toContain(
      'labels of 20 classes (the coarse ones)',
    );
  });
});

describe('choices', () => {
  it('leave labels out, or take them from another array or column', async () => {
    expect((await opened(at('compressed.npz', { labelsPath: null }))).classNames).toBeNull();
    expect((await opened(at('plain-pages-2.parquet', { labelsKey: 'kind' }))).classNames).toEqual([
      'kiwi',
      'Äpfel',
      '梨',
    ]);
    const one = await opened(at('compressed.npz', { imagesKey: 'x_test' }));
    expect(one.total).toBe(2);
  });

  it('say the layout where two are possible', async () => {
    const source = await opened(at('flat-colour.npy', { layout: 'NHWC' }));
    expect(source.description).toContain('N×(H·W·C)');
  });

  it('cut an image into tiles', async () => {
    const file = path.join(FOLDER, '..', '..', 'decode', 'testdata', 'png-rgb-8.png');
    const source = await opened({ kind: 'tiles', paths: [file], tile: { size: 8, stride: 5 } });
    expect(source.description).toBe('An image of 19 × 13 pixels, cut into 6 tiles of 8 × 8, 5 pixels apart.');
    const whole = await decodeImage(new Uint8Array(fs.readFileSync(file)));
    let index = 0;
    for await (const item of source.items()) {
      if ('skipped' in item) throw new Error(item.skipped.reason);
      const [x, y] = [5 * (index % 3), 5 * Math.floor(index / 3)];
      expect(item.file).toBe(`png-rgb-8.png at ${x}, ${y}`);
      const { data } = await pixelsOf(item);
      for (let row = 0; row < 8; row++) {
        const from = ((y + row) * 19 + x) * 3;
        expect(data.subarray(row * 24, row * 24 + 24)).toEqual(whole.data.subarray(from, from + 24));
      }
      index++;
    }
    expect(index).toBe(6);
  });

  it('take several files of one data set, or several images', async () => {
    const paths = ['hub-none.parquet', 'hub-gzip.parquet'].map((name) => path.join(FOLDER, name));
    expect((await opened({ kind: null, paths })).total).toBe(12);
    const images = ['png-rgb-8.png', 'jpeg-444.jpg'].map((name) =>
      path.join(FOLDER, '..', '..', 'decode', 'testdata', name),
    );
    expect((await opened({ kind: null, paths: images })).description).toBe(
      '2 images (PNG and JPEG), chosen one by one.',
    );
    const [one = ''] = images;
    expect((await opened({ kind: null, paths: [one] })).description).toMatch(/^1 (PNG|JPEG) image\.$/);
  });
});
