/** For the tests of imports. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import { UserError } from '../../errors.ts';
import { importDataset, type ImportOptions } from './import-dataset.ts';
import type { ImportSettings } from './settings.ts';

/** The library of the test that runs, and a folder for its images. Both are new for every test. */
export let home: string;
export let images: string;
beforeEach(() => {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-import-'));
  home = path.join(root, 'home');
  images = path.join(root, 'images');
  fs.mkdirSync(images);
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(path.dirname(home), { recursive: true, force: true });
});

/** A folder's import, unless told otherwise. */
export function options(
  settings: Partial<ImportSettings> = {},
  more: Partial<ImportOptions> = {},
): ImportOptions {
  return {
    home,
    name: 'set',
    request: { kind: 'folder', paths: [images] },
    settings: { size: 16, channels: 3, ...settings },
    ...more,
  };
}

/** An image of one colour. */
export function flat(side: number, colour: string): sharp.Sharp {
  return sharp({ create: { width: side, height: side, channels: 3, background: colour } });
}

/** Writes an image among those to import, as its name says. */
export async function put(file: string, image: sharp.Sharp): Promise<void> {
  const target = path.join(images, file);
  fs.mkdirSync(path.dirname(target), { recursive: true });
  await image.toFormat(file.endsWith('png') ? 'png' : 'jpeg').toFile(target);
}

/** The sentence with which an import is refused; nothing of it is left. */
export async function failure(
  settings: Partial<ImportSettings> = {},
  more: Partial<ImportOptions> = {},
): Promise<string> {
  const error: unknown = await importDataset(options(settings, more)).catch((e: unknown) => e);
  expect(error).toBeInstanceOf(UserError);
  const left = fs.existsSync(path.join(home, 'datasets')) ? fs.readdirSync(path.join(home, 'datasets')) : [];
  expect(left).toEqual([]);
  const message = error instanceof Error ? error.message : '';
  expect(message).toMatch(/^[^\n]+\.$/);
  return message;
}
