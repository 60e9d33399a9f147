import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { acquireLock, acquireUse, type Lock, tidyLocks } from './lock.ts';
import { bundled, killed, linesOf } from './test-processes.ts';

const TRAINED = { subject: 'Run digits', doing: 'is being trained' };
const READ = { subject: 'Data set "digits"', doing: 'is in use for the training of run digits' };

let root: string;
let folder: string;
let children: ChildProcess[] = [];
let locks: Lock[] = [];
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-lock-'));
  folder = path.join(root, 'locks');
});
afterEach(() => {
  for (const lock of locks) lock.release();
  for (const child of children) child.kill('SIGKILL');
  [locks, children] = [[], []];
  fs.rmSync(root, { recursive: true, force: true });
});

function take(request = TRAINED, kind = acquireLock): Lock {
  const lock = kind(folder, 'run', request);
  locks.push(lock);
  return lock;
}

/** Another process that takes the lock, says what came of it, and keeps it until it is killed. */
async function other(
  kind: 'acquireLock' | 'acquireUse',
  at = folder,
): Promise<{ child: ChildProcess; said: string }> {
  const source = `
    import { acquireLock, acquireUse, nameLockHolder } from '${path.resolve('core/lock.ts')}';
    nameLockHolder('covae train');
    const [at] = process.argv.slice(2);
    try {
      ${kind}(at, 'run', { subject: 'Run digits', doing: 'is being trained' });
      console.log('held');
    } catch (error) {
      console.log(error.message);
    }
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, [bundled(source), at]);
  children.push(child);
  const [said = ''] = await linesOf(child, 1);
  return { child, said };
}

/** Changes what the one lock of the folder says. */
function rewrite(change: (note: Record<string, unknown>) => Record<string, unknown>): void {
  const file = path.join(folder, 'run.lock');
  const note = JSON.parse(fs.readFileSync(file, 'utf8')) as Record<string, unknown>;
  fs.writeFileSync(file, JSON.stringify(change(note)));
}

it('the second is told who holds it, and may have it afterwards', async () => {
  const { child, said } = await other('acquireLock');
  expect(said).toBe('held');
  expect(() => take()).toThrow(
    expect.objectContaining({
      code: 'busy',
      message: expect.stringMatching(
        new RegExp(
          `^Run digits is being trained by covae train \\(process ${child.pid}, since \\d\\d:\\d\\d\\); stop that first, or wait for its end\\.$`,
        ),
      ) as string,
    }),
  );
  await killed(child);
  take().release();
});

it('what is released leaves nothing behind, and can be taken again', () => {
  take().release();
  take().release();
  expect(fs.readdirSync(folder)).toEqual([]);
});

it('a process that holds it already does not get it twice', () => {
  take();
  expect(() => take()).toThrow(/is being trained/);
});

it('nothing is left of a process that was killed, however often', async () => {
  for (let i = 0; i < 3; i++) {
    const { child, said } = await other('acquireLock');
    expect(said).toBe('held');
    await killed(child);
  }
  take().release();
  expect(fs.readdirSync(folder)).toEqual([]);
});

it('of many that find a stale lock at once exactly one gets it', async () => {
  for (let round = 0; round < 3; round++) {
    await killed((await other('acquireLock')).child);
    // They wait for the moment, so that none is early.
    const source = `
      import { acquireLock } from '${path.resolve('core/lock.ts')}';
      const [at, moment] = process.argv.slice(2);
      while (Date.now() < Number(moment));
      try {
        acquireLock(at, 'run', { subject: 'Run digits', doing: 'is being trained' });
        console.log('held');
      } catch (error) {
        console.log(error.code);
      }
      setInterval(() => {}, 1000);`;
    const script = bundled(source);
    const moment = String(Date.now() + 1500);
    const racers = Array.from({ length: 8 }, () => spawn(process.execPath, [script, folder, moment]));
    children.push(...racers);
    const said = await Promise.all(racers.map((racer) => linesOf(racer, 1)));
    expect(said.flat().sort()).toEqual([...Array<string>(7).fill('busy'), 'held']);
    await Promise.all(racers.map(killed));
  }
});

it('many processes never hold it together, whoever ends or is killed meanwhile', async () => {
  // Each takes it, looks that nobody else is there, and gives it back; every third dies with it.
  const source = `
    import fs from 'node:fs';
    import { acquireLock } from '${path.resolve('core/lock.ts')}';
    const [at, inside, number] = process.argv.slice(2);
    let taken = 0;
    while (taken < 60) {
      let lock;
      try {
        lock = acquireLock(at, 'run', { subject: 'Run digits', doing: 'is being trained' });
      } catch (error) {
        if (error.code !== 'busy') throw error;
        continue;
      }
      fs.writeFileSync(inside, number, { flag: 'wx' });
      taken++;
      if (Number(number) % 3 === 0 && taken === 20) {
        fs.rmSync(inside);
        process.kill(process.pid, 'SIGKILL');
      }
      fs.rmSync(inside);
      lock.release();
    }
    console.log('done');`;
  const script = bundled(source);
  const ends = await Promise.all(
    Array.from({ length: 6 }, async (_, number) => {
      const child = spawn(process.execPath, [script, folder, path.join(root, 'inside'), String(number)]);
      children.push(child);
      let errors = '';
      child.stderr.on('data', (text: Buffer) => (errors += String(text)));
      const signal = await new Promise((resolve) => child.once('exit', (_code, by) => resolve(by)));
      return `${errors}${signal === null ? 'done' : 'killed'}`;
    }),
  );
  expect(ends).toEqual(['killed', 'done', 'done', 'killed', 'done', 'done']);
  take().release();
  expect(fs.readdirSync(folder)).toEqual([]);
});

it('a lock of an earlier start of the computer holds nobody up', () => {
  take();
  rewrite((note) => ({ ...note, owner: String(note['owner']).replace(/-[0-9a-f]{8}-/, '-00000000-') }));
  take().release();
});

it('a lock that was copied with its folder holds nobody up, in the original it does', () => {
  take();
  fs.cpSync(folder, path.join(root, 'copy'), { recursive: true });
  acquireLock(path.join(root, 'copy'), 'run', TRAINED).release();
  expect(() => take()).toThrow(/is being trained/);
  fs.renameSync(folder, path.join(root, 'moved'));
  expect(() => acquireLock(path.join(root, 'moved'), 'run', TRAINED)).toThrow(/is being trained/);
});

it('of a lock of another computer it is said how to go on', () => {
  take();
  const elsewhere = (owner: unknown): string =>
    String(owner).replace(/-[0-9a-f]{8}-([0-9a-z]*)-[0-9a-f]{8}$/, '-00000000-$1-00000000');
  rewrite((note) => ({ ...note, owner: elsewhere(note['owner']), host: 'workstation' }));
  expect(() => take()).toThrow(
    new RegExp(
      `^Run digits is being trained on the computer workstation by .*; stop it there, or remove ${path.join(folder, 'run.lock')} if nothing runs there any more\\.$`,
    ),
  );
  fs.rmSync(path.join(folder, 'run.lock'));
  take().release();
});

it('what a power cut has left of a lock holds nobody up', () => {
  fs.mkdirSync(folder);
  for (const left of ['', '\0\0\0\0', '{"format":"covae-lock"', '{"format":"covae-lock","version":1}']) {
    fs.writeFileSync(path.join(folder, 'run.lock'), left);
    take().release();
    expect(fs.readdirSync(folder)).toEqual([]);
  }
});

it('a lock of a later version of the program is respected', () => {
  fs.mkdirSync(folder);
  fs.writeFileSync(path.join(folder, 'run.lock'), '{"format":"covae-lock","version":2}');
  expect(() => take()).toThrow(/^Run digits is in use by a newer version of this program; /);
});

it('many may use a thing at once, but nobody may change it meanwhile', async () => {
  const first = take(READ, acquireUse);
  const { child, said } = await other('acquireUse');
  expect(said).toBe('held');
  expect(() => take()).toThrow(/^Run digits is (being trained|in use for the training of run digits) by /);
  first.release();
  expect(() => take()).toThrow(/^Run digits is being trained by covae train/);
  await killed(child);
  const alone = take();
  expect(() => take(READ, acquireUse)).toThrow(/^Data set "digits" is being trained by /);
  alone.release();
  expect(fs.readdirSync(folder)).toEqual([]);
});

it('what the dead have left in nobody’s way can be cleared away, and nothing else', async () => {
  const { child } = await other('acquireUse');
  const using = take(READ, acquireUse);
  fs.writeFileSync(path.join(folder, 'gone.lock.0123456789abcdef'), '');
  await killed(child);
  expect(fs.readdirSync(folder)).toHaveLength(3);
  tidyLocks(folder);
  expect(fs.readdirSync(folder)).toHaveLength(1);
  using.release();
  const held = take();
  tidyLocks(folder);
  expect(() => take()).toThrow(/is being trained/);
  held.release();
});

it('a process that ends in an orderly way takes its locks with it', async () => {
  const source = `
    import { acquireLock } from '${path.resolve('core/lock.ts')}';
    acquireLock(process.argv[2], 'run', { subject: 'Run digits', doing: 'is being trained' });
    process.exit(3);`;
  const child = spawn(process.execPath, [bundled(source), folder]);
  children.push(child);
  await new Promise((resolve) => child.once('exit', resolve));
  expect(fs.readdirSync(folder)).toEqual([]);
});

it('a folder that cannot be written to is named', () => {
  fs.writeFileSync(path.join(root, 'file'), '');
  expect(() => acquireLock(path.join(root, 'file'), 'run', TRAINED)).toThrow(
    expect.objectContaining({ code: 'unwritable' }),
  );
});

it('does not wait for a pipe in the place of a lock', () => {
  fs.mkdirSync(folder);
  const file = path.join(folder, 'run.lock');
  execFileSync('mkfifo', [file]);
  expect(() => take()).toThrow(`${file} is a pipe, not a file`);
});
