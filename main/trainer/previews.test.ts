import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DEFAULT_SETTINGS } from '../../core/data/import/settings.ts';
import { Previews } from './previews.ts';

let folder: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-previews-'));
  for (let index = 0; index < 5; index++) {
    const create = { width: 20, height: 12, channels: 3 as const, background: `rgb(${50 * index},9,9)` };
    await sharp({ create })
      .png()
      .toFile(path.join(folder, `${index}.png`));
  }
});
afterEach(() => fs.rm(folder, { recursive: true, force: true }));

const request = () => ({ kind: 'folder' as const, paths: [folder] });
const settings = (size: number) => ({ ...DEFAULT_SETTINGS, size });

describe('Previews', () => {
  it('shows images as they would be imported, for one settings after the other', async () => {
    const previews = new Previews(folder);
    const { pixels, preview } = await previews.ask(request(), settings(16), 3);
    expect(pixels).toMatchObject({ count: 3, height: 16, width: 16, channels: 3 });
    expect([...pixels.data.subarray(0, 3)]).toEqual([0, 9, 9]);
    expect(preview).toMatchObject({ kind: 'folder', total: 5, settings: { size: 16, channels: 3 } });
    expect(preview.images[0]).toMatchObject({ width: 20, height: 12, index: 0 });
    const next = await previews.ask(request(), { ...settings(8), channels: 1 }, 3);
    expect(next.pixels).toMatchObject({ count: 3, height: 8, channels: 1 });
    await previews.end();
  });

  it('answers only the newest of several wishes', async () => {
    const previews = new Previews(folder);
    const answers = await Promise.allSettled(
      [8, 16, 24].map((size) => previews.ask(request(), settings(size), 2)),
    );
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'fulfilled']);
    const [, , last] = answers;
    expect(last?.status === 'fulfilled' && last.value.pixels.height).toBe(24);
    await previews.end();
  });

  it('stops when it is not wanted any more, and looks at the source again when asked', async () => {
    const previews = new Previews(folder);
    const cancelled = new AbortController();
    const asked = previews.ask(request(), settings(16), 5, cancelled.signal);
    cancelled.abort();
    await expect(asked).rejects.toMatchObject({ code: 'cancelled' });
    expect((await previews.ask(request(), settings(16), 5)).pixels.count).toBe(5);
    await previews.end();
  });

  it('says what is wrong with a source, and looks at the next one all the same', async () => {
    const previews = new Previews(folder);
    const gone = { kind: null, paths: [path.join(folder, 'gone')] };
    await expect(previews.ask(gone, settings(16), 2)).rejects.toThrow('gone does not exist');
    expect((await previews.ask(request(), settings(16), 2)).pixels.count).toBe(2);
    await previews.end();
    await previews.end();
  });
});
