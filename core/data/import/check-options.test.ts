import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceRequest } from '../readers/source.ts';
import { duplicateDataset } from './duplicate.ts';
import { importDataset } from './import-dataset.ts';
import { suitingRequest } from './kind-options.ts';
import { previewImport } from './preview.ts';
import type { ImportSettings } from './settings.ts';

const TESTDATA = path.join(import.meta.dirname, '..', 'readers', 'testdata');
const at = (name: string): string => path.join(TESTDATA, name);

let home: string;
beforeEach(() => {
  home = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-options-'));
});
afterEach(() => fs.rmSync(home, { recursive: true, force: true }));

/** What import and preview, which must be of one mind, say of these options; null when they take them. */
async function refusal(
  name: string,
  more: Partial<SourceRequest> = {},
  settings: Partial<ImportSettings> = {},
): Promise<string | null> {
  const request = { kind: null, paths: name === 'sample' ? [] : [at(name)], ...more };
  const told = async (promise: Promise<unknown>): Promise<string | null> =>
    promise.then(
      () => null,
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  const shown = await told(previewImport(home, request, settings, 4));
  const done = await told(importDataset({ home, name: 'set', request, settings }));
  fs.rmSync(path.join(home, 'datasets', 'set'), { recursive: true, force: true });
  expect(shown).toBe(done);
  return done;
}

describe('options that do nothing', () => {
  it.each([
    ['labels/loose', { labelsPath: 'labels.npy' }, '--labels', 'a folder of images'],
    ['labels/loose', { labelsPath: null }, '--labels none', 'a folder of images'],
    ['labels/loose', { layout: 'NCHW' }, '--layout', 'a folder of images'],
    ['labels/loose', { tile: { stride: 4 } }, '--stride', 'a folder of images'],
    ['labels/loose', { tile: { size: 8 } }, '--tile', 'a folder of images'],
    ['labels/loose', { imagesKey: 'x' }, '--images-key', 'a folder of images'],
    ['labels/edm.zip', { layout: 'auto' }, '--layout', 'a zip archive'],
    ['labels/cls.tar', { imagesKey: 'x' }, '--images-key', 'a tar archive'],
    ['uint8.npy', { imagesKey: 'x' }, '--images-key', 'an npy file'],
    ['stored.npz', { labelsPath: 'labels.npy' }, '--labels', 'an npz file'],
    ['stored.npz', { tile: { size: 8 } }, '--tile', 'an npz file'],
    ['labels/hub', { layout: 'NHWC' }, '--layout', 'Parquet files'],
    ['cifar-10-batches-bin', { labelsPath: null }, '--labels none', 'batches of CIFAR'],
    ['sample', { kind: 'sample', layout: 'NHWC' }, '--layout', 'the sample digits'],
  ] as const)('are refused for %s: %o', async (name, request, flag, where) => {
    expect(await refusal(name, request)).toBe(`The option ${flag} does nothing for ${where}; leave it out.`);
  });

  it.each([
    ['stored.npz', { classes: 'folders' }, '--classes folders', 'an npz file'],
    ['labels/loose', { padColour: '#ff0000' }, '--pad-colour', 'images that are not padded'],
    ['labels/loose', { classes: 'none', classMap: { cat: 'dog' } }, '--class', 'an import without classes'],
  ] as const)('are refused for %s: %o', async (name, settings, flag, where) => {
    expect(await refusal(name, {}, settings)).toBe(
      `The option ${flag} does nothing for ${where}; leave it out.`,
    );
  });

  it('are classes that there are not', async () => {
    const classMap = { nope: 'x' };
    const words = 'There is no class "nope" to rename or leave out; there are "cat" and "dog".';
    expect(await refusal('labels/loose', {}, { classMap })).toBe(words);
    expect(await refusal('labels/loose', {}, { classMap, classes: 'folders' })).toMatch(/no class "nope"/);
    expect(await refusal('no-labels.npz', {}, { classMap })).toBe(
      'There is no class "nope", nor any other, so it can be neither renamed nor left out.',
    );
    expect(await refusal('labels/loose', {}, { classMap: { cat: 'x' } })).toBeNull();
  });

  it('are names of labels that no file beside the images has', async () => {
    expect(await refusal('labels/csv', { labelsKey: 'text' })).toBeNull();
    expect(await refusal('labels/csv', { labelsKey: 'x' })).toMatch(/has no labels called "x"/);
    expect(await refusal('labels/loose', { labelsKey: 'x' })).toMatch(/has no labels called "x"/);
  });

  it('are taken where they do something', async () => {
    expect(await refusal('nchw.npy', { layout: 'NCHW', labelsPath: null })).toBeNull();
    expect(await refusal('labels/hub', { labelsPath: null, imagesKey: 'image' })).toBeNull();
    expect(await refusal('labels/loose', {}, { fit: 'pad', padColour: '#ff0000' })).toBeNull();
  });

  it('of an earlier import are no hindrance to another', async () => {
    const images = path.join(home, 'images');
    fs.cpSync(at('labels/loose'), images, { recursive: true });
    const request = { kind: null, paths: [images] };
    await importDataset({ home, name: 'set', request, settings: { classMap: { cat: 'tom', dog: null } } });
    // The class is gone since.
    fs.rmSync(path.join(images, 'dog'), { recursive: true });
    fs.mkdirSync(path.join(images, 'cow'));
    fs.copyFileSync(path.join(images, 'stray.png'), path.join(images, 'cow', '1.png'));
    const record = await duplicateDataset({ home, from: 'set', name: 'again' });
    expect(record.classes).toEqual(['cow', 'tom']);
  });

  it('are left out of a request by the window', () => {
    const request = { paths: ['a'], layout: 'NCHW', tile: { size: 8 }, labelsPath: null } as const;
    expect(suitingRequest(request, 'npz')).toEqual({ paths: ['a'], layout: 'NCHW', labelsPath: null });
    expect(suitingRequest(request, 'tiles')).toEqual({ paths: ['a'], tile: { size: 8 } });
  });
});

describe('several kinds of data in a folder', () => {
  it('are a question in the preview and a refusal in an import, until one is said', async () => {
    const folder = path.join(home, 'images');
    fs.cpSync(at('labels/hub'), folder, { recursive: true });
    const png = fs.readFileSync(at('labels/loose/stray.png'));
    for (let i = 0; i < 10; i++) fs.writeFileSync(path.join(folder, `${i}.png`), png);
    for (let i = 0; i < 2; i++)
      fs.copyFileSync(path.join(folder, 'train.parquet'), path.join(folder, `${i}.parquet`));
    const request = { kind: null, paths: [folder] };
    const preview = await previewImport(home, request, {}, 4);
    expect(preview).toMatchObject({
      kind: 'parquet',
      rivals: [
        { kind: 'parquet', total: 14 },
        { kind: 'folder', total: 10 },
      ],
    });
    await expect(importDataset({ home, name: 'set', request })).rejects.toThrow(
      `${folder} holds Parquet files with 14 images and 10 image files; say which is meant with --kind parquet or --kind folder.`,
    );
    const said = { ...request, kind: 'folder' } as const;
    expect((await previewImport(home, said, {}, 4)).rivals).toEqual([]);
    expect((await importDataset({ home, name: 'set', request: said })).count).toBe(10);
  });

  it('are none where the pictures are strays, of which the description tells', async () => {
    const folder = path.join(home, 'images');
    fs.cpSync(at('labels/hub'), folder, { recursive: true });
    fs.copyFileSync(at('labels/loose/stray.png'), path.join(folder, 'cover.png'));
    const record = await importDataset({ home, name: 'set', request: { kind: null, paths: [folder] } });
    expect(record).toMatchObject({ count: 6, unlabelled: 2, skipped: [] });
    expect(record.source.description).toMatch(/\(1 PNG image in the folder is not taken\)\.$/);
  });
});
