/** Runs are named, tagged, noted, pruned, removed and brought back from the command line. */
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
  const every = ['--steps', '6', '--set', 'training.checkpointEvery=2'];
  const done = await covae('train', '--data', 'noise', '--preset', 'smoke', ...every, ...at, '--json');
  id = String(done.events.at(-1)?.['run']);
});

const checkpoints = (): string[] => fs.readdirSync(path.join(home, 'runs', id, 'checkpoints')).sort();

it('gives a name, tags and a note, which lists show', async () => {
  expect(await covae('runs', 'rename', id, 'first', ...at)).toMatchObject({ code: 0 });
  const tagged = await covae('runs', 'tag', 'first', 'paper', 'good one', ...at, '--json');
  expect(tagged.events.at(-1)).toMatchObject({ run: id, tags: ['paper', 'good one'] });
  await covae('runs', 'tag', 'first', '--remove', 'paper', ...at);
  await covae('runs', 'note', 'first', 'Learns quickly.', ...at);
  expect((await covae('runs', 'note', 'first', ...at)).stdout).toContain('Learns quickly.');
  expect((await covae('runs', 'list', ...at)).stdout).toMatch(/“first” \[good one\]/);
  expect((await covae('runs', 'tag', 'first', 'a,b', ...at)).stderr).toMatch(/no comma/);
});

it('prunes, and says before what that frees', async () => {
  expect(checkpoints()).toHaveLength(3);
  expect((await covae('runs', 'prune', id, ...at)).stderr).toMatch(/Say which checkpoints/);
  const planned = await covae('runs', 'prune', id, '--last', '1', '--dry-run', ...at, '--json');
  expect(checkpoints()).toHaveLength(3);
  const pruned = await covae('runs', 'prune', id, '--last', '1', ...at);
  expect(pruned.stdout).toMatch(
    /Removed 2 checkpoints .*\(steps 2 and 4\): .* before, .* after\.\nKept that of step 6/,
  );
  expect(checkpoints()).toEqual(['step-00000006']);
  expect(planned.events.at(-1)).toMatchObject({
    remove: [{ step: 2 }, { step: 4 }],
    keep: [{ step: 6 }],
    frees: expect.any(Number) as number,
  });
});

it('removes runs and brings them back', async () => {
  const removed = await covae('runs', 'remove', id, ...at);
  expect(removed).toMatchObject({ code: 0, stdout: matching(/is in the trash; covae runs trash --restore/) });
  expect((await covae('runs', 'show', id, ...at)).code).toBe(1);
  expect((await covae('runs', 'trash', ...at)).stdout).toContain(id);
  expect(await covae('runs', 'trash', '--restore', id, ...at)).toMatchObject({ code: 0 });
  expect(await covae('runs', 'show', id, ...at)).toMatchObject({ code: 0 });
  await covae('runs', 'remove', id, ...at);
  expect((await covae('runs', 'trash', '--empty', ...at)).stdout).toContain('Removed 1 run for good.');
  expect((await covae('runs', 'trash', ...at)).stdout).toContain('holds no runs');
});
