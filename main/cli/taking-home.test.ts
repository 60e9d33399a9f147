/** What goes wrong when things are taken home: one sentence each, and nothing is left behind. */
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { exportRun } from '../../core/takeout/runs/run-archive.ts';
import { takeOut } from '../../core/takeout/take-out.ts';
import { canMount, mountSmallDisk, unmount } from '../../core/test-disk.ts';
import { covae, makeImages, root, withoutAlarms } from './test-cli.ts';

const home = path.join(root, 'home');
const at = (...names: string[]): string => path.join(root, ...names);
const MOUNTS = canMount();
let run = '';

beforeAll(async () => {
  await makeImages(at('images'));
  const given = ['--home', home];
  expect(await covae('data', 'import', at('images'), '--name', 'set', ...given)).toMatchObject({ code: 0 });
  const args = ['--data', 'set', '--preset', 'smoke', '--steps', '2', '--name', 'run'];
  expect(await covae('train', ...args, ...given)).toMatchObject({ code: 0 });
  run = fs.readdirSync(path.join(home, 'runs')).find((name) => name.startsWith('run-')) ?? '';
  expect(await covae('runs', 'export', 'run', '--out', at('run.zip'), ...given)).toMatchObject({ code: 0 });
});
afterAll(() => ['full', 'closed'].forEach((name) => unmount(at(name))));

/** A command that must be refused in one sentence. */
async function refused(...args: string[]): Promise<string> {
  const { code, stderr } = await covae(...args);
  const told = withoutAlarms(stderr).trim();
  expect({ code, lines: told.split('\n').length }, args.join(' ')).toEqual({ code: 1, lines: 1 });
  expect(told).toMatch(/^covae: .*\.$/);
  return told;
}

/** Commands that write, and what they write. */
const commands: [name: string, ...command: string[]][] = [
  ['run.zip', 'runs', 'export', 'run'],
  ['report.html', 'runs', 'report', 'run'],
  ['samples.npz', 'export', '--as', 'npz', '--count', '200', '--scale', '8'],
  ['samples.zip', 'export', '--as', 'zip', '--count', '200', '--scale', '8'],
  ['samples.parquet', 'export', '--as', 'parquet', '--count', '200', '--scale', '8'],
  ['walk.npy', 'walk', '--from', '1', '--to', '2', '--frames', '100', '--scale', '8'],
  ['onnx', 'weights', 'export', '--as', 'onnx'],
  ['savedmodel', 'weights', 'export', '--as', 'savedmodel'],
  ['out.safetensors', 'weights', 'export'],
];

describe.each(commands)('%s by covae %s', (name, ...command) => {
  const to = (folder: string): string[] => [...command, '--out', path.join(folder, name), '--home', home];

  it.runIf(MOUNTS)('on a disk that is full', async () => {
    mountSmallDisk(at('full'), 8192);
    try {
      expect(await refused(...to(at('full')))).toMatch(/disk is full/);
      expect(fs.readdirSync(at('full'))).toEqual([]);
    } finally {
      unmount(at('full'));
    }
  });

  it.runIf(MOUNTS)('in a folder that cannot be written to', async () => {
    mountSmallDisk(at('closed'), 4096);
    try {
      expect(spawnSync('mount', ['-o', 'remount,ro', at('closed')]).status).toBe(0);
      expect(await refused(...to(at('closed')))).toContain(at('closed'));
    } finally {
      unmount(at('closed'));
    }
  });

  it('in no folder at all, or over what is there', async () => {
    expect(await refused(...to(at('nowhere', 'at-all')))).toContain(at('nowhere'));
    expect(fs.existsSync(at('nowhere'))).toBe(false);
    fs.mkdirSync(at('taken'));
    const taken = at('taken', name);
    if (path.extname(name) === '') fs.mkdirSync(path.join(taken, 'mine'), { recursive: true });
    else fs.writeFileSync(taken, 'mine');
    expect(await refused(...to(at('taken')))).toMatch(/exists already|not an empty folder/);
    expect(fs.readdirSync(at('taken'))).toEqual([name]);
    fs.rmSync(at('taken'), { recursive: true });
  });

  it('of a run that is not there', async () => {
    const words = command.filter((word) => word !== 'run');
    const at_ = words.findIndex((word) => word.startsWith('--'));
    words.splice(at_ < 0 ? words.length : at_, 0, 'nobody');
    expect(await refused(...words, '--out', at(name), '--home', home)).toMatch(/nobody/);
  });
});

describe.runIf(MOUNTS)('a library on a disk that is full', () => {
  const small = at('full');
  const inside = (): string[] =>
    fs
      .readdirSync(small, { recursive: true, encoding: 'utf8' })
      .filter((name) => !/(^|\/)\.locks/.test(name));

  it('takes no run in', async () => {
    mountSmallDisk(small, 32_768);
    try {
      const told = await refused('runs', 'import', at('run.zip'), '--home', path.join(small, 'home'));
      expect(told).toMatch(/disk is full/);
      expect(inside().filter((name) => /run-|tmp/.test(name))).toEqual([]);
    } finally {
      unmount(small);
    }
  });

  it('is no place to move to', async () => {
    mountSmallDisk(small, 32_768);
    try {
      expect(await refused('move-library', path.join(small, 'library'), '--home', home)).toMatch(
        /disk is full/,
      );
      expect(fs.readdirSync(small)).toEqual([]);
      expect(fs.lstatSync(home).isDirectory()).toBe(true);
      expect(fs.readdirSync(root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    } finally {
      unmount(small);
    }
  });

  it('is a place to move to when it has room, and the way back too', async () => {
    mountSmallDisk(small, 64 << 20);
    const there = path.join(small, 'library');
    try {
      const moved = await covae('move-library', there, '--home', home, '--json');
      expect(moved).toMatchObject({ code: 0 });
      expect(moved.events.filter(({ event }) => event === 'progress').length).toBeGreaterThan(1);
      expect(fs.readlinkSync(home)).toBe(there);
      expect(await covae('runs', 'verify', '--home', home)).toMatchObject({ code: 0 });
      const back = await covae('move-library', at('library'), '--home', home);
      expect(back).toMatchObject({ code: 0 });
      expect(fs.readlinkSync(home)).toBe(at('library'));
    } finally {
      unmount(small);
      if (fs.existsSync(at('library'))) {
        fs.rmSync(home);
        fs.renameSync(at('library'), home);
      }
    }
    expect(await covae('runs', 'verify', '--home', home)).toMatchObject({ code: 0 });
  });
});

describe('a run that is removed meanwhile', () => {
  const folder = (): string => path.join(home, 'runs', run);
  const restored = async (work: () => Promise<unknown>): Promise<void> => {
    fs.cpSync(folder(), at('kept'), { recursive: true, preserveTimestamps: true });
    try {
      await work();
    } finally {
      fs.rmSync(folder(), { recursive: true, force: true });
      fs.renameSync(at('kept'), folder());
    }
  };
  const remove = (): void => fs.rmSync(folder(), { recursive: true, force: true });

  it('is told of by its archive, and nothing is left', () =>
    restored(async () => {
      const exported = exportRun(home, run, at('gone.zip'), { onProgress: remove });
      await expect(exported).rejects.toMatchObject({
        name: 'UserError',
        message: /^\S+ does not exist.*\.$/,
      });
      expect(fs.readdirSync(root).filter((name) => name.includes('gone'))).toEqual([]);
    }));

  it('is told of by an export that has not opened it yet, and does not stop one that has', () =>
    restored(async () => {
      const order = { what: 'samples', as: 'npy', step: 'newest', count: 4, provenance: true } as const;
      const out = at('early.npy');
      const early = takeOut({ home, runId: run, order, out, onPhase: remove });
      await expect(early).rejects.toMatchObject({ name: 'UserError' });
      expect(fs.existsSync(out)).toBe(false);
      fs.cpSync(at('kept'), folder(), { recursive: true });
      const late = takeOut({
        ...{ home, runId: run, order, out },
        onPhase: (words) => (words.startsWith('Writing') ? remove() : undefined),
      });
      await expect(late).resolves.toMatchObject({ images: 4 });
    }));
});

describe('Ctrl-C', () => {
  const stopped = at('stopped');
  it.each([
    ['runs export', ['runs', 'export', 'run', '--out', stopped]],
    ['runs import', ['runs', 'import', at('run.zip'), '--home', stopped]],
    ['export', ['export', '--as', 'npz', '--count', '100000', '--out', path.join(stopped, 'a.npz')]],
    ['export --as dataset', ['export', '--as', 'dataset', '--count', '100000', '--name', 'stopped']],
    ['walk', ['walk', '--from', '1', '--to', '2', '--frames', '4000', '--out', path.join(stopped, 'a.npy')]],
  ])('ends %s without a trace', async (_, args) => {
    fs.mkdirSync(stopped);
    // As soon as somebody listens.
    const timer = setInterval(() => {
      if (process.emit('SIGINT', 'SIGINT')) clearInterval(timer);
    }, 5);
    const given = args.includes('--home') ? args : [...args, '--home', home];
    const { code, stderr } = await covae(...given).finally(() => clearInterval(timer));
    expect({ code, stderr }).toMatchObject({
      code: 130,
      stderr: expect.stringMatching(/Stopping/) as unknown,
    });
    const left = fs.readdirSync(stopped, { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => !/^(runs|\.locks)$/.test(name))).toEqual([]);
    expect(fs.readdirSync(path.join(home, 'datasets'))).toEqual(['set']);
    fs.rmSync(stopped, { recursive: true });
  });
});
