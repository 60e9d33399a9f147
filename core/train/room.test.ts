import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import { writeFileAtomic, writeProblem } from '../files.ts';
import { canMount, fillDisk, mountSmallDisk, unmount } from '../test-disk.ts';
import { isDiskFull, missingRoom, type Waiting, whenRoom } from './room.ts';

const full = (code = 'ENOSPC') => Object.assign(new Error('no'), { code });

describe('a full disk', () => {
  it('is known by its code, also under a sentence', () => {
    expect(isDiskFull(full())).toBe(true);
    expect(isDiskFull(writeProblem(full('EDQUOT'), 'log', '/x'))).toBe(true);
    expect(isDiskFull(full('EIO'))).toBe(false);
    expect(isDiskFull(new UserError('The disk is full.'))).toBe(false);
  });

  it('is told with what is missing', async () => {
    const { bavail, bsize } = fs.statfsSync(os.tmpdir());
    const { missing, sentence } = await missingRoom(os.tmpdir(), bavail * bsize + 120e6);
    expect(missing).toBeGreaterThan(100e6);
    expect(sentence).toMatch(/^Waiting for room on the disk: 1\d\d(\.\d)? MB are missing\.$/);
    expect((await missingRoom('/not/there', 5)).missing).toBeNull();
  });

  it('is waited for, until the work succeeds or is no longer wanted', async () => {
    let tries = 0;
    const told: (Waiting | null)[] = [];
    const work = () => {
      if (++tries < 2) throw full();
      return 'written';
    };
    const room = { folder: os.tmpdir(), needed: 1, onWaiting: (one: Waiting | null) => told.push(one) };
    expect(await whenRoom(work, room)).toBe('written');
    expect(told.map((one) => one?.missing)).toEqual([null, undefined]);

    const abort = new AbortController();
    const stopped = whenRoom(() => Promise.reject(full()), { ...room, signal: abort.signal });
    setTimeout(() => abort.abort(), 50);
    await expect(stopped).rejects.toThrow('no');
    await expect(whenRoom(() => Promise.reject(full('EIO')), room)).rejects.toThrow('no');
  });
});

describe.runIf(canMount())('a disk that is really full', () => {
  it('goes on when there is room', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-room-'));
    mountSmallDisk(folder, 2 ** 20);
    try {
      const filler = fillDisk(folder, 100_000);
      const told: (Waiting | null)[] = [];
      const file = path.join(folder, 'file');
      await whenRoom(() => writeFileAtomic(file, Buffer.alloc(300_000)), {
        folder,
        needed: 300_000,
        onWaiting: (waiting) => {
          told.push(waiting);
          if (waiting) fs.rmSync(filler);
        },
      });
      expect(fs.statSync(file).size).toBe(300_000);
      expect(told).toHaveLength(2);
      expect(told[0]?.sentence).toMatch(/^Waiting for room on the disk: 2\d\d kB are missing\.$/);
    } finally {
      unmount(folder);
      fs.rmSync(folder, { recursive: true });
    }
  });
});
