import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, expect, it, vi } from 'vitest';
import { lockRun } from './library-locks.ts';
import { moveLibrary } from './move-library.ts';

let root: string;
let home: string;
beforeEach(async () => {
  root = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-move-'));
  home = path.join(root, 'library');
  await fs.mkdir(path.join(home, 'runs/run-abc123/checkpoints'), { recursive: true });
  await fs.mkdir(path.join(home, 'datasets/digits'), { recursive: true });
  await fs.writeFile(path.join(home, 'runs/run-abc123/checkpoints/weights'), 'weights');
});
const at = (name: string) => path.join(root, name);
const weights = (folder: string) =>
  fs.readFile(path.join(folder, 'runs/run-abc123/checkpoints/weights'), 'utf8');

it('moves all of it, and leaves a link that leads there', async () => {
  expect(await moveLibrary(home, at('elsewhere'))).toEqual({ from: home, to: at('elsewhere') });
  expect((await fs.lstat(home)).isSymbolicLink()).toBe(true);
  expect([await weights(home), await weights(at('elsewhere'))]).toEqual(['weights', 'weights']);
  // Nobody holds anything any more, through either name.
  lockRun(home, 'run-abc123', 'is being tried').release();
  await expect(moveLibrary(home, at('third'))).rejects.toThrow(
    /is a link to .*elsewhere, where the library is/,
  );
  await moveLibrary(at('elsewhere'), at('third'));
  expect(await weights(at('third'))).toBe('weights');
});

it('copies and compares where a disk ends', async () => {
  const rename = vi.spyOn(fs, 'rename');
  rename.mockRejectedValueOnce(Object.assign(new Error('another disk'), { code: 'EXDEV' }));
  await moveLibrary(home, at('elsewhere'));
  expect(rename).toHaveBeenCalledTimes(2);
  rename.mockRestore();
  expect([await weights(home), await weights(at('elsewhere'))]).toEqual(['weights', 'weights']);
  expect((await fs.readdir(root)).sort()).toEqual(['elsewhere', 'library']);
});

it('is refused where something is in use or in the way, and leaves all as it was', async () => {
  const lock = lockRun(home, 'run-abc123', 'is being trained');
  await expect(moveLibrary(home, at('elsewhere'))).rejects.toThrow(/run-abc123 is being trained/);
  lock.release();
  await fs.mkdir(at('taken'));
  await expect(moveLibrary(home, at('taken'))).rejects.toThrow(/is there already/);
  await expect(moveLibrary(home, path.join(home, 'inner'))).rejects.toThrow(/lies in the library itself/);
  await expect(moveLibrary(home, at('no/where'))).rejects.toThrow(/its folder does not exist/);
  await expect(moveLibrary(at('nothing'), at('elsewhere'))).rejects.toThrow(/There is no library/);
  expect(await weights(home)).toBe('weights');
  expect((await fs.readdir(root)).sort()).toEqual(['library', 'taken']);
});
