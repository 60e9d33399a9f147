import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { BlobCache } from './blob-cache.ts';
import { canMount, mountSmallDisk, unmount } from './test-disk.ts';

// What it does with damaged files and those of dead writers is tested with the graphs (tensor/graph-cache.test.ts).

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-blobs-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

it('gives back what was written, each extension its own', () => {
  const cache = new BlobCache(folder, '.blob', 1000);
  expect(cache.write('k', Uint8Array.of(1, 2, 3))).toBeNull();
  expect([...(cache.read('k') ?? [])]).toEqual([1, 2, 3]);
  expect(new BlobCache(folder, '.other', 1000).read('k')).toBeNull();
});

it('keeps nothing without a folder, and says nothing of it', () => {
  const cache = new BlobCache(null, '.blob', 1000);
  expect(cache.write('k', Uint8Array.of(1))).toBeNull();
  expect(cache.read('k')).toBeNull();
});

it.runIf(canMount())('says why it could not keep something, and leaves nothing half written', () => {
  const full = path.join(folder, 'full');
  mountSmallDisk(full, 65536);
  try {
    const cache = new BlobCache(full, '.blob', 1e6);
    expect(cache.write('k', Buffer.alloc(100_000))).toMatchObject({ code: 'ENOSPC' });
    expect(fs.readdirSync(full)).toEqual([]);
  } finally {
    unmount(full);
  }
});
