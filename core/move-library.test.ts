import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { tidyLibrary } from './left-overs.ts';
import { lockRun } from './library-locks.ts';
import { moveLibrary } from './move-library.ts';
import { bundled, killed, linesOf } from './test-processes.ts';

let root: string;
let home: string;
beforeEach(async () => {
  root = await fs.realpath(await fs.mkdtemp(path.join(os.tmpdir(), 'covae-move-')));
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
  // Again, by the old name: no way leads over the place between.
  expect(await moveLibrary(home, at('third'))).toEqual({ from: at('elsewhere'), to: at('third') });
  expect(await fs.readlink(home)).toBe(at('third'));
  expect(await fs.readlink(at('elsewhere'))).toBe(at('third'));
  expect([await weights(home), await weights(at('elsewhere'))]).toEqual(['weights', 'weights']);
});

/** Another process that imports the data set `coming`. */
async function importing(library: string): Promise<ChildProcess> {
  const script = bundled(`
    import { lockDataset } from ${JSON.stringify(path.resolve('core/library-locks.ts'))};
    lockDataset(process.argv[2], 'coming', 'is being imported');
    console.log('locked');
    setTimeout(() => undefined, 60_000);
  `);
  const child = spawn(process.execPath, [script, library], { stdio: ['ignore', 'pipe', 'inherit'] });
  expect(await linesOf(child, 1)).toEqual(['locked']);
  return child;
}

/** Lets the first renaming fail as it does where a disk ends. */
function otherDisk() {
  const rename = vi.spyOn(fs, 'rename');
  rename.mockRejectedValueOnce(Object.assign(new Error('another disk'), { code: 'EXDEV' }));
}

describe('to another disk', () => {
  afterEach(() => vi.restoreAllMocks());

  it('it is copied and compared, with links, times and modes', async () => {
    const log = path.join(home, 'runs/run-abc123/metrics.jsonl');
    await fs.writeFile(log, 'lines', { mode: 0o600 });
    await fs.utimes(log, 1_700_000_000, 1_700_000_000);
    await fs.symlink('digits', path.join(home, 'datasets/same'));
    otherDisk();
    const told: string[] = [];
    await moveLibrary(home, at('elsewhere'), {
      onProgress: ({ phase, done, total }) => told.push(`${phase} ${done}/${total}`),
    });
    expect([await weights(home), await weights(at('elsewhere'))]).toEqual(['weights', 'weights']);
    expect((await fs.readdir(root)).sort()).toEqual(['elsewhere', 'library']);
    const { mtimeMs, mode } = await fs.stat(path.join(at('elsewhere'), 'runs/run-abc123/metrics.jsonl'));
    expect([mtimeMs, mode & 0o777]).toEqual([1_700_000_000_000, 0o600]);
    expect(await fs.readlink(path.join(home, 'datasets/same'))).toBe('digits');
    const last = (phase: string) => told.findLast((line) => line.startsWith(phase)) ?? '';
    for (const phase of ['copying', 'comparing']) expect(last(phase)).toMatch(/ (\d+)\/\1$/);
  });

  it('it stays where it was when that is stopped, fails, or something changes it meanwhile', async () => {
    const still = async (): Promise<void> => {
      expect((await fs.lstat(home)).isDirectory()).toBe(true);
      expect(await weights(home)).toBe('weights');
      expect(await fs.readdir(root)).toEqual(['library']);
    };
    otherDisk();
    const stop = new AbortController();
    const stopped = moveLibrary(home, at('elsewhere'), {
      signal: stop.signal,
      onProgress: () => stop.abort(),
    });
    await expect(stopped).rejects.toThrow(/abort/i);
    await still();

    vi.restoreAllMocks();
    otherDisk();
    vi.spyOn(fs, 'symlink').mockRejectedValueOnce(Object.assign(new Error('no links'), { code: 'EPERM' }));
    await expect(moveLibrary(home, at('elsewhere'))).rejects.toThrow(/elsewhere/);
    await still();

    vi.restoreAllMocks();
    otherDisk();
    const changed = moveLibrary(home, at('elsewhere'), {
      onProgress: ({ phase }) => {
        if (phase === 'comparing') mkdirSync(path.join(home, 'runs/new'), { recursive: true });
      },
    });
    await expect(changed).rejects.toThrow(
      `The library changed while it was copied (${path.join('runs', 'new')}), so it stays in ${home}; try again when nothing works in it.`,
    );
    await still();
  });
});

it.each(['before the move', 'between two names'])('a process killed %s loses nothing', async (when) => {
  const script = bundled(`
    import fs from 'node:fs';
    import { temporaryBeside } from ${JSON.stringify(path.resolve('core/files.ts'))};
    const [, , from, to, when] = process.argv;
    fs.symlinkSync(to, temporaryBeside(from));
    if (when !== 'before the move') fs.renameSync(from, to);
  `);
  expect(spawnSync(process.execPath, [script, home, at('elsewhere'), when]).status).toBe(0);
  expect(await fs.readdir(root)).toHaveLength(2);
  await tidyLibrary(home);
  expect(await weights(home)).toBe('weights');
  const isThere = when !== 'before the move';
  expect((await fs.lstat(home)).isSymbolicLink()).toBe(isThere);
  expect((await fs.readdir(root)).sort()).toEqual(isThere ? ['elsewhere', 'library'] : ['library']);
});

it('is refused where something is in use or in the way, and leaves all as it was', async () => {
  const lock = lockRun(home, 'run-abc123', 'is being trained');
  await expect(moveLibrary(home, at('elsewhere'))).rejects.toThrow(/run-abc123 is being trained/);
  lock.release();
  // A data set that another process is about to make is nothing that this one could lock.
  const other = await importing(home);
  await expect(moveLibrary(home, at('elsewhere'))).rejects.toThrow(/Data set "coming" is being imported by/);
  await killed(other);
  await fs.mkdir(at('taken'));
  await expect(moveLibrary(home, at('taken'))).rejects.toThrow(/is there already/);
  await expect(moveLibrary(home, path.join(home, 'inner'))).rejects.toThrow(/lies in the library itself/);
  await expect(moveLibrary(home, at('no/where'))).rejects.toThrow(/its folder does not exist/);
  await expect(moveLibrary(at('nothing'), at('elsewhere'))).rejects.toThrow(/There is no library/);
  expect(await weights(home)).toBe('weights');
  expect((await fs.readdir(root)).sort()).toEqual(['library', 'taken']);
});
