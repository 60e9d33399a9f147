import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { canMount, mountSmallDisk, unmount } from '../test-disk.ts';
import { hasProgram } from '../test-program.ts';
import { enlarge } from './enlarge.ts';
import { exportSet } from './export-set.ts';
import { FORMATS, type FormatName } from './sets/formats.ts';
import type { ImageSource } from './sets/set.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-export-set-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(folder, { recursive: true, force: true });
});

/** 12 images of 4 × 4, in parts of 4; something may happen before the last part. */
function source(before: () => void = () => undefined): ImageSource {
  return {
    shape: { count: 12, height: 4, width: 4, channels: 1, classes: null },
    word: 'sample',
    origin: (place) => ({ Software: 'CoVAE Studio', covae: JSON.stringify({ run: 'ü', index: place }) }),
    async *parts() {
      for (let part = 0; part < 3; part++) {
        await Promise.resolve();
        if (part === 2) before();
        const data = Uint8Array.from({ length: 64 }, (_, i) => (part * 64 + i * 5) % 256);
        yield { images: { count: 4, height: 4, width: 4, channels: 1, data }, labels: null };
      }
    },
  };
}

/** All formats that can be made here; main/cli/export.test.ts has what is said of films where ffmpeg is missing. */
const formats = (Object.keys(FORMATS) as FormatName[]).filter(
  (as) => !['mp4', 'webm'].includes(as) || hasProgram('ffmpeg'),
);
const target = (as: FormatName): string => path.join(folder, `out${FORMATS[as].ending ?? ''}`);

it.each(formats)('leaves nothing of a set as %s that was cancelled or failed', async (as) => {
  const controller = new AbortController();
  const cancelled = exportSet(
    source(() => controller.abort()),
    target(as),
    { as, signal: controller.signal },
  );
  await expect(cancelled).rejects.toThrow(/abort/);
  expect(fs.readdirSync(folder)).toEqual([]);
  const failed = source(() => {
    throw new Error('the run is gone');
  });
  await expect(exportSet(failed, target(as), { as })).rejects.toThrow('the run is gone');
  expect(fs.readdirSync(folder)).toEqual([]);
});

it.each(formats)('gives the same bytes twice as %s', async (as) => {
  const bytes = async (): Promise<Buffer[]> => {
    const { files } = await exportSet(source(), target(as), { as });
    const written = files.flatMap((file) =>
      fs.statSync(file).isDirectory()
        ? fs
            .readdirSync(file)
            .sort()
            .map((name) => path.join(file, name))
        : [file],
    );
    const read = written.map((file) => fs.readFileSync(file));
    files.forEach((file) => fs.rmSync(file, { recursive: true }));
    return read;
  };
  vi.useFakeTimers({ now: new Date(2030, 5, 5), toFake: ['Date'] });
  const first = await bytes();
  vi.setSystemTime(new Date(2031, 1, 1));
  expect(await bytes()).toEqual(first);
  vi.useRealTimers();
});

it.runIf(canMount())('says that the disk is full, whatever the format, and leaves nothing', async () => {
  const small = path.join(folder, 'small');
  mountSmallDisk(small, 4096);
  try {
    for (const as of formats) {
      const to = path.join(small, `out${FORMATS[as].ending ?? ''}`);
      await expect(exportSet(source(), to, { as, scale: 16, kernel: 'lanczos' })).rejects.toThrow(
        /^The images could not be written to .*: the disk is full; free some space and try again\.$/,
      );
      expect(fs.readdirSync(small)).toEqual([]);
    }
  } finally {
    unmount(small);
  }
});

it('enlarges to the neighbour, or as Pillow does', () => {
  const images = { count: 1, height: 1, width: 2, channels: 1, data: Uint8Array.of(10, 200) } as const;
  expect(enlarge(images, 2, 'nearest')).toEqual({
    ...{ count: 1, height: 2, width: 4, channels: 1 },
    data: Uint8Array.of(10, 10, 200, 200, 10, 10, 200, 200),
  });
  // Pillow 13: Image.fromarray(np.uint8([[10, 200]])).resize((6, 3), Image.LANCZOS)
  expect([...enlarge(images, 3, 'lanczos').data.subarray(0, 6)]).toEqual([0, 10, 71, 139, 200, 242]);
});
