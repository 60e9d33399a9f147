/**
 * `npm run bench -- --quality`: how good pictures are after so much training, by a classifier of real ones.
 *
 *     --mnist FOLDER      MNIST's four files: the classifier learns from its training images and is held against its test
 *                         images; without it, both are the sample digits, and the numbers mean less
 *     --train, --known, --unseen PATH    other data, as `covae data import` takes it: to train on, for the classifier
 *                         (with classes), and real images that the classifier never sees
 *     --preset NAME       may be given several times (default: tiny)
 *     --set KEY=VALUE     of all presets
 *     --steps N, --seconds N    of each training, in place of the preset's steps
 *     --seeds N           trainings of each (default: 3)
 *     --first-seed N      seed of the first of them (default: 0)
 *     --torch-seconds N   of the paper's recipe in PyTorch (default: 1,800; 0: without)
 *     --quick             one seed, a sixteenth of the steps, 300 samples, a minute of PyTorch
 *     --home FOLDER       library to work in and leave behind (default: one of its own that is removed)
 *     --out FILE          (default: out/quality.json)
 *
 * Trainings with --seconds, and PyTorch, want a machine with nothing else to do.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { benchQuality, presetFile } from '../../bench/quality.mjs';
import { StepError } from '../setup/report.mjs';
import { goalLines, qualityGoals, qualityLines } from './quality-report.mjs';

/** A run keeps its three newest checkpoints. */
const MOMENTS = 3;
const TORCH_SECONDS = 1800;
const QUICK = { share: 1 / 16, count: 300, torchSeconds: 60 };

const text = { type: 'string' };
const OPTIONS = {
  ...{ quality: { type: 'boolean' }, quick: { type: 'boolean' }, home: text, out: text, mnist: text },
  ...{ train: text, known: text, unseen: text, steps: text, seconds: text, seeds: text },
  'first-seed': text,
  'torch-seconds': text,
  preset: { type: 'string', multiple: true },
  set: { type: 'string', multiple: true },
};

function whole(value, name) {
  if (value === undefined) return null;
  if (!/^\d+$/.test(value))
    throw new StepError(`--${name} must be a whole number, not ${value}.`, { remedy: 'give one.' });
  return Number(value);
}

/** What is imported: to train on, for the classifier, and what it never sees. */
export function sourcesOf({ mnist, train, known, unseen }) {
  const digits = ['sample'];
  const file = (name) => [resolve(mnist, `${name}-images-idx3-ubyte.gz`)];
  const sources = {
    train: train === undefined ? digits : [resolve(train)],
    known: known !== undefined ? [resolve(known)] : mnist === undefined ? digits : file('train'),
    unseen: unseen !== undefined ? [resolve(unseen)] : mnist === undefined ? digits : file('t10k'),
  };
  for (const [source] of Object.values(sources)) {
    if (source !== 'sample' && !existsSync(source))
      throw new StepError(`${source} is missing.`, { remedy: 'name the folder or file that is there.' });
  }
  return sources;
}

/** The paper's recipe on a network of a preset's size: objective and training of the preset `mnist`. */
export function paperRecipe(small, paper) {
  const { objective, training } = paper.config;
  return { network: small.config.network, objective, training };
}

const preset = async (name) => JSON.parse(await readFile(presetFile(name), 'utf8'));

/**
 * @param {string[]} words of the command line
 * @param {{python: string, version: string} | null} torch
 * @returns {Promise<number>} the exit code
 */
export async function quality(words, torch, say) {
  let values;
  try {
    ({ values } = parseArgs({ args: words, options: OPTIONS }));
  } catch (error) {
    throw new StepError(error.message, { remedy: 'see scripts/bench/quality.mjs.' });
  }
  const { quick = false } = values;
  const names = values.preset ?? ['tiny'];
  const torchSeconds =
    whole(values['torch-seconds'], 'torch-seconds') ?? (quick ? QUICK.torchSeconds : TORCH_SECONDS);
  const first = await preset(names[0]);
  const steps = whole(values.steps, 'steps');
  const firstSeed = whole(values['first-seed'], 'first-seed') ?? 0;
  const sources = sourcesOf(values);
  const home = values.home ? resolve(values.home) : await mkdtemp(join(os.tmpdir(), 'covae-quality-'));
  try {
    const found = await benchQuality({
      ...{ home, ...sources, say, moments: MOMENTS, count: quick ? QUICK.count : 1000 },
      rows: names.map((name) => ({ preset: name, settings: values.set ?? [] })),
      steps: steps ?? (quick ? Math.ceil(first.config.training.steps * QUICK.share) : null),
      seconds: whole(values.seconds, 'seconds'),
      seeds: Array.from({ length: whole(values.seeds, 'seeds') ?? (quick ? 1 : 3) }, (_, i) => firstSeed + i),
      torch:
        torch === null || torchSeconds === 0
          ? null
          : {
              ...{
                python: torch.python,
                seconds: torchSeconds,
                name: `the paper's recipe, size of ${first.name}`,
              },
              config: paperRecipe(first, await preset('mnist')),
            },
    });
    const goals = qualityGoals(found.results);
    say('');
    for (const line of [...qualityLines(found), '', ...goalLines(goals)]) say(line);
    const file = resolve(values.out ?? join('out', 'quality.json'));
    await mkdir(dirname(file), { recursive: true });
    const record = { format: 'covae-quality', version: 1, date: new Date().toISOString(), quick, sources };
    await writeFile(file, `${JSON.stringify({ ...record, goals, ...found }, null, 1)}\n`);
    say(`\nWritten to ${file}.`);
    return 0;
  } finally {
    if (!values.home) await rm(home, { recursive: true, force: true });
  }
}
