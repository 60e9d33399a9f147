import { execFile, execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { UserError } from './errors.ts';
import {
  checkOutput,
  checkOutputFolder,
  isStandardOutput,
  isStreamTarget,
  writeOutputFile,
  writeOutputFolder,
  writeOutputSync,
} from './output.ts';
import { ownerTag, thisOwner } from './owner.ts';

let root: string;
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-output-test-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(root, { recursive: true, force: true });
});

const at = (name: string): string => path.join(root, name);
const write = (target: string, force = false) => writeOutputFile(target, 'new', 'image', { force });

it('what a killed process left of the same target goes with the next one, written or refused', async () => {
  const gone = ownerTag({ ...thisOwner(), pid: spawnSync(process.execPath, ['-e', '']).pid, start: '' });
  const leave = (): void => {
    for (const owner of [gone, ownerTag()]) fs.writeFileSync(at(`.a.png-0a1b2c3d.${owner}.tmp`), 'half');
  };
  leave();
  await write(at('a.png'));
  expect(fs.readdirSync(root)).toEqual([`.a.png-0a1b2c3d.${ownerTag()}.tmp`, 'a.png']);
  leave();
  expect(() => checkOutput(at('a.png'))).toThrow('exists already');
  expect(fs.readdirSync(root)).toEqual([`.a.png-0a1b2c3d.${ownerTag()}.tmp`, 'a.png']);
});

/** Things that are no plain file, and what is said of them. */
function others(): [name: string, sentence: RegExp][] {
  fs.mkdirSync(at('folder'));
  fs.mkdirSync(at('elsewhere'));
  fs.writeFileSync(at('elsewhere/precious'), 'old');
  fs.symlinkSync('elsewhere/precious', at('link'));
  fs.symlinkSync('elsewhere/nothing', at('dangling'));
  fs.symlinkSync('elsewhere', at('link-to-folder'));
  execFileSync('python3', [
    '-c',
    'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])',
    at('socket'),
  ]);
  execFileSync('mkfifo', [at('fifo')]);
  return [
    ['folder', /folder is a folder; choose another name/],
    ['link', /link is a link, which is neither replaced nor followed/],
    ['dangling', /dangling is a link/],
    ['link-to-folder', /link-to-folder is a link/],
    ['socket', /socket is a socket; choose another name/],
    ['fifo', /fifo is a pipe that nobody reads; start its reader first/],
  ];
}

describe('an output', () => {
  it('appears where nothing is, and leaves a file alone unless that is asked for', async () => {
    await write(at('a.png'));
    expect(fs.readFileSync(at('a.png'), 'utf8')).toBe('new');
    fs.writeFileSync(at('a.png'), 'old');
    const sentence = `${at('a.png')} exists already; choose another name, or replace it with --force.`;
    await expect(write(at('a.png'))).rejects.toThrow(sentence);
    expect(() => checkOutput(at('a.png'))).toThrow(sentence);
    expect(() => writeOutputSync(at('a.png'), 'new', 'graph', {})).toThrow(sentence);
    expect(fs.readFileSync(at('a.png'), 'utf8')).toBe('old');
    await write(at('a.png'), true);
    expect(fs.readFileSync(at('a.png'), 'utf8')).toBe('new');
    writeOutputSync(at('a.png'), 'newer', 'graph', { force: true });
    expect(fs.readFileSync(at('a.png'), 'utf8')).toBe('newer');
    expect(fs.readdirSync(root)).toEqual(['a.png']);
  });

  it('replaces nothing but files, not even when asked to', async () => {
    for (const [name, sentence] of others()) {
      const before = fs.lstatSync(at(name));
      for (const force of [false, true]) {
        await expect(write(at(name), force)).rejects.toThrow(sentence);
        expect(() => writeOutputSync(at(name), 'new', 'graph', { force })).toThrow(UserError);
      }
      expect(fs.lstatSync(at(name)).ino).toBe(before.ino);
    }
    expect(fs.readFileSync(at('elsewhere/precious'), 'utf8')).toBe('old');
    expect(fs.readdirSync(at('elsewhere'))).toEqual(['precious']);
    expect(fs.readdirSync(root).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('leaves a file alone that comes while it is made', async () => {
    await expect(
      writeOutputFile(at('a'), 'new', 'image', {}).then(async () => write(at('a'))),
    ).rejects.toThrow('exists already');
    const { writeOutput } = await import('./output.ts');
    for (const force of [false, true]) {
      const made = writeOutput(at(`b${force}`), 'image', { force }, async (temporary) => {
        fs.writeFileSync(temporary, 'new');
        if (force) fs.mkdirSync(at('btrue'));
        else fs.writeFileSync(at('bfalse'), 'theirs');
      });
      await expect(made).rejects.toThrow(UserError);
    }
    expect(fs.readFileSync(at('bfalse'), 'utf8')).toBe('theirs');
    expect(fs.readdirSync(root).sort()).toEqual(['a', 'bfalse', 'btrue']);
  });

  it('appears where the disk knows no links, too', async () => {
    vi.spyOn(fs, 'linkSync').mockImplementation(() => {
      throw Object.assign(new Error('EPERM: operation not permitted, link'), { code: 'EPERM' });
    });
    await write(at('a'));
    expect(fs.readFileSync(at('a'), 'utf8')).toBe('new');
    await expect(write(at('a'))).rejects.toThrow('exists already');
    expect(fs.readdirSync(root)).toEqual(['a']);
  });

  it('says what the disk refuses', async () => {
    await expect(write(at('none/a'))).rejects.toThrow(
      /could not be written to .*: its folder does not exist/,
    );
    fs.writeFileSync(at('file'), '');
    await expect(write(at('file/a'))).rejects.toThrow(/a part of the path is a file/);
    expect(() => checkOutput(at('file/a'))).toThrow(UserError);
  });
});

describe.skipIf(process.platform === 'win32')('a device or a pipe as an output', () => {
  it('gets the bytes and stays what it is', async () => {
    const before = fs.statSync('/dev/null');
    await write('/dev/null');
    fs.symlinkSync('/dev/null', at('null'));
    await write(at('null'), true);
    expect(fs.lstatSync(at('null')).isSymbolicLink()).toBe(true);
    expect(fs.statSync('/dev/null')).toMatchObject({ ino: before.ino, rdev: before.rdev });
    expect(isStreamTarget('/dev/null')).toBe(true);
    expect(isStreamTarget(at('nothing'))).toBe(false);
    expect(isStandardOutput('/dev/fd/1')).toBe(true);
    expect(isStandardOutput('/dev/null')).toBe(false);
  });

  it.skipIf(!fs.existsSync('/dev/full'))('says that it is full', async () => {
    await expect(write('/dev/full')).rejects.toThrow(
      'The image could not be written to /dev/full: the disk is full',
    );
  });

  it('is a pipe that somebody reads', async () => {
    execFileSync('mkfifo', [at('fifo')]);
    const reading = promisify(execFile)('cat', [at('fifo')]);
    // Its reader may not have opened it yet.
    for (;;) {
      try {
        await writeOutputFile(at('fifo'), 'x'.repeat(200_000), 'image', {});
        break;
      } catch (error) {
        if (!String(error).includes('nobody reads')) throw error;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
    expect((await reading).stdout).toBe('x'.repeat(200_000));
  });

  it('is a descriptor of our own, whatever that is', async () => {
    const descriptor = fs.openSync(at('file'), 'w');
    await write(`/dev/fd/${descriptor}`);
    await write(`/proc/self/fd/${descriptor}`);
    fs.closeSync(descriptor);
    expect(fs.readFileSync(at('file'), 'utf8')).toBe('newnew');
    await expect(write(`/dev/fd/${descriptor}`)).rejects.toThrow(UserError);

    let heard = '';
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((piece: string | Uint8Array, ...more: unknown[]) => {
        heard += Buffer.from(piece).toString();
        const told = more.at(-1);
        if (typeof told === 'function') (told as () => void)();
        return true;
      });
    }
    await write('/dev/stdout');
    await write('/dev/fd/2');
    expect(heard).toBe('newnew');
  });
});

describe('a folder as an output', () => {
  const make = (target: string) =>
    writeOutputFolder(target, 'images', async (temporary) => {
      fs.mkdirSync(temporary);
      fs.writeFileSync(path.join(temporary, 'new'), '');
    });

  it('appears where nothing or an empty folder is', async () => {
    fs.mkdirSync(at('empty'));
    for (const name of ['free', 'empty']) {
      await make(at(name));
      expect(fs.readdirSync(at(name))).toEqual(['new']);
    }
  });

  it('replaces nothing', async () => {
    others();
    fs.writeFileSync(at('folder/mine'), '');
    fs.writeFileSync(at('file'), '');
    for (const [name, sentence] of [
      ['folder', /folder is not an empty folder; choose a new one/],
      ['file', /file is a file, not an empty folder; choose a new one/],
      ['link-to-folder', /is a link, which is neither replaced nor followed/],
      ['dangling', /is a link/],
      ['fifo', /is a pipe, not an empty folder/],
      ['socket', /is a socket, not an empty folder/],
      ['/dev/null', /is a device, not an empty folder/],
    ] as const) {
      const target = path.resolve(root, name);
      const before = fs.lstatSync(target);
      await expect(make(target)).rejects.toThrow(sentence);
      expect(() => checkOutputFolder(target)).toThrow(sentence);
      expect(fs.lstatSync(target).ino).toBe(before.ino);
    }
  });
});
