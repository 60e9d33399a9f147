/** What commands write for a person: nothing is replaced unasked. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { covae, makeImages, root } from './test-cli.ts';

const home = path.join(root, 'home');
const at = (name: string): string => path.join(root, name);

beforeAll(async () => {
  await makeImages(at('images'));
  const imported = await covae('data', 'import', at('images'), '--name', 'set', '--home', home);
  expect(imported).toMatchObject({ code: 0 });
  const args = ['--data', 'set', '--preset', 'smoke', '--steps', '1', '--name', 'run'];
  expect(await covae('train', ...args, '--home', home)).toMatchObject({ code: 0 });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** Commands, and the kind of file that they write. */
const commands: [ending: string, ...command: string[]][] = [
  ['png', 'sample', '--count', '2', '--out'],
  ['png', 'interpolate', '--frames', '2', '--out'],
  ['png', 'reconstruct', '--count', '2', '--out'],
  ['safetensors', 'weights', 'export', '--out'],
  ['npz', 'data', 'export', 'set', '--to'],
];

describe.each(commands)('a %s file of covae %s', (ending, ...command) => {
  const run = (target: string, ...more: string[]) => covae(...command, target, '--home', home, ...more);

  it('replaces a file when asked to, and nothing else ever', async () => {
    const file = at(`mine.${ending}`);
    fs.writeFileSync(file, 'mine');
    expect(await run(file)).toMatchObject({
      code: 1,
      stderr: `covae: ${file} exists already; choose another name, or replace it with --force.\n`,
    });
    expect(fs.readFileSync(file, 'utf8')).toBe('mine');
    const link = at(`link.${ending}`);
    fs.symlinkSync(file, link);
    const fifo = at(`fifo.${ending}`);
    execFileSync('mkfifo', [fifo]);
    for (const target of [link, fifo]) {
      const { code, stderr } = await run(target, '--force');
      expect(code).toBe(1);
      expect(stderr).toMatch(/^covae: .* is a (?:link, which|pipe that nobody reads).*\.\n$/);
    }
    expect(fs.readFileSync(file, 'utf8')).toBe('mine');
    expect(fs.lstatSync(link).isSymbolicLink()).toBe(true);
    expect(fs.lstatSync(fifo).isFIFO()).toBe(true);
    expect(await run(file, '--force')).toMatchObject({ code: 0 });
    expect(fs.statSync(file).size).toBeGreaterThan(100);
    for (const made of [file, link, fifo, at('mine.csv')]) fs.rmSync(made, { force: true });
  });

  it('can be thrown away', async () => {
    const [target, null_] = ending === 'npz' ? [at('null.npz'), true] : ['/dev/null', false];
    if (null_) fs.symlinkSync('/dev/null', target);
    const before = fs.statSync('/dev/null');
    expect(await run(target)).toMatchObject({ code: 0, stderr: '' });
    expect(fs.statSync('/dev/null')).toMatchObject({ ino: before.ino, rdev: before.rdev });
    expect(fs.existsSync('/dev/null.csv')).toBe(false);
    fs.rmSync(at('null.npz'), { force: true });
  });
});

describe('an output of covae', () => {
  it('on standard output stands there alone', async () => {
    const pieces: Buffer[] = [];
    vi.spyOn(process.stdout, 'write').mockImplementation((piece: string | Uint8Array, ...more: unknown[]) => {
      pieces.push(Buffer.from(piece));
      const told = more.at(-1);
      if (typeof told === 'function') (told as () => void)();
      return true;
    });
    const outcome = await covae('sample', '--count', '1', '--out', '/dev/stdout', '--home', home);
    expect(outcome).toMatchObject({ code: 0, stdout: '' });
    expect(outcome.stderr).toContain('Wrote 1 image as /dev/stdout.');
    expect(Buffer.concat(pieces).subarray(1, 4).toString()).toBe('PNG');
  });

  it.each([
    ['a run that is not there', ['sample', 'nobody', '--out', '/dev/stdout']],
    ['an option that is not there', ['sample', '--nothing', '--out=/dev/stdout']],
    ['a data set that is not there', ['data', 'export', 'nothing', '--to', '/dev/fd/1']],
  ])('leaves it free of what went wrong: %s', async (_, args) => {
    const { code, stdout, stderr } = await covae(...args, '--home', home, '--json');
    expect(code).toBeGreaterThan(0);
    expect(stdout).toBe('');
    expect(stderr).toContain('{"event":"error",');
  });

  it('of a name of its own is one, too', async () => {
    fs.mkdirSync(at('here'));
    const args = ['sample', '--count', '1', '--out', at('here'), '--home', home];
    expect(await covae(...args)).toMatchObject({ code: 0 });
    const again = await covae(...args);
    expect(again.code).toBe(1);
    expect(again.stderr).toContain('exists already; choose another name, or replace it with --force');
    // Told before anything is drawn.
    expect(again.stdout).not.toContain('Drawing');
    expect(await covae(...args, '--force')).toMatchObject({ code: 0 });
  });

  it('beside another one leaves a table alone', async () => {
    fs.writeFileSync(at('errors.csv'), 'mine');
    const { code, stderr } = await covae(
      'reconstruct',
      '--count',
      '1',
      '--out',
      at('errors.png'),
      '--home',
      home,
    );
    expect(code).toBe(1);
    expect(stderr).toContain('errors.csv exists already');
    expect(fs.existsSync(at('errors.png'))).toBe(false);
  });

  it('that is a folder replaces none, and no file', async () => {
    fs.mkdirSync(at('full'));
    fs.writeFileSync(at('full/mine'), '');
    fs.symlinkSync(at('here'), at('link-to-folder'));
    for (const target of [at('full'), at('full/mine'), at('link-to-folder'), '/dev/null']) {
      for (const command of [
        ['sample', '--singles', '--out'],
        ['data', 'export', 'set', '--to'],
      ]) {
        const { code, stderr, stdout } = await covae(...command, target, '--home', home, '--force');
        expect(code).toBe(1);
        expect(stderr).toMatch(/ is (?:a link, which|.*not an empty folder).*\.\n$/);
        expect(stdout).toBe('');
      }
    }
    expect(fs.readdirSync(at('full'))).toEqual(['mine']);
  });

  it('that shows the graph replaces no other', async () => {
    const graph = ['--dump-graph', at('graph'), '--home', home];
    fs.mkdirSync(at('graph'));
    fs.writeFileSync(at('graph/ops.json'), 'mine');
    const runs = fs.readdirSync(path.join(home, 'runs'));
    for (const command of [
      ['sample', '--count', '1', '--out', '/dev/null'],
      ['train', '--data', 'set', '--preset', 'smoke', '--steps', '1'],
    ]) {
      expect(await covae(...command, ...graph)).toMatchObject({
        code: 1,
        stderr: `covae: ${at('graph/ops.json')} exists already; choose another name, or replace it with --force.\n`,
      });
      expect(fs.readdirSync(at('graph'))).toEqual(['ops.json']);
    }
    expect(fs.readdirSync(path.join(home, 'runs'))).toEqual(runs);
    const forced = await covae('sample', '--count', '1', '--out', '/dev/null', ...graph, '--force');
    expect(forced).toMatchObject({ code: 0 });
    expect(fs.readdirSync(at('graph')).sort()).toEqual(['graph.txt', 'ops.json', 'saved_model.pb']);
    expect(fs.statSync(at('graph/ops.json')).size).toBeGreaterThan(100);
  });
});
