import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, it, onTestFinished } from 'vitest';
import { ownerInName, ownerTag, stateOf, thisOwner } from './owner.ts';

it('this process is alive, also by what a name tells of it', () => {
  expect(stateOf(thisOwner())).toBe('alive');
  expect(ownerInName(`.pixels-1234abcd.${ownerTag()}.tmp`)).toEqual(thisOwner());
  expect(ownerInName('.pixels-1234abcd.tmp')).toBeNull();
});

it('a process of the same number that began at another time is another one', () => {
  expect(stateOf({ ...thisOwner(), start: '1' })).toBe('gone');
});

it('a process that ended is gone, and so is one whose parent has not asked for its end', async () => {
  const { pid: ended } = spawnSync(process.execPath, ['-e', '']);
  expect(stateOf({ ...thisOwner(), pid: ended, start: '' })).toBe('gone');

  if (process.platform !== 'linux') return;
  // A shell that never waits for its child.
  const parent = spawn('sh', ['-c', 'sleep 0.05 & echo $!; exec sleep 60']);
  onTestFinished(() => void parent.kill('SIGKILL'));
  const child = await new Promise<number>((resolve) => {
    parent.stdout.once('data', (text: Buffer) => resolve(Number(text)));
  });
  await expect.poll(() => readFileSync(`/proc/${child}/stat`, 'latin1')).toContain(') Z ');
  expect(stateOf({ ...thisOwner(), pid: child, start: '' })).toBe('gone');
});

it('after a start of the computer all that ran before is gone, whatever runs under its number now', () => {
  expect(stateOf({ ...thisOwner(), boot: '00000000' })).toBe('gone');
});

it('of another computer and of another container nothing is known', () => {
  expect(stateOf({ ...thisOwner(), boot: '00000000', host: '00000000' })).toBe('unknown');
  expect(stateOf({ ...thisOwner(), space: 'another' })).toBe('unknown');
});

it('a computer that was given another name meanwhile is still the same', () => {
  expect(stateOf({ ...thisOwner(), host: '00000000' })).toBe('alive');
});

it('where the system has no number of its start, the process and the name of the computer decide', () => {
  const { pid: ended } = spawnSync(process.execPath, ['-e', '']);
  expect(stateOf({ ...thisOwner(), boot: '' })).toBe('alive');
  expect(stateOf({ ...thisOwner(), boot: '', pid: ended })).toBe('gone');
  expect(stateOf({ ...thisOwner(), boot: '', host: '00000000' })).toBe('unknown');
});
