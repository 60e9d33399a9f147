import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importDataset } from './import-dataset.ts';
import { openPreview, previewImport } from './preview.ts';
import { openDataset } from '../packed.ts';

let root: string;
let images: string;
beforeEach(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-preview-'));
  images = path.join(root, 'images');
  for (let i = 0; i < 12; i++) {
    const below = path.join(images, i % 3 === 0 ? 'cat' : 'dog');
    fs.mkdirSync(below, { recursive: true });
    const pixels = Uint8Array.from({ length: 30 * 20 * 3 }, (_, at) => (at * (i + 2)) % 256);
    await sharp(pixels, { raw: { width: 30, height: 20, channels: 3 } })
      .png()
      .toFile(path.join(below, `${String(i).padStart(2, '0')}.png`));
  }
  fs.writeFileSync(path.join(images, 'dog', 'zz.png'), 'no image');
});
afterEach(() => fs.rmSync(root, { recursive: true, force: true }));

const request = () => ({ kind: 'folder', paths: [images] }) as const;

describe('a preview', () => {
  it('shows the pixels that the import then has', async () => {
    const settings = { size: 16, fit: 'pad', padColour: '#ff0000' } as const;
    const preview = await previewImport(root, request(), settings, 100);
    expect(preview).toMatchObject({ kind: 'folder', total: 13, settings: { size: 16, channels: 3 } });
    expect(preview.classes?.map(({ name }) => name)).toEqual(['cat', 'dog']);
    expect(preview.images.at(-1)).toMatchObject({ file: 'dog/zz.png', index: null, width: null });
    expect(preview.images[0]).toMatchObject({
      className: 'cat',
      width: 30,
      height: 20,
      index: 0,
      reason: null,
    });
    const home = path.join(root, 'home');
    await importDataset({ home, name: 'set', request: request(), settings });
    const data = await openDataset(home, 'set');
    expect(preview.pixels).toEqual(await data.readImages(0, 100));
    data.close();
    expect(preview.flip.suits).toBeNull();
  });

  it('says what is left out, and why', async () => {
    const { images: shown, pixels } = await previewImport(root, request(), { minSide: 24 }, 100);
    expect(pixels.count).toBe(0);
    expect(shown[0]?.reason).toBe('30 × 20 pixels, less than the 24 a side that were asked for');
    const faces = await previewImport(root, request(), { fit: 'celeba' }, 100);
    expect(faces.pixels.count).toBe(0);
    expect(faces.images[0]?.reason).toBe("30 × 20 pixels, not the 178 × 218 of CelebA's aligned images");
    const some = await previewImport(root, request(), { classMap: { cat: null, dog: 'hound' } }, 100);
    expect(some.pixels.count).toBe(8);
    expect(some.images[0]).toMatchObject({ index: null, reason: 'class "cat" is left out' });
    expect(some.images[5]).toMatchObject({ className: 'hound' });
  });

  it('warns of images that are enlarged, cut, or in too few classes', async () => {
    const { warnings } = await previewImport(root, request(), { size: 64 }, 100);
    expect(warnings).toEqual([
      '12 of the 12 images looked at are smaller than 64 pixels and would be enlarged.',
      'Cutting out the middle loses a third of the image or more in 12 of the 12 images looked at.',
    ]);
  });

  it('of one source can be made with several settings', async () => {
    const previewer = await openPreview(root, request());
    const first = await previewer.preview({ size: 16 }, 5);
    const second = await previewer.preview({ size: 24, channels: 1 }, 5);
    expect(first.pixels).toMatchObject({ count: 5, height: 16, channels: 3 });
    expect(second.pixels).toMatchObject({ count: 5, height: 24, channels: 1 });
    await previewer.close();
  });

  it('of a data set made anew shows its own images where the files are gone', async () => {
    const settings = { size: 16, minSide: 20, classMap: { cat: 'dog', dog: 'cat' }, limit: 9 };
    await importDataset({ home: root, name: 'pets', request: request(), settings });
    const again = { ...request(), again: 'pets' };
    expect(await previewImport(root, again, settings, 100)).toMatchObject({ kind: 'folder', total: 13 });
    fs.rmSync(images, { recursive: true });
    const preview = await previewImport(root, again, settings, 100);
    expect(preview).toMatchObject({
      kind: 'dataset',
      description: expect.stringMatching(
        /^The data set "pets" with \d images of 16 × 16 pixels\.$/,
      ) as string,
      classes: [
        { name: 'cat', count: null },
        { name: 'dog', count: null },
      ],
    });
    // No image is left out for its size, and no class changes its name twice.
    expect(preview.settings).toMatchObject({ minSide: 0 });
    expect(preview.settings).not.toHaveProperty('classMap');
    expect(preview.settings).not.toHaveProperty('limit');
    expect(preview.images.map(({ reason }) => reason)).toEqual(Array(preview.total ?? 0).fill(null));
    const own = { kind: 'dataset', paths: ['pets'] } as const;
    expect((await previewImport(root, own, { size: 8 }, 3)).pixels).toMatchObject({ count: 3, height: 8 });
    await expect(previewImport(root, { kind: 'dataset', paths: [] }, {}, 3)).rejects.toThrow(
      'give the name of a data set',
    );
    await expect(previewImport(root, request(), {}, 3)).rejects.toThrow(/does not exist/);
  });

  it('of what cannot be imported says why', async () => {
    await expect(previewImport(root, request(), { size: 3 }, 4)).rejects.toThrow(
      /key "size" must be at least 8/,
    );
    const nowhere = { kind: null, paths: [path.join(root, 'nowhere')] };
    await expect(previewImport(root, nowhere, {}, 4)).rejects.toThrow(
      /nowhere does not exist; check the path/,
    );
  });
});
