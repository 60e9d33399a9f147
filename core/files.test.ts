import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFolder, makeFolderSync } from './files.ts';

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
