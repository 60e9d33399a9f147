/** `covae sweep`: trainings that differ in some settings, put into the queue. */
import { type Command, InvalidArgumentError } from 'commander';
import type { Settings } from '../../../core/config/settings.ts';
import { findPreset } from '../../../core/config/own-presets.ts';
import { libraryHome } from '../../../core/library.ts';
import type { Sweep, Varied } from '../../../core/train/sweep.ts';
import { countOf } from '../../../core/words.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Bind } from '../bind.ts';
import { formatDuration, table } from '../format.ts';
import { stoppedWithNothing, unlessInterrupted } from '../interrupt.ts';
import {
  type CommonOptions,
  givenSettings,
  MAX_SEED,
  parseFreeName,
  parsePath,
  parseSetting,
  positiveNumber,
  wholeNumber,
  withCommonOptions,
} from '../options.ts';
import type { Output } from '../output.ts';

interface SweepOptions extends CommonOptions {
  data: string;
  preset: string;
  name: string;
  vary?: Varied[];
  seeds?: number[];
  random?: number;
  randomSeed?: number;
  set?: Settings;
  steps?: number;
  batch?: number;
  lr?: number;
  dryRun?: boolean;
}

export function addSweepCommand(program: Command, bind: Bind): void {
  withCommonOptions(
    program
      .command('sweep')
      .description(
        'Make trainings that differ in some settings, in all combinations of their values or in some by chance, and put ' +
          'them into the queue; covae queue run trains them. Says how many there are and how long they take.',
      )
      .requiredOption('--data <name>', 'data set of the library (see covae data list)')
      .option('--preset <name>', 'a preset, or a JSON file of your own', parsePath, 'tiny')
      .option(
        '--name <name>',
        'name of the sweep: what its runs are called and tagged with',
        parseFreeName,
        'sweep',
      )
      .option(
        '--vary <key=values>',
        'a setting and its values between commas (training.learningRate=0.001,0.003), or a range from which values are ' +
          'drawn by chance (training.learningRate=0.0001..0.01); may be given many times',
        parseVaried,
      )
      .option(
        '--seeds <seeds>',
        'how many seeds each combination is trained with, or those seeds between commas (default: 1)',
        parseSeeds,
      )
      .addOption(
        wholeNumber('--random <n>', 'draw so many combinations by chance instead of taking all', 1, 200),
      )
      .addOption(wholeNumber('--random-seed <n>', 'seed of that draw (default: 0)', 0, MAX_SEED))
      .option('--set <key=value>', 'a setting that all of them have; may be given many times', parseSetting)
      .addOption(wholeNumber('--steps <n>', 'number of steps of each', 1, 100_000_000))
      .addOption(wholeNumber('--batch <n>', 'batch size', 1, 65_536))
      .addOption(positiveNumber('--lr <rate>', 'learning rate', 1))
      .option('--dry-run', 'only say which runs there would be'),
  ).action(bind(sweep));
}

/** `key=a,b,c` or `key=from..to`. */
export function parseVaried(text: string, before: readonly Varied[] = []): Varied[] {
  const [, key, list] = /^\s*([\w.]+)\s*=\s*([^]+)$/.exec(text) ?? [];
  if (key === undefined || list === undefined) {
    throw new InvalidArgumentError('Give a key and its values, such as training.learningRate=0.001,0.003.');
  }
  const range = /^\s*([-+.\deE]+)\.\.([-+.\deE]+)\s*$/.exec(list);
  if (range !== null) {
    const [from, to] = [Number(range[1]), Number(range[2])];
    if (!Number.isFinite(from) || !Number.isFinite(to) || from >= to) {
      throw new InvalidArgumentError('A range goes from a number to a larger one, such as 0.0001..0.01.');
    }
    return [...before, { key, from, to }];
  }
  const values = splitList(list).map(jsonOrText);
  if (values.some((value) => value === ''))
    throw new InvalidArgumentError('A value between two commas is empty.');
  return [...before, { key, values }];
}

/** At commas that stand in no brackets. */
function splitList(text: string): string[] {
  const parts: string[] = [''];
  let depth = 0;
  for (const sign of text) {
    if ('[({'.includes(sign)) depth++;
    if ('])}'.includes(sign)) depth--;
    if (sign === ',' && depth === 0) parts.push('');
    else parts.push(`${parts.pop() ?? ''}${sign}`);
  }
  return parts.map((part) => part.trim());
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function parseSeeds(text: string): number[] {
  const numbers = text.split(',').map((part) => part.trim());
  if (!numbers.every((part) => /^\d{1,10}$/.test(part) && Number(part) <= MAX_SEED)) {
    throw new InvalidArgumentError('Give how many seeds, or seeds between commas, such as 3 or 0,1,2.');
  }
  const [only, ...others] = numbers.map(Number);
  if (others.length > 0) return [...new Set([only!, ...others])];
  if (only === undefined || only < 1 || only > 100) throw new InvalidArgumentError('Give 1 to 100 seeds.');
  return Array.from({ length: only }, (_, seed) => seed);
}

async function sweep(output: Output, options: SweepOptions): Promise<number> {
  const home = libraryHome(options.home);
  const { data, name, vary = [], seeds, random, randomSeed = 0, dryRun = false } = options;
  const preset = await findPreset(home, options.preset);
  const planned: Sweep = {
    ...{ name, dataset: data, preset, vary, settings: givenSettings(options) },
    ...(seeds !== undefined && { seeds }),
    ...(random !== undefined && { random: { count: random, seed: randomSeed } }),
  };
  const { makeSweep, planSweep } = await import('../../../core/train/sweep.ts');
  const { trainingDevice } = await import('../../../core/train/plan/machine.ts');
  const { runs, seconds } = await planSweep(home, planned, await trainingDevice());
  const words = `${countOf(runs.length, 'run')}, ${seconds === null ? 'for how long is not known before a step of this kind was measured here (covae plan --trial)' : `about ${formatDuration(seconds)} together`}.`;
  if (dryRun) {
    output.result({ home, dryRun, runs, seconds }, [
      words,
      ...table(
        runs.map(({ name: called, settings, seed }) => [called, JSON.stringify(settings), `seed ${seed}`]),
      ),
    ]);
    return EXIT.DONE;
  }
  output.line(words);
  const ids = await unlessInterrupted(
    (signal) =>
      makeSweep(home, planned, {
        signal,
        onRun: (made, of, id) =>
          output.progress(`made ${made} of ${countOf(of, 'run')}`, { made, of, run: id }),
      }),
    () => output.warn('Stopping; the runs that are made wait in the queue.'),
  );
  if (ids === null) return stoppedWithNothing(output);
  output.result({ home, runs: ids, seconds }, [
    `${countOf(ids.length, 'run')} ${ids.length === 1 ? 'waits' : 'wait'} in the queue; train them with npx covae queue run, or in the window.`,
  ]);
  return EXIT.DONE;
}
