import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { removeLeftOvers, thisOwner } from './left-overs.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-left-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

function make(name: string, owner: string | null): string {
  const made = path.join(folder, name);
  fs.mkdirSync(made);
  fs.writeFileSync(path.join(made, 'pixels.u8'), 'x');
  if (owner !== null) fs.writeFileSync(path.join(made, 'owner.json'), owner);
  return made;
}

it('what a process that is gone has left is removed, and nothing else', async () => {
  const gone = spawnSync(process.execPath, ['-e', '']).pid;
  make('.dead-1.tmp', JSON.stringify({ pid: gone, host: os.hostname() }));
  make('.elsewhere-1.tmp', JSON.stringify({ pid: gone, host: 'another' }));
  make('.running-1.tmp', thisOwner());
  make('.unknown-1.tmp', 'no JSON');
  make('.fresh-1.tmp', null);
  make('set', JSON.stringify({ pid: gone, host: os.hostname() }));
  const old = make('.old-1.tmp', null);
  const yesterday = new Date(Date.now() - 25 * 60 * 60 * 1000);
  fs.utimesSync(old, yesterday, yesterday);
  await removeLeftOvers(folder);
  expect(fs.readdirSync(folder).sort()).toEqual([
    '.elsewhere-1.tmp',
    '.fresh-1.tmp',
    '.running-1.tmp',
    '.unknown-1.tmp',
    'set',
  ]);
  await removeLeftOvers(path.join(folder, 'nowhere'));
});
