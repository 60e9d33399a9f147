/** `covae runs fork`: a new run from a checkpoint of another, with settings changed. */
import type { Command } from 'commander';
import { libraryHome, runFolder } from '../../../core/library.ts';
import type { Settings } from '../../../core/config/settings.ts';
import type { Bind } from '../bind.ts';
import { shellWord } from '../format.ts';
import {
  type CommonOptions,
  givenSettings,
  MAX_SEED,
  parseFreeName,
  parseSetting,
  positiveNumber,
  wholeNumber,
  withCommonOptions,
} from '../options.ts';
import type { Output } from '../output.ts';
import { runAndCheckpoint } from '../run-and-checkpoint.ts';
import { countOf, listOf } from '../../../core/words.ts';

interface ForkCommandOptions extends CommonOptions {
  name?: string;
  set?: Settings;
  steps?: number;
  lr?: number;
  seed?: number;
}

export function addForkCommand(runs: Command, bind: Bind): void {
  withCommonOptions(
    runs
      .command('fork')
      .description(
        'Make a new run that begins as another was at one of its checkpoints, with settings changed from there on: weights, ' +
          'averages, the state of the optimiser, curves and samples up to there. covae resume trains it.',
      )
      .argument('<run>', 'a run, RUN@STEP or RUN@best: id or name of the run, or the beginning of its id')
      .option(
        '--name <name>',
        'name of the new run (default: that of the run, with -fork behind it)',
        parseFreeName,
      )
      .option(
        '--set <key=value>',
        'a setting to change, by its dotted key; may be given many times',
        parseSetting,
      )
      .addOption(wholeNumber('--steps <n>', 'steps of the whole training', 1, 100_000_000))
      .addOption(positiveNumber('--lr <rate>', 'learning rate', 1))
      .addOption(wholeNumber('--seed <n>', 'seed of everything random from there on', 0, MAX_SEED)),
  ).action(bind(fork));
}

async function fork(output: Output, options: ForkCommandOptions, query = ''): Promise<number> {
  const home = libraryHome(options.home);
  const { name, seed, steps, lr, set } = options;
  const { run, which } = await runAndCheckpoint(home, query);
  const settings = givenSettings({ steps, lr, set });
  const { forkRun } = await import('../../../core/train/fork-run.ts');
  const manifest = await forkRun(home, run, {
    checkpoint: which,
    settings,
    ...(name !== undefined && { name }),
    ...(seed !== undefined && { seed }),
  });
  const { id, origin, config } = manifest;
  const changed = Object.entries(settings).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  const goOn = `npx covae resume ${shellWord(id)}${options.home === undefined ? '' : ` --home ${shellWord(options.home)}`}`;
  output.result({ home, run: id, folder: runFolder(home, id), origin, settings, goOn }, [
    `Made the run ${id}, as ${run} was at step ${origin?.step ?? 0}, of ${countOf(config.training.steps, 'step')}` +
      `${changed.length === 0 ? '' : `, with ${listOf(changed)}`}.`,
    `Go on with: ${goOn}`,
  ]);
  return 0;
}
