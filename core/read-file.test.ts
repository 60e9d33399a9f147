import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UnusableImage } from './data/decode/unusable-image.ts';
import { openFileBytes } from './data/readers/bytes.ts';
import { readImageFile } from './data/readers/image-file.ts';
import { sha256OfFile } from './files.ts';
import { parseJsonFile } from './json-file.ts';
import { openToRead, openToReadSync, readBytes, readText, refuseOtherKinds } from './read-file.ts';
import { readLastMetrics, readMetrics } from './run/run-folder.ts';
import { readSafetensors } from './run/safetensors.ts';
import * as v from 'valibot';

let root: string;
let others: [file: string, kind: string][];
beforeAll(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-read-'));
  const at = (name: string): string => path.join(root, name);
  execFileSync('mkfifo', [at('fifo')]);
  fs.symlinkSync('fifo', at('link'));
  const bind = 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])';
  execFileSync('python3', ['-c', bind, at('socket')]);
  others = [
    [at('fifo'), 'a pipe'],
    [at('link'), 'a pipe'],
    [at('socket'), 'a socket'],
    ['/dev/null', 'a device'],
  ];
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

describe('what is no file', { timeout: 20_000 }, () => {
  it('is refused at once by all that reads', async () => {
    for (const [file, kind] of others) {
      const sentence = `${file} is ${kind}, not a file; give a file.`;
      await expect(openToRead(file)).rejects.toThrow(sentence);
      expect(() => openToReadSync(file)).toThrow(sentence);
      expect(() => refuseOtherKinds(file)).toThrow(sentence);
      for (const read of [readBytes, readText, sha256OfFile, openFileBytes, readSafetensors]) {
        await expect(read(file)).rejects.toThrow(sentence);
      }
      await expect(parseJsonFile(v.unknown(), file)).rejects.toThrow(sentence);
      expect(() => readImageFile(file)).toThrow(UnusableImage);
    }
  });

  it('is refused in the place of a log', async () => {
    const run = path.join(root, 'run');
    fs.mkdirSync(run);
    const log = path.join(run, 'metrics.jsonl');
    execFileSync('mkfifo', [log]);
    await expect(readLastMetrics(run)).rejects.toThrow(`${log} is a pipe, not a file`);
    await expect(readMetrics(run)).rejects.toThrow(`${log} is a pipe, not a file`);
  });
});

it('reads files, also through links, and folders say what they are', async () => {
  const file = path.join(root, 'file');
  fs.writeFileSync(file, 'grüße');
  fs.symlinkSync('file', path.join(root, 'link-to-file'));
  expect(await readText(path.join(root, 'link-to-file'))).toBe('grüße');
  expect(await readBytes(Buffer.from(file))).toEqual(Buffer.from('grüße'));
  const { descriptor, size } = openToReadSync(file);
  fs.closeSync(descriptor);
  expect(size).toBe(7);
  await expect(readText(root)).rejects.toMatchObject({ code: 'EISDIR' });
  await expect(readText(path.join(root, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  refuseOtherKinds(path.join(root, 'none'));
});
