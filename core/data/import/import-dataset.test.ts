import { createHash } from 'node:crypto';
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { UserError } from '../../errors.ts';
import { listDatasets } from '../catalogue.ts';
import type { ImportProgress } from '../dataset.ts';
import { openDataset } from '../packed.ts';
import { SAMPLE_FINGERPRINT } from '../sample.ts';
import { importDataset } from './import-dataset.ts';
import { failure, flat, home, images, options, put } from './test-import.ts';

describe('the sample', () => {
  it('is the 10,000 digits, byte for byte as in MNIST', async () => {
    const progress: ImportProgress[] = [];
    const record = await importDataset(
      options(
        { size: null, channels: null },
        {
          name: 'sample',
          request: { kind: 'sample', paths: [] },
          onProgress: (p) => progress.push(p),
        },
      ),
    );
    // The constant was computed apart from this code, with NumPy.
    expect(record.fingerprint).toBe(SAMPLE_FINGERPRINT);
    expect(record).toMatchObject({ count: 10_000, height: 28, width: 28, channels: 1, skipped: [] });
    expect(record.classes).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(progress[0]).toMatchObject({ done: 0, total: null });
    expect(progress.at(-1)).toMatchObject({ done: 10_000, total: 10_000, skipped: 0, secondsLeft: 0 });

    const data = await openDataset(home, 'sample', { verify: true });
    const labels = await data.labels();
    expect([...(labels ?? []).slice(0, 12)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1]);
    expect((await data.readImages(9_990, 100)).count).toBe(10);
    expect((await data.readImages(10_000, 1)).count).toBe(0);
    const all = await data.all();
    const hash = createHash('sha256').update(all).digest('hex');
    expect(`sha256:${hash}`).toBe(record.fingerprint);
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    const variance = all.reduce((sum, value) => sum + (value - mean) ** 2, 0) / all.length;
    expect(record.mean[0]).toBeCloseTo(mean, 9);
    expect(record.std[0]).toBeCloseTo(Math.sqrt(variance), 6);
    data.close();
  });
});

describe('what cannot be imported', () => {
  it('a path that does not exist', async () => {
    const request = { kind: 'folder', paths: [path.join(images, 'nowhere')] } as const;
    expect(await failure({}, { request })).toBe(`${images}/nowhere does not exist; check the path.`);
  });

  it('a file', async () => {
    await put('a.png', flat(16, '#123456'));
    const request = { kind: 'folder', paths: [path.join(images, 'a.png')] } as const;
    expect(await failure({}, { request })).toMatch(/a\.png is an image, not a folder; leave the kind out/);
  });

  it('an empty folder', async () => {
    expect(await failure()).toMatch(/images is empty; choose a folder with images\.$/);
  });

  it('a folder without an image', async () => {
    fs.writeFileSync(path.join(images, 'a.png'), 'text');
    fs.writeFileSync(path.join(images, 'b.txt'), 'text');
    expect(await failure()).toMatch(
      /no image that can be used: the first of 2 files, a\.png, is left out: .*image/,
    );
  });

  it('a name that is taken', async () => {
    await put('a.png', flat(16, '#123456'));
    await importDataset(options());
    const error: unknown = await importDataset(options()).catch((e: unknown) => e);
    expect(String(error)).toMatch(
      /already a data set "set" in .*; choose another name, "set-2" for instance/,
    );
    expect((await listDatasets(home)).map((d) => d.problem)).toEqual([null]);
  });

  it('a name that is none, a size out of range', async () => {
    await put('a.png', flat(16, '#123456'));
    expect(await failure({}, { name: '../evil' })).toMatch(/a name has 1 to 64 letters/);
    expect(await failure({ size: 4 })).toBe('Import settings: key "size" must be at least 8, not 4.');
    expect(await failure({ size: 12.5 })).toMatch(/key "size" must be a whole number, not 12.5/);
  });

  it('into a library that is below a file', async () => {
    await put('a.png', flat(16, '#123456'));
    const blocked = path.join(images, 'a.png', 'home');
    const error: unknown = await importDataset(options({}, { home: blocked })).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UserError);
    expect(String(error)).toMatch(/The data set could not be written to .*: a part of the path is a file/);
  });

  it.each([
    ['ENOSPC', /the disk is full/],
    ['EROFS', /the disk is read-only/],
    ['EACCES', /permission is denied/],
  ])('onto a disk that answers %s', async (code, message) => {
    await put('a.png', flat(16, '#123456'));
    const open = fsp.open.bind(fsp);
    vi.spyOn(fsp, 'open').mockImplementation(async (file, flags, mode) => {
      const handle = await open(file, flags, mode);
      if (String(file).endsWith('pixels.u8')) {
        vi.spyOn(handle, 'writeFile').mockRejectedValue(Object.assign(new Error(code), { code }));
      }
      return handle;
    });
    expect(await failure()).toMatch(message);
  });
});

describe('cancelling', () => {
  it.each([0, 3])('after %i images leaves nothing behind', async (after) => {
    for (let i = 0; i < 12; i++) await put(`${i}.png`, flat(16, '#123456'));
    const controller = new AbortController();
    if (after === 0) controller.abort();
    // Progress is reported by the clock; a fast one has it reported after every image.
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
    const cancelled = importDataset(
      options(
        {},
        {
          signal: controller.signal,
          onProgress: ({ done }) => {
            if (done >= after) controller.abort();
          },
        },
      ),
    );
    await expect(cancelled).rejects.toThrow(/abort/);
    const left = fs.existsSync(path.join(home, 'datasets'))
      ? fs.readdirSync(path.join(home, 'datasets'))
      : [];
    expect(left).toEqual([]);
  });
});

describe('a damaged data set', () => {
  async function made(): Promise<string> {
    await put('a.png', flat(16, '#123456'));
    await importDataset(options());
    return path.join(home, 'datasets', 'set');
  }

  it('is refused with a sentence and listed with it', async () => {
    const folder = await made();
    fs.truncateSync(path.join(folder, 'pixels.u8'), 100);
    await expect(openDataset(home, 'set')).rejects.toThrow(
      /pixels\.u8 has 100 bytes where dataset\.json says 768/,
    );
    const [entry] = await listDatasets(home);
    expect(entry).toMatchObject({ name: 'set', record: null });
    expect(entry?.problem).toMatch(/100 bytes/);
  });

  it('is found by its fingerprint when asked', async () => {
    const folder = await made();
    fs.writeFileSync(path.join(folder, 'pixels.u8'), Buffer.alloc(768));
    (await openDataset(home, 'set')).close();
    await expect(openDataset(home, 'set', { verify: true })).rejects.toThrow(
      /is not what was imported: its fingerprint is sha256:\w{64} instead of sha256:\w{64}/,
    );
  });

  it('that does not exist is said to be missing', async () => {
    await expect(openDataset(home, 'nowhere')).rejects.toThrow(/There is no data set "nowhere"/);
  });
});
