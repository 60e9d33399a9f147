/**
 * How good pictures are after so much computing: the part of `npm run bench -- --quality` that trains and judges. Each
 * training is a process of its own; its checkpoints are judged by a classifier of real images (core/bench/quality.ts).
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const covae = path.join(root, 'bin', 'covae.mjs');
const run = promisify(execFile);

/** Runs or files of raw pixels → what the judge says of each. */
const PROGRAM = `
import fs from 'node:fs';
import { Judge } from './core/bench/quality.ts';
const { options, list } = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
void (async () => {
  const judge = await Judge.open(options);
  const found = [];
  for (const { folder, step, pixels, height, width, channels } of list) {
    if (folder) {
      found.push(await judge.run(folder, step));
      continue;
    }
    const passes = pixels.map((file) => {
      const data = fs.readFileSync(file);
      const size = height * width * channels;
      const planes = Array.from({ length: data.length / size }, (_, i) => ({
        ...{ height, width, channels },
        data: data.subarray(i * size, (i + 1) * size),
      }));
      return judge.pictures(planes);
    });
    found.push({ step, passes, fitted: null, reconstruction: null });
  }
  console.log(JSON.stringify({ real: judge.realSure, found }));
})();
`;

/** Calls the command line; gives the last object it printed. */
async function ask(args) {
  const { stdout } = await run(process.execPath, [covae, ...args, '--json'], { maxBuffer: 2 ** 28 });
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

/** Judges in a process of its own. @returns {Promise<{real: number, found: object[]}>} */
async function judge(options, list) {
  // Inside node_modules, so that TensorFlow is found.
  const folder = await mkdtemp(path.join(root, 'node_modules', '.covae-bench-'));
  try {
    const outfile = path.join(folder, 'judge.cjs');
    await build({
      stdin: { contents: PROGRAM, resolveDir: root, loader: 'ts' },
      ...{ outfile, bundle: true, platform: 'node', format: 'cjs', logLevel: 'silent' },
      external: ['@tensorflow/tfjs-node-gpu', 'sharp', 'mnist', '@cornerstonejs/*', 'libheif-js'],
      // As scripts/build.mjs does it.
      define: { 'import.meta.url': '__bundleUrl', __COVAE_BUILD__: JSON.stringify(`judge ${process.pid}`) },
      banner: { js: "const __bundleUrl = require('node:url').pathToFileURL(__filename).href;" },
    });
    const orders = path.join(folder, 'orders.json');
    await writeFile(orders, JSON.stringify({ options, list }));
    const { stdout } = await run(process.execPath, [outfile, orders], { maxBuffer: 2 ** 28 });
    return JSON.parse(stdout.trim().split('\n').at(-1));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A data set of the library, imported unless it is there. */
async function dataset(home, name, source) {
  const known = await readdir(path.join(home, 'datasets')).catch(() => []);
  if (!known.includes(name)) await ask(['data', 'import', ...source, '--name', name, '--home', home]);
  return JSON.parse(await readFile(path.join(home, 'datasets', name, 'dataset.json'), 'utf8'));
}

/** Milliseconds of a step, measured on synthetic images. */
async function stepMs(preset, sets) {
  return (await ask(['bench', '--preset', preset, '--steps', '20', ...sets])).stepMs;
}

/** Seconds of training at some of its steps, from its log. */
async function secondsAt(folder, steps) {
  const lines = (await readFile(path.join(folder, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return steps.map((step) => lines.findLast((line) => line.step <= step)?.seconds ?? null);
}

/** At most `moments` steps, evenly over a training, the last one its end: those that a run keeps checkpoints of. */
export function momentsOf(steps, moments) {
  const each = Math.ceil(steps / moments);
  return Array.from({ length: Math.ceil(steps / each) }, (_, i) => Math.min(steps, (i + 1) * each));
}

/**
 * Trains and judges.
 *
 * @param {object} asked
 * @param {string} asked.home library to work in; data sets and a classifier that it has already are used again
 * @param {string[]} asked.train what is trained on, as `covae data import` takes it
 * @param {string[]} asked.known real images with classes, for the classifier
 * @param {string[]} asked.unseen real images that the classifier never sees
 * @param {{preset: string, settings: string[]}[]} asked.rows
 * @param {number | null} asked.steps in place of a preset's own
 * @param {number | null} asked.seconds of training in place of steps; the steps that fit are measured first
 * @param {number[]} asked.seeds
 * @param {number} asked.moments at which is judged
 * @param {number} asked.count samples that are judged, for each number of passes
 * @param {{python: string, name: string, config: object, seconds: number} | null} asked.torch
 * @param {(text: string) => void} asked.say
 */
export async function benchQuality(asked) {
  const { home, rows, seeds, moments, count, say } = asked;
  await mkdir(home, { recursive: true });
  const { height, width, channels } = await dataset(home, 'trained-on', asked.train);
  await dataset(home, 'known', asked.known);
  await dataset(home, 'unseen', asked.unseen);
  say('Training the classifier, or taking the one there is');
  const { heldOut } = await ask(['data', 'classifier', 'known', '--home', home]);
  const options = { home, classifier: 'known', real: 'unseen', count };
  const results = [];
  let real = null;
  const add = async (row, batch, list, seconds) => {
    const judged = await judge(options, list);
    real = judged.real;
    const points = judged.found.map((point, i) => ({
      ...{ images: point.step * batch, seconds: seconds[i] },
      ...point,
    }));
    results.push({ ...row, points });
    const [one, two] = points.at(-1).passes.map(({ sure }) => `${(100 * sure).toFixed(1)} %`);
    say(`${row.name}, seed ${row.seed}: sure of ${one} after one pass, ${two} after two`);
  };
  for (const { preset, settings } of rows) {
    const own = settings.flatMap((setting) => ['--set', setting]);
    const { config } = JSON.parse(await readFile(presetFile(preset), 'utf8'));
    const fitting =
      asked.seconds === null ? null : Math.floor((1000 * asked.seconds) / (await stepMs(preset, own)));
    const steps = Math.max(moments, fitting ?? asked.steps ?? config.training.steps);
    const ends = momentsOf(steps, moments);
    for (const seed of seeds) {
      const name = [preset, ...settings].join(' ');
      say(`${name}, seed ${seed}: ${steps} steps`);
      const { run: id } = await ask([
        ...['train', '--data', 'trained-on', '--preset', preset, '--name', 'quality', '--seed', String(seed)],
        ...['--steps', String(steps), ...own, '--set', `training.checkpointEvery=${ends[0]}`],
        ...['--set', 'training.checkpointMinutes=0', '--home', home],
      ]);
      const folder = path.join(home, 'runs', id);
      const batch = JSON.parse(await readFile(path.join(folder, 'run.json'), 'utf8')).config.training
        .batchSize;
      const list = ends.map((step) => ({ folder, step }));
      await add({ name, seed, backend: 'covae' }, batch, list, await secondsAt(folder, ends));
    }
  }
  if (asked.torch) {
    const { python, name, config, seconds } = asked.torch;
    const folder = await mkdtemp(path.join(home, 'torch-'));
    const file = path.join(folder, 'config.json');
    const network = { ...config.network, imageSize: height, channels };
    await writeFile(file, JSON.stringify({ ...config, network }));
    for (const seed of seeds) {
      say(`${name} in PyTorch, seed ${seed}: ${seconds} seconds`);
      const out = path.join(folder, String(seed));
      const { stdout } = await run(python, [
        ...[path.join(root, 'bench', 'pytorch', 'train.py'), '--config', file, '--out', out],
        ...['--pixels', path.join(home, 'datasets', 'trained-on', 'pixels.u8'), '--seconds', String(seconds)],
        ...['--moments', String(moments), '--count', String(count), '--seed', String(seed)],
      ]);
      const made = stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
      const list = made.map(({ step }) => ({
        ...{ step, height, width, channels },
        pixels: [1, 2].map((passes) => path.join(out, `${step}-${passes}.u8`)),
      }));
      const times = made.map((moment) => moment.seconds);
      await add({ name, seed, backend: 'PyTorch' }, config.training.batchSize, list, times);
    }
  }
  return { accuracy: heldOut.accuracy, real, results };
}

/** Of a preset's name or file. */
export function presetFile(preset) {
  return preset.endsWith('.json')
    ? path.resolve(preset)
    : path.join(root, 'assets', 'presets', `${preset}.json`);
}
