/** `covae experiment`: the experiments of the method, from their recipes to their reports. */
import path from 'node:path';
import type { Command } from 'commander';
import { listDatasets } from '../../../core/data/catalogue.ts';
import type { PackedDataset } from '../../../core/data/packed.ts';
import type { ExperimentProgress } from '../../../core/experiment/train-runs.ts';
import type { Recipe, Size } from '../../../core/experiment/recipe.ts';
import { checkFolderName } from '../../../core/export/target.ts';
import { libraryHome } from '../../../core/library.ts';
import { formatDuration, shellWord } from '../format.ts';
import { EXIT } from '../../exit-codes.ts';
import { interruptible } from '../interrupt.ts';
import { type CommonOptions, MAX_SEED, parsePath, wholeNumber, withCommonOptions } from '../options.ts';
import { formatLoss, type Output, tellTroubles } from '../output.ts';
import type { Bind } from '../bind.ts';
import { sampleDataset } from '../sample.ts';
import { countOf } from '../../../core/words.ts';

interface ExperimentCommandOptions extends CommonOptions {
  quick?: boolean;
  data?: string;
  out?: string;
  seed: number;
  list?: boolean;
}

/** Seeds count up from the first one. */
const MAX_SEEDS = 20;

export function addExperimentCommand(program: Command, bind: Bind): void {
  withCommonOptions(
    program
      .command('experiment')
      .alias('experiments')
      .description(
        'Run one of the experiments that come with the program: train its runs, measure them, and write a report with ' +
          'tables, plots and images. Ctrl-C stops at once; the same command goes on from there.',
      )
      .argument('[name]', 'an experiment (see --list), or a JSON file of your own', parsePath)
      .option('--list', 'list the experiments and what they ask')
      .option('--quick', 'the small size: minutes on two processor cores')
      .option(
        '--data <name>',
        "data set of the library (default: the recipe's when it is there, else the sample digits)",
      )
      .option('--out <dir>', 'folder for the report (default: experiments/<name> in the library)', parsePath)
      .addOption(
        wholeNumber('--seed <n>', 'first seed; further ones follow it', 0, MAX_SEED - MAX_SEEDS).default(0),
      ),
  ).action(bind(experiment));
}

async function experiment(output: Output, options: ExperimentCommandOptions, name?: string): Promise<number> {
  const { listRecipes, loadRecipe } = await import('../../../core/experiment/recipe.ts');
  if (options.list || name === undefined) return list(output, await listRecipes());
  if (options.out !== undefined) await checkFolderName(options.out, 'a folder');
  const recipe = await loadRecipe(name);
  const size: Size = options.quick ? 'quick' : 'full';
  const home = libraryHome(options.home);
  const dataset = await datasetFor(output, home, recipe, options.data);
  if (dataset === null) {
    output.result({ end: 'stopped' }, [], EXIT.STOPPED);
    return EXIT.STOPPED;
  }
  try {
    return await make(output, options, { name, recipe, size, home, dataset });
  } finally {
    dataset.close();
  }
}

function list(output: Output, recipes: readonly Recipe[]): number {
  const lines = recipes.flatMap(({ name, title, question, arms, sizes }) => [
    name,
    `  ${title}. ${question}`,
    `  ${countOf(arms.length * sizes.full.seeds, 'run')} of preset ${sizes.full.preset}; with --quick ` +
      `${countOf(arms.length * sizes.quick.seeds, 'run')} of preset ${sizes.quick.preset}`,
  ]);
  output.result({ recipes }, [...lines, '', 'Run one with: npx covae experiment <name> [--quick]']);
  return 0;
}

/** The data set to learn from; null when importing the sample was interrupted. */
async function datasetFor(
  output: Output,
  home: string,
  recipe: Recipe,
  asked: string | undefined,
): Promise<PackedDataset | null> {
  const { openDataset } = await import('../../../core/data/packed.ts');
  if (asked !== undefined) return openDataset(home, asked);
  const known = (await listDatasets(home)).some(
    ({ name, problem }) => name === recipe.dataset && problem === null,
  );
  if (known) return openDataset(home, recipe.dataset);
  return sampleDataset(output, home, 'name another data set with --data');
}

interface Making {
  /** As it was given. */
  name: string;
  recipe: Recipe;
  size: Size;
  home: string;
  dataset: PackedDataset;
}

async function make(output: Output, options: ExperimentCommandOptions, making: Making): Promise<number> {
  const { recipe, size, home, dataset } = making;
  const { runExperiment } = await import('../../../core/experiment/experiment.ts');
  const { createRun } = await import('../../../core/train/create-run.ts');
  const { openGenerator } = await import('../../../core/explore/open-generator.ts');
  const { openSession } = await import('../../../core/train/open-session.ts');
  const started = performance.now();
  const runs = recipe.arms.length * recipe.sizes[size].seeds;
  output.event('experiment', { name: recipe.name, size, runs, dataset: dataset.record.name, home });
  output.line(
    `${recipe.title}, ${size} size: ${countOf(runs, 'run')} on ${countOf(dataset.count, 'image')} of "${dataset.record.name}". ` +
      'Ctrl-C stops and saves.',
  );
  const outcome = await interruptible(
    (signal) =>
      runExperiment({
        home,
        recipe,
        size,
        dataset,
        firstSeed: options.seed,
        ...(options.out !== undefined && { out: options.out }),
        trainer: { createRun, openGenerator, openSession },
        signal,
        ...tellTroubles(output),
        onPhase: (phase) => output.phase(phase),
        onRun: ({ run, planned: { label, seed, arm }, id, from }) => {
          output.event('run', { run, runs, arm, seed, id, from });
          output.line(
            `Run ${run} of ${runs}: ${label}, seed ${seed}, ${id}${from > 0 ? `, from step ${from}` : ''}`,
          );
        },
        onProgress: (progress) => {
          const { run, planned, training, secondsLeft } = progress;
          const fields = { run, runs, arm: planned.arm, seed: planned.seed, secondsLeft };
          const { step, steps, loss, stepsPerSecond } = training;
          output.progress(
            progressLine(progress),
            { ...fields, step, steps, loss, stepsPerSecond },
            step === steps,
          );
        },
        onRemark: (id, remark) => output.warn(`${id}: ${remark}`),
        onDiverged: ({ label, seed }, step) =>
          output.warn(
            `${label}, seed ${seed}, diverged after step ${step}; that is a result, the others go on.`,
          ),
      }),
    () => output.warn('Stopping and saving; press Ctrl-C again to end at once.'),
  );
  const seconds = (performance.now() - started) / 1000;
  if (outcome === null) {
    output.result({ end: 'stopped', seconds }, [], EXIT.STOPPED);
    output.warn(`Stopped; what was learned is kept. Go on with: ${commandAgain(making.name, options)}`);
    return EXIT.STOPPED;
  }
  const { folder, report, kept } = outcome;
  for (const { name, keptAs } of kept) {
    output.warn(
      `${path.join(folder, name)} was not as the report before had left it; it is kept as "${keptAs}".`,
    );
  }
  const ends = outcome.runs.map(({ id, arm, seed, end }) => ({ id, arm, seed, end }));
  output.result({ end: 'finished', folder, report, kept, runs: ends, seconds }, [
    `Finished in ${formatDuration(seconds)}. The report is ${path.relative('', report) || report}.`,
  ]);
  return 0;
}

/** `run 2/4 identity boundary, seed 1   step 120/400   loss 83.1   9.8 steps/s   4 min 10 s left in all` */
function progressLine({ run, runs, planned, training, secondsLeft }: ExperimentProgress): string {
  const { step, steps, loss, stepsPerSecond } = training;
  const parts = [`run ${run}/${runs} ${planned.label}, seed ${planned.seed}`, `step ${step}/${steps}`];
  parts.push(`loss ${formatLoss(loss)}`);
  if (stepsPerSecond > 0) parts.push(`${stepsPerSecond.toPrecision(3)} steps/s`);
  if (secondsLeft !== null) parts.push(`${formatDuration(secondsLeft)} of training left`);
  return parts.join('   ');
}

function commandAgain(name: string, { quick, data, out, seed, home }: ExperimentCommandOptions): string {
  const words = ['npx', 'covae', 'experiment', name];
  if (quick) words.push('--quick');
  if (data !== undefined) words.push('--data', data);
  if (out !== undefined) words.push('--out', out);
  if (seed !== 0) words.push('--seed', String(seed));
  if (home !== undefined) words.push('--home', home);
  return words.map(shellWord).join(' ');
}
