/** Ends that come from outside: signals, a closed pipe, a closed terminal. Each has to save. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readNewestCheckpoint } from '../../core/run/checkpoint.ts';
import { EXIT_CODE_TABLE } from '../exit-codes.ts';
import { bundleCli } from './test-bundle.ts';
import { covae, makeImages, parseObject, root } from './test-cli.ts';

const SCRIPT = '/usr/bin/script';

let bundle: string;
let home: string;

beforeAll(async () => {
  bundle = await bundleCli();
  home = path.join(root, 'stopping');
  const images = path.join(root, 'stopping-images');
  await makeImages(images);
  const options = ['--size', '16', '--channels', '1', '--name', 'few', '--home', home];
  expect((await covae('data', 'import', images, ...options)).code).toBe(0);
});
afterAll(() => fs.rmSync(path.dirname(bundle), { recursive: true, force: true }));

const training = (name: string): string[] => [
  ...['train', '--data', 'few', '--preset', 'smoke', '--steps', '1000000', '--name', name],
  ...['--set', 'training.checkpointEvery=1000000', '--home', home],
];

/** Collects what a process prints, and calls `then` once when that matches. */
function when(child: ChildProcess, pattern: RegExp, then: () => void): () => string {
  let printed = '';
  let done = false;
  child.stdout!.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
    if (!done && pattern.test(printed)) {
      done = true;
      then();
    }
  });
  return () => printed;
}

/** Step of the newest whole checkpoint of the run that was made under this name; null when there is none. */
async function savedStep(name: string): Promise<number | null> {
  const runs = path.join(home, 'runs');
  const run = fs.readdirSync(runs).find((id) => id.startsWith(`${name}-`));
  return (await readNewestCheckpoint(path.join(runs, run ?? '')))?.step ?? null;
}

describe('a training', () => {
  it.each(['SIGHUP', 'SIGQUIT', 'SIGTERM'] as const)('saves at %s and ends with 75', async (signal) => {
    const name = `by-${signal}`;
    const child = spawn(process.execPath, [bundle, ...training(name), '--json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const printed = when(child, /"event":"progress"/, () => child.kill(signal));
    await once(child, 'close');
    expect(child.exitCode).toBe(75);
    const last = parseObject(printed().trim().split('\n').at(-1) ?? '');
    expect(last).toMatchObject({ event: 'result', end: 'stopped', exitCode: 75 });
    expect(await savedStep(name)).toBe(last['step']);
  });

  it('saves within a step when its pipe is closed, and ends with 75', async () => {
    const child = spawn(process.execPath, [bundle, ...training('by-pipe')], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
    when(child, /\n/, () => child.stdout.destroy());
    await once(child, 'close');
    expect(child.exitCode).toBe(75);
    expect(told).toContain('Go on with: npx covae resume by-pipe-');

    const later = spawn(process.execPath, [bundle, ...training('by-late-pipe'), '--json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    when(later, /"event":"progress"/, () => later.stdout.destroy());
    await once(later, 'close');
    expect(later.exitCode).toBe(75);
    expect(await savedStep('by-late-pipe')).toBeGreaterThan(0);
  });

  it.runIf(fs.existsSync(SCRIPT))('saves when its terminal is closed', async () => {
    const codeFile = path.join(root, 'code');
    // The shell between them must outlive the hang-up to tell the code.
    const command = `trap : HUP; ${[process.execPath, bundle, ...training('by-terminal')].map((word) => `'${word}'`).join(' ')}; echo $? > '${codeFile}'`;
    const child = spawn(SCRIPT, ['-qc', command, '/dev/null'], { stdio: ['pipe', 'pipe', 'ignore'] });
    when(child, /step [1-9]/, () => child.kill('SIGKILL'));
    await once(child, 'close');
    await expect.poll(() => fs.existsSync(codeFile), { timeout: 60_000 }).toBe(true);
    await expect.poll(() => fs.readFileSync(codeFile, 'utf8').trim(), { timeout: 5000 }).toBe('75');
    expect(await savedStep('by-terminal')).toBeGreaterThan(0);
  });

  it.runIf(process.platform === 'linux')('goes on at SIGHUP when nohup started it', async () => {
    // What nohup leaves of itself in a terminal: a standard input that can only be written.
    const input = fs.openSync('/dev/null', 'w');
    const child = spawn(process.execPath, [bundle, ...training('nohup'), '--json'], {
      stdio: [input, 'pipe', 'ignore'],
    });
    fs.closeSync(input);
    const printed = when(child, /"event":"progress"/, () => {
      child.kill('SIGHUP');
      setTimeout(() => child.kill('SIGTERM'), 3000);
    });
    await once(child, 'close');
    expect(child.exitCode).toBe(75);
    const steps = [...printed().matchAll(/"event":"progress".*?"step":(\d+)/g)].length;
    expect(steps).toBeGreaterThan(5);
  });
});

describe('other commands', () => {
  it('end with the code of the signal when there is nothing to go on with', async () => {
    expect((await covae('train', ...training('drawable').slice(1), '--steps', '3')).code).toBe(0);
    const out = path.join(root, 'never.png');
    const drawing = [
      'sample',
      'drawable',
      '--count',
      '10000',
      '--passes',
      '16',
      '--out',
      out,
      '--home',
      home,
    ];
    const child = spawn(process.execPath, [bundle, ...drawing, '--json'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const printed = when(child, /"event":"phase","text":"Drawing/, () => child.kill('SIGTERM'));
    await once(child, 'close');
    expect(child.exitCode).toBe(143);
    expect(parseObject(printed().trim().split('\n').at(-1) ?? '')).toMatchObject({
      ...{ event: 'error', code: 'cancelled', exitCode: 143 },
    });
    expect(fs.readdirSync(root).filter((name) => name.includes('never'))).toEqual([]);

    const unread = spawn(process.execPath, [bundle, ...drawing], { stdio: ['ignore', 'pipe', 'ignore'] });
    when(unread, /\n/, () => unread.stdout.destroy());
    await once(unread, 'close');
    expect(unread.exitCode).toBe(141);
  });

  it('that are short are done, whoever reads them', async () => {
    const child = spawn(process.execPath, [bundle, 'settings'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let told = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (told += text));
    child.stdout.destroy();
    await once(child, 'close');
    expect([child.exitCode, told]).toEqual([0, '']);
  });
});

it('the README has the table of exit codes', () => {
  const readme = fs.readFileSync(path.resolve(__dirname, '../../README.md'), 'utf8').replace(/ +/g, ' ');
  for (const [codes, meaning] of EXIT_CODE_TABLE) expect(readme).toContain(`| ${codes} | ${meaning} |`);
});
