import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder, makeFolderSync, namesBelow, temporaryBeside, writeFileAtomic } from './files.ts';
import { isOfDead, ownerTag } from './owner.ts';
import { bundled } from './test-processes.ts';

let folder: string;
beforeAll(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-files-'))));
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

describe('makeFolder', () => {
  it('makes a folder with those above it, and leaves one that is there', async () => {
    const deep = path.join(folder, 'a', 'b', 'c');
    for (let i = 0; i < 2; i++) {
      await makeFolder(deep);
      makeFolderSync(deep);
      expect(fs.statSync(deep).isDirectory()).toBe(true);
    }
  });

  it('fails where a part of the path is a file', async () => {
    fs.writeFileSync(path.join(folder, 'file'), '');
    await expect(makeFolder(path.join(folder, 'file', 'below'))).rejects.toThrow('ENOTDIR');
    await expect(makeFolder(path.join(folder, 'file'))).rejects.toThrow('EEXIST');
  });

  it.runIf(process.platform === 'linux')('comes to an end where a folder refuses with ENOENT', async () => {
    await expect(makeFolder('/proc/covae/below')).rejects.toThrow('ENOENT');
    expect(() => makeFolderSync('/proc/covae')).toThrow('ENOENT');
  });
});

describe('a temporary name', () => {
  it('tells its process, and is short enough for every disk', () => {
    const name = path.basename(temporaryBeside(path.join(folder, 'é'.repeat(120))));
    expect(name).toContain(`.${ownerTag()}.tmp`);
    // What encrypted folders take (eCryptfs).
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(143);
    expect(isOfDead(name)).toBe(false);
  });

  it('of a process that was killed goes with the next of the same target, another stays', async () => {
    const target = path.join(folder, 'export.npz');
    const source = `
      import { makeWhole } from '${path.resolve('core/files.ts')}';
      import fs from 'node:fs';
      const [target] = process.argv.slice(2);
      void makeWhole(target, 'file', async (temporary) => {
        fs.writeFileSync(temporary, 'half');
        process.kill(process.pid, 'SIGKILL');
        await new Promise(() => {});
      });`;
    const child = spawn(process.execPath, [bundled(source), target]);
    await once(child, 'exit');
    expect(child.signalCode).toBe('SIGKILL');
    fs.writeFileSync(temporaryBeside(target), 'still being written');
    const hidden = (): string[] => fs.readdirSync(folder).filter((name) => name.startsWith('.export'));
    expect(hidden()).toHaveLength(2);
    await writeFileAtomic(target, 'whole');
    expect(hidden()).toHaveLength(1);
    expect(fs.readFileSync(target, 'utf8')).toBe('whole');
  });
});

it('lists all that is below a folder, folders first, and follows no links', async () => {
  const home = path.join(folder, 'listed');
  makeFolderSync(path.join(home, 'b', 'c'));
  fs.writeFileSync(path.join(home, 'b', 'c', 'd.txt'), '');
  fs.writeFileSync(path.join(home, '.a'), '');
  fs.symlinkSync(home, path.join(home, 'e'));
  expect(await namesBelow(home)).toEqual(['.a', 'b', 'b/c', 'b/c/d.txt', 'e']);
});
