/** Trainings that go on after their end, and forks, from the command line. */
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { covae, makeImages, matching, root } from './test-cli.ts';

const home = path.join(root, 'home');
const at = ['--home', home];
let id: string;

beforeAll(async () => {
  const images = path.join(root, 'images');
  await makeImages(images);
  await covae('data', 'import', images, '--name', 'noise', '--size', '16', '--channels', '1', ...at);
  const done = await covae('train', '--data', 'noise', '--preset', 'smoke', '--steps', '4', ...at, '--json');
  id = String(done.events.at(-1)?.['run']);
});

it('trains a finished run further, and says by which schedule', async () => {
  const done = await covae('train', '--continue-for', '2', '--lr', '0.001', ...at, '--json');
  expect(done.code).toBe(0);
  expect(done.events.find(({ event }) => event === 'continued')).toMatchObject({
    ...{ run: id, from: 4, steps: 6 },
    sentence: matching(/^It goes on for 2 steps, to step 6: the learning rate (stays at|falls from) 0\.001/),
  });
  expect(done.events.at(-1)).toMatchObject({ event: 'result', end: 'finished', step: 6, steps: 6 });
  const shown = await covae('runs', 'show', id, ...at);
  expect(shown.stdout).toContain('Went on at step 4 with 2 further steps (of 4 planned ones).');
});

it('takes no settings of new runs with it', async () => {
  const { code, stderr } = await covae('train', id, '--continue-for', '2', '--batch', '4', ...at);
  expect(code).toBe(1);
  expect(stderr).toMatch(/--batch is for new runs; .*covae runs fork/);
  expect((await covae('train', id, ...at)).stderr).toMatch(/covae train makes a new run/);
});

it('makes a fork that knows where it came from, and goes on from there', async () => {
  const made = await covae('runs', 'fork', `${id}@6`, '--steps', '8', '--name', 'branch', ...at, '--json');
  const result = made.events.at(-1);
  expect(result).toMatchObject({
    ...{ event: 'result', settings: { 'training.steps': 8 } },
    origin: { kind: 'run', name: id, step: 6 },
  });
  const fork = String(result?.['run']);
  expect(fork).toMatch(/^branch-/);
  const shown = await covae('runs', 'show', fork, ...at);
  expect(shown.stdout).toContain(`Started from step 6 of ${id}.`);
  expect(shown.stdout).toContain('It is a fork, with training.steps = 8 from there on.');
  const parent = await covae('runs', 'show', id, ...at);
  expect(parent.stdout).toContain(`${fork} is a fork of it, at step 6.`);
  expect(await covae('resume', fork, ...at)).toMatchObject({ code: 0, stdout: matching(/Finished 8 steps/) });
  const lines = fs
    .readFileSync(path.join(home, 'runs', fork, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n');
  expect(lines.length).toBeGreaterThan(2);
  expect(await covae('runs', 'fork', `${id}@x`, '--steps', '8', ...at)).toMatchObject({
    code: 1,
    stderr: matching(/must be newest, best, or the step/),
  });
});

it('is the longer history of the same run where an archive of before is imported', async () => {
  const archive = path.join(root, 'run.zip');
  await covae('runs', 'export', id, '--out', archive, ...at);
  await covae('train', id, '--continue-for', '2', ...at);
  const imported = await covae('runs', 'import', archive, ...at, '--json');
  expect(imported.events.at(-1)).toMatchObject({ outcome: 'there' });
  const later = path.join(root, 'later.zip');
  await covae('runs', 'export', id, '--out', later, ...at);
  const other = ['--home', path.join(root, 'other')];
  await covae('runs', 'import', archive, ...other);
  const longer = await covae('runs', 'import', later, ...other, '--json');
  expect(longer.events.at(-1)).toMatchObject({ outcome: 'longer' });
});
