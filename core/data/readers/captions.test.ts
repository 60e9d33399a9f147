import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { captionsAmong } from './captions.ts';
import { openSource } from './open.ts';

const IMAGE = path.join(import.meta.dirname, '..', 'decode', 'testdata', 'png-rgb-8.png');

describe('captions', () => {
  it('are called like the image they lie beside', () => {
    const files = [
      'a.png',
      'a.txt',
      'b.JPG',
      'b.JPG.json',
      'b.xmp',
      'c/a.txt',
      'd.png',
      'd.caption',
      'notes.txt',
    ];
    expect([...captionsAmong(files)]).toEqual(['a.txt', 'b.JPG.json', 'b.xmp', 'd.caption']);
  });

  let folder: string;
  beforeEach(() => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-captions-'));
  });
  afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

  it.each(['.txt', '.caption', '.json', '.png.txt'])('%s are no images that are left out', async (ending) => {
    for (let i = 0; i < 4; i++) {
      fs.copyFileSync(IMAGE, path.join(folder, `${i}.png`));
      fs.writeFileSync(
        path.join(folder, `${i}${ending}`),
        ending === '.json' ? '{"caption": "a cat"}' : 'a cat',
      );
    }
    const source = await openSource({ kind: null, paths: [folder] });
    const files: string[] = [];
    for await (const item of source.items()) files.push('skipped' in item ? item.skipped.reason : item.file);
    await source.close();
    expect(files).toEqual(['0.png', '1.png', '2.png', '3.png']);
    expect(source.total).toBe(4);
    expect(source.description).toBe(
      'A folder with 4 PNG images, and 4 captions beside them that are not used.',
    );
  });
});
