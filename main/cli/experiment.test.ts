import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { listRuns } from '../../core/run/catalogue.ts';
import { readMetrics } from '../../core/run/run-folder.ts';
import { runCli } from './program.ts';

interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
  /** The objects that `--json` printed. */
  events: Record<string, unknown>[];
}

/** Runs a command line; presses Ctrl-C when an event says so. */
async function covae(
  args: readonly string[],
  stopAt: (event: Record<string, unknown>) => boolean = () => false,
): Promise<Outcome> {
  let stdout = '';
  let stderr = '';
  const events: Outcome['events'] = [];
  const write = (text: string): void => {
    stdout += text;
    if (!args.includes('--json')) return;
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) throw new Error(`no object: ${text}`);
    const event = { ...value };
    events.push(event);
    if (stopAt(event)) process.emit('SIGINT');
  };
  const code = await runCli(args, { stdout: { write }, stderr: { write: (text) => (stderr += text) } });
  return { code, stdout, stderr, events };
}

// Networks are compiled; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

let root: string;
let home: string;
let recipe: string;
const both = (n: number) => ({ full: n, quick: n });

/** Two arms of a very small network, one seed. */
function writeRecipe(file: string, changes: object = {}): void {
  fs.writeFileSync(
    file,
    JSON.stringify({
      format: 'covae-experiment',
      version: 1,
      name: 'two-arms',
      title: 'Two arms',
      question: 'Does it work?',
      dataset: 'mine',
      sizes: {
        full: { preset: 'smoke', seeds: 1 },
        quick: { preset: 'smoke', set: { 'training.steps': 6 }, seeds: 1 },
      },
      arms: [
        { name: 'decoder', label: 'learned decoder' },
        { name: 'identity', label: 'identity', set: { 'objective.denoiserLoss': null } },
      ],
      measurements: [
        { kind: 'training' },
        { kind: 'samples', count: both(8), passes: [2] },
        { kind: 'reconstruction-error', images: both(8), times: both(3) },
        { kind: 'latents', images: both(12), times: both(2), trajectories: both(2), perplexity: 5 },
      ],
      plots: [
        { kind: 'curve', metric: 'loss' },
        { kind: 'reconstruction-error' },
        { kind: 'latents-over-t' },
      ],
      ...changes,
    }),
  );
}

beforeAll(async () => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-cli-experiment-'));
  home = path.join(root, 'home');
  recipe = path.join(root, 'mine.json');
  writeRecipe(recipe);
  const images = path.join(root, 'images');
  for (let i = 0; i < 24; i++) {
    const below = path.join(images, i % 2 === 0 ? 'even' : 'odd');
    fs.mkdirSync(below, { recursive: true });
    const pixels = Uint8Array.from({ length: 256 }, (_, p) => (p * (i + 3) * 7) % 256);
    await sharp(pixels, { raw: { width: 16, height: 16, channels: 1 } })
      .png()
      .toFile(path.join(below, `${i}.png`));
  }
  const args = [
    'data',
    'import',
    images,
    '--name',
    'mine',
    '--size',
    '16',
    '--channels',
    '1',
    '--home',
    home,
  ];
  expect((await covae(args)).code).toBe(0);
});
afterAll(() => fs.rmSync(root, { recursive: true, force: true }));

describe('covae experiment', () => {
  it.each([[['experiment', '--list']], [['experiments']]])('as %s lists what there is', async (args) => {
    const { code, stdout } = await covae(args);
    expect(code).toBe(0);
    for (const name of ['boundary-condition', 'latent-trajectories', 'mnist-baseline', 'precision']) {
      expect(stdout).toMatch(new RegExp(`^${name}$`, 'm'));
    }
    expect(stdout).toMatch(/with --quick \d+ runs? of preset tiny-unet/);
  });

  it.each<[string, () => string[], RegExp]>([
    [
      'an experiment that is not there',
      () => ['mnist'],
      /^covae: There is no experiment "mnist"; choose one of baselines, boundary-condition, /,
    ],
    ['a data set that is not there', () => [recipe, '--data', 'x'], /^covae: There is no data set "x"/],
    ['a folder with other things', () => [recipe, '--quick', '--out', root], /is no report of an experiment/],
    ['a seed that is no number', () => [recipe, '--seed', 'x'], /whole number from 0/],
  ])('with %s ends with one sentence', async (_, args, message) => {
    const { code, stderr } = await covae(['experiment', ...args(), '--home', home, '--json']);
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/^\s+at /m);
    expect(fs.existsSync(path.join(home, 'runs'))).toBe(false);
  });

  it('trains, stops at Ctrl-C, goes on, reports, and then has nothing left to train', async () => {
    const args = ['experiment', recipe, '--quick', '--home', home, '--json'];
    const first = await covae(
      args,
      ({ event, run, step }) => event === 'progress' && run === 2 && step === 1,
    );
    expect(first.code).toBe(75);
    expect(first.events.at(-1)).toMatchObject({ event: 'result', end: 'stopped', exitCode: 75 });
    expect(first.stderr).toContain(`Go on with: npx covae experiment ${recipe} --quick --home ${home}\n`);
    expect(fs.existsSync(path.join(home, 'experiments'))).toBe(false);
    const [identity, decoder, ...others] = await listRuns(home);
    expect(others).toEqual([]);
    expect(decoder).toMatchObject({ name: 'two-arms-quick-decoder-seed0', step: 6, steps: 6 });
    expect(identity).toMatchObject({ name: 'two-arms-quick-identity-seed0', steps: 6 });
    const stoppedAt = identity?.step ?? 0;
    expect(stoppedAt).toBeGreaterThanOrEqual(1);
    expect(stoppedAt).toBeLessThan(6);

    const second = await covae(args);
    expect(second).toMatchObject({ code: 0, stderr: '' });
    expect(second.events.filter(({ event }) => event === 'run')).toEqual([
      { event: 'run', run: 2, runs: 2, arm: 'identity', seed: 0, id: identity?.id, from: stoppedAt },
    ]);
    const folder = path.join(home, 'experiments', 'two-arms-quick');
    expect(second.events.at(-1)).toMatchObject({
      event: 'result',
      end: 'finished',
      report: path.join(folder, 'report.md'),
      runs: [
        { arm: 'decoder', end: 'finished' },
        { arm: 'identity', end: 'finished' },
      ],
    });
    expect(await listRuns(home)).toHaveLength(2);
    const steps = (await readMetrics(path.join(home, 'runs', identity?.id ?? ''))).map(({ step }) => step);
    expect(steps).toEqual([1, 2, 3, 4, 5, 6]);
    expect(fs.readdirSync(folder)).toEqual(
      expect.arrayContaining([
        'curve-loss.svg',
        'decoder-seed0-samples-2.png',
        'identity-seed0-samples-2.png',
        'latents-over-t-identity-seed0.svg',
        'reconstruction-error.svg',
        'report.md',
        'table.csv',
      ]),
    );
    const { channels } = await sharp(path.join(folder, 'curve-loss.svg')).stats();
    expect(channels[0]?.stdev).toBeGreaterThan(5);

    // Measured otherwise, trained no more.
    writeRecipe(recipe, {
      measurements: [{ kind: 'training' }],
      plots: [{ kind: 'curve', metric: 'gradNorm' }],
    });
    const third = await covae(args);
    expect(third.code).toBe(0);
    expect(third.events.filter(({ event }) => event === 'run' || event === 'progress')).toEqual([]);
    expect(await listRuns(home)).toHaveLength(2);
    expect(fs.readdirSync(folder)).toContain('curve-gradNorm.svg');
    expect(fs.readdirSync(folder)).not.toContain('curve-loss.svg');
  });

  it('takes the sample digits where the library has not got the data set of the recipe', async () => {
    const other = path.join(root, 'digits.json');
    writeRecipe(other, {
      name: 'digits',
      dataset: 'mnist',
      sizes: {
        full: { preset: 'smoke', seeds: 1 },
        quick: { preset: 'smoke', set: { 'training.steps': 2 }, seeds: 1 },
      },
      arms: [{ name: 'decoder', label: 'learned decoder' }],
      measurements: [{ kind: 'training' }],
      plots: [],
    });
    const out = path.join(root, 'report');
    const { code, stdout } = await covae([
      'experiment',
      other,
      '--quick',
      '--seed',
      '7',
      '--out',
      out,
      '--home',
      home,
    ]);
    expect(code).toBe(0);
    expect(stdout).toContain('1 run on 10,000 images of "sample"');
    expect(stdout).toMatch(/Run 1 of 1: learned decoder, seed 7, digits-quick-decoder-seed7-/);
    expect(fs.readFileSync(path.join(out, 'report.md'), 'utf8')).toContain(
      'Data set "sample": 10,000 images',
    );
  });
});
