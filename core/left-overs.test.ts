import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { nameAside, replaceFolder, temporaryBeside } from './files.ts';
import { removeLeftOvers, tidyLibrary } from './left-overs.ts';
import { ownerTag, thisOwner } from './owner.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-left-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

const gone = spawnSync(process.execPath, ['-e', '']).pid;
const dead = ownerTag({ ...thisOwner(), pid: gone, start: '' });

function make(name: string, owner: string | null = null): string {
  const made = path.join(folder, name);
  fs.mkdirSync(made, { recursive: true });
  fs.writeFileSync(path.join(made, 'pixels.u8'), 'x');
  if (owner !== null) fs.writeFileSync(path.join(made, 'owner.json'), owner);
  return made;
}

it('what a process that is gone has left is removed, and nothing else, whatever the clock says', async () => {
  make(`.dead-1.${dead}.tmp`);
  const elsewhere = `.elsewhere-1.${ownerTag({ ...thisOwner(), boot: '00000000', host: '00000000' })}.tmp`;
  make(elsewhere);
  const running = path.basename(temporaryBeside(path.join(folder, 'running')));
  make(running);
  make('.unknown-1.tmp');
  make('set');
  // As earlier versions told of their imports.
  make('.old-dead-1.tmp', JSON.stringify({ pid: gone, host: os.hostname() }));
  make('.old-elsewhere-1.tmp', JSON.stringify({ pid: gone, host: 'another' }));
  make('.old-running-1.tmp', JSON.stringify({ pid: process.pid, host: os.hostname() }));
  fs.writeFileSync(path.join(folder, `.file-1.${dead}.tmp`), 'half');
  const past = new Date(Date.now() - 50 * 60 * 60 * 1000);
  for (const name of fs.readdirSync(folder)) fs.utimesSync(path.join(folder, name), past, past);
  await removeLeftOvers(folder);
  expect(fs.readdirSync(folder).sort()).toEqual(
    [elsewhere, running, '.unknown-1.tmp', '.old-elsewhere-1.tmp', '.old-running-1.tmp', 'set'].sort(),
  );
  await removeLeftOvers(path.join(folder, 'nowhere'));
});

it('what was set aside comes back when its process was killed before the new one was there', async () => {
  const aside = make(`.report.${dead}.aside`);
  expect(nameAside(path.basename(aside))).toBe('report');
  await removeLeftOvers(folder);
  expect(fs.readdirSync(folder)).toEqual(['report']);
  // Killed after that.
  make(`.report.${dead}.aside`);
  await removeLeftOvers(folder);
  expect(fs.readdirSync(folder)).toEqual(['report']);
});

it('a folder that is replaced is set aside under a name that tells so', async () => {
  const target = make('report');
  fs.writeFileSync(path.join(target, 'old'), '');
  const names: string[] = [];
  const finished = make('finished');
  const watcher = fs.watch(folder, (_, name) => names.push(name ?? ''));
  await replaceFolder(finished, target);
  await expect.poll(() => names.map(nameAside)).toContain('report');
  watcher.close();
  expect(fs.readdirSync(folder)).toEqual(['report']);
  expect(fs.readdirSync(target)).toEqual(['pixels.u8']);
});

it('in a library they go everywhere', async () => {
  const places = [
    'runs',
    'runs/digits-abc123',
    'runs/digits-abc123/checkpoints',
    'runs/digits-abc123/samples',
    'datasets',
    'datasets/digits',
    'datasets/.trash',
    'samples',
    'experiments',
    'pasted',
    'classifiers',
    '.locks',
  ];
  for (const place of places) {
    make(path.join(place, `.x-1.${dead}.tmp`));
    make(path.join(place, `.x-1.${ownerTag()}.tmp`));
  }
  await tidyLibrary(folder);
  for (const place of places) {
    const left = fs.readdirSync(path.join(folder, place)).filter((name) => name.endsWith('.tmp'));
    expect([place, ...left]).toEqual([place, `.x-1.${ownerTag()}.tmp`]);
  }
  await tidyLibrary(path.join(folder, 'nowhere'));
  expect(fs.existsSync(path.join(folder, 'nowhere'))).toBe(false);
});
