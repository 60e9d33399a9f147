/** Several commands on one library at once: one of them works, the others say which one. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { bundled, killed } from '../../core/test-processes.ts';
import { readNewestCheckpoint } from '../../core/run/checkpoint.ts';
import { readMetrics } from '../../core/run/run-folder.ts';
import { covae, makeImages, type Outcome, parseObject, root } from './test-cli.ts';

const home = path.join(root, 'home');
let script: string;
let children: ChildProcess[] = [];

beforeAll(async () => {
  script = bundled(`import '${path.resolve('main/cli/cli.ts')}';`);
  const images = path.join(root, 'images');
  await makeImages(images);
  const set = ['--size', '16', '--channels', '1', '--name', 'few', '--home', home];
  expect(await covae('data', 'import', images, ...set)).toMatchObject({ code: 0 });
});
afterEach(async () => {
  await Promise.all(children.map(killed));
  children = [];
});

interface Running {
  child: ChildProcess;
  /** Resolves with the id of the run when a step is done; with null when the process ends before. */
  trains: Promise<string | null>;
  ended: Promise<Outcome>;
}

/** A command in a process of its own. */
function start(...args: string[]): Running {
  const child = spawn(process.execPath, [script, ...args, '--home', home, '--json']);
  children.push(child);
  let stdout = '';
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const trains = new Promise<string | null>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
      if (/"event":"progress"/.test(stdout))
        resolve(/"event":"run".*?"id":"([^"]+)"/.exec(stdout)?.[1] ?? '');
    });
    child.once('close', () => resolve(null));
  });
  const ended = once(child, 'close').then(() => ({
    code: child.exitCode ?? -1,
    stdout,
    stderr,
    events: stdout.trim().split('\n').filter(Boolean).map(parseObject),
  }));
  return { child, trains, ended };
}

/** Trains the preset until it is ended, saving every second step. */
function train(): Running {
  const settings = [
    '--steps',
    '1000000',
    '--set',
    'training.checkpointEvery=2',
    '--set',
    'training.logEvery=1',
  ];
  return start('train', '--data', 'few', '--preset', 'smoke', ...settings);
}

const busyWith = (pattern: string): unknown => ({
  code: 1,
  events: [
    expect.objectContaining({
      event: 'error',
      code: 'busy',
      message: expect.stringMatching(new RegExp(`^${pattern}`)) as string,
    }),
  ],
});

it('of eight that resume one run, whose training was killed, exactly one trains it, and its log stays whole', async () => {
  const first = train();
  const id = (await first.trains) ?? '';
  await expect
    .poll(() => fs.readdirSync(path.join(home, 'runs', id, 'checkpoints')), { timeout: 60_000 })
    .not.toEqual([]);
  await killed(first.child);

  const eight = Array.from({ length: 8 }, () => start('resume', id));
  const started = await Promise.all(eight.map(({ trains }) => trains));
  const winners = eight.filter((_, i) => started[i] !== null);
  expect(winners).toHaveLength(1);
  const [winner] = winners;
  const others = await Promise.all(eight.filter((one) => one !== winner).map(({ ended }) => ended));
  for (const outcome of others) {
    expect(outcome).toMatchObject(
      busyWith(
        `Run ${id} is being trained by covae resume \\(process ${winner?.child.pid}, since `,
      ) as object,
    );
    expect(outcome.stderr).toContain('stop that first, or wait for its end.');
  }
  winner?.child.kill('SIGINT');
  await winner?.ended;
  const folder = path.join(home, 'runs', id);
  const steps = (await readMetrics(folder)).map(({ step }) => step);
  const newest = await readNewestCheckpoint(folder);
  expect(steps).toEqual(Array.from({ length: newest?.step ?? 0 }, (_, i) => i + 1));
  expect(fs.readdirSync(path.join(home, '.locks'))).toEqual([]);
});

it('beside a training nobody resumes its run, goes back in it, or takes its data set away', async () => {
  const training = train();
  const id = (await training.trains) ?? '';
  const checkpoints = path.join(home, 'runs', id, 'checkpoints');
  await expect.poll(() => fs.readdirSync(checkpoints).length, { timeout: 60_000 }).toBeGreaterThan(1);
  const who = `by covae train \\(process ${training.child.pid}, since `;
  const attempts = [
    [['resume', id], `Run ${id} is being trained ${who}`],
    [['resume', id, '--from', '0'], `Run ${id} is being trained ${who}`],
    [['runs', 'bring-back', id], `Run ${id} is being trained ${who}`],
    [['data', 'remove', 'few'], `Data set "few" is in use for the training of run ${id} ${who}`],
    [['data', 'rename', 'few', 'many'], `Data set "few" is in use for the training of run ${id} ${who}`],
  ] as const;
  for (const [args, pattern] of attempts) {
    expect(await covae(...args, '--home', home, '--json')).toMatchObject(busyWith(pattern) as object);
  }
  expect(fs.readdirSync(checkpoints).length).toBeGreaterThan(1);
  expect(training.child.exitCode).toBeNull();
  await killed(training.child);
  expect(await covae('data', 'rename', 'few', 'many', '--home', home)).toMatchObject({ code: 0 });
  expect(await covae('data', 'rename', 'many', 'few', '--home', home)).toMatchObject({ code: 0 });
});
