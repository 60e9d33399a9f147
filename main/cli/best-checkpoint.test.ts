/** The best checkpoint on the command line: found while training, shown, and drawn from. */
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { covae, makeImages, matching, root } from './test-cli.ts';

const home = path.join(root, 'home');
const at = ['--home', home];
const EVALUATED =
  'training.steps=6 training.checkpointEvery=2 training.evaluateEvery=2 training.evaluateCount=16 training.evaluateExtractor=pixels';
let best: Record<string, unknown>;

beforeAll(async () => {
  const images = path.join(root, 'images');
  await makeImages(images);
  await covae('data', 'import', images, '--name', 'noise', '--size', '16', '--channels', '1', ...at);
  const sets = EVALUATED.split(' ').flatMap((setting) => ['--set', setting]);
  const train = ['train', '--data', 'noise', '--preset', 'smoke', ...at, '--json'];
  const done = await covae(...train, '--name', 'judged', ...sets);
  const evaluations = done.events.filter(({ event }) => event === 'evaluation');
  expect(evaluations.map(({ step }) => step)).toEqual([2, 4, 6]);
  const values = evaluations.map(({ fd1 }) => Number(fd1));
  const step = evaluations[values.indexOf(Math.min(...values))]?.['step'];
  best = { step, measure: 'fd-1-pass', value: Math.min(...values) };
  await covae(...train, '--name', 'plain', '--set', 'training.steps=2');
});

describe('the best checkpoint', () => {
  it('is shown with its value, and what all of them take on the disk', async () => {
    const { events } = await covae('runs', 'show', 'judged', ...at, '--json');
    const [shown] = events;
    expect(shown).toMatchObject({ best, run: { best, checkpoints: [2, 4, 6] } });
    expect(shown?.['evaluations']).toHaveLength(3);
    const sizes = fs
      .readdirSync(path.join(home, 'runs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => /^judged.*(safetensors|state\.json)$/.test(name))
      .map((name) => fs.statSync(path.join(home, 'runs', name)).size);
    expect(shown?.['bytes']).toBe(sizes.reduce((sum, size) => sum + size, 0));
    const text = await covae('runs', 'show', 'judged', ...at);
    expect(text.stdout).toMatch(
      new RegExp(
        `^Best checkpoint: step ${String(best['step'])} \\(Fréchet distance, 1 pass: .*\\)\\.$`,
        'm',
      ),
    );
    expect(text.stdout).toMatch(/^Evaluation at step 6: .* \(1 pass\), .* \(2 passes\); reconstruction/m);
    const list = await covae('runs', 'list', ...at);
    expect(list.stdout).toContain(`best at step ${String(best['step'])}`);
  });

  it('is drawn from, exported and interpolated with, as is that of a step', async () => {
    const out = ['--out', path.join(root, 'out'), '--force', ...at, '--json'];
    for (const [asked, step] of [
      ['best', best['step']],
      ['4', 4],
      ['newest', 6],
    ] as const) {
      for (const command of [['sample', '--count', '2'], ['interpolate'], ['weights', 'export']]) {
        fs.mkdirSync(path.join(root, 'out'), { recursive: true });
        const [verb = '', ...rest] = command;
        const run = verb === 'weights' ? [...rest, 'judged'] : ['judged', ...rest];
        const done = await covae(verb, ...run, '--step', asked, ...out);
        expect([command, done.code, done.events.at(-1)?.['step']]).toEqual([command, 0, step]);
      }
    }
  });

  it('is asked for in vain, in a sentence, where nothing was evaluated; and so is a step that is not there', async () => {
    const none = await covae('sample', 'plain', '--step', 'best', ...at);
    expect(none).toMatchObject({
      code: 1,
      stderr: matching(/^covae: No checkpoint in .* is known as the best, .*\.\n$/),
    });
    const gone = await covae('sample', 'judged', '--step', '3', ...at);
    expect(gone).toMatchObject({
      code: 1,
      stderr: matching(
        /There is no usable checkpoint of step 3 in .*; there are those of steps 2, 4, 6\.\n$/,
      ),
    });
    const odd = await covae('sample', 'judged', '--step', 'good', ...at);
    expect(odd.stderr).toMatch(/Give newest, best, or the step of a checkpoint/);
  });
});
