/** `covae directions`: made, listed, applied, removed. */
import { type Command, InvalidArgumentError } from 'commander';
import { formatNumber } from '../../../../core/digits.ts';
import { UserError } from '../../../../core/errors.ts';
import type { DirectionOrder, Group } from '../../../../core/explore/directions/direction-order.ts';
import type { DirectionFacts } from '../../../../core/explore/directions/direction-facts.ts';
import type { KeyPoint } from '../../../../core/explore/points/point.ts';
import type { FormatName } from '../../../../core/export/sets/formats.ts';
import { libraryHome, runFolder } from '../../../../core/library.ts';
import { countOf } from '../../../../core/words.ts';
import { EXIT } from '../../../exit-codes.ts';
import type { Bind } from '../../bind.ts';
import { table } from '../../format.ts';
import { type CommonOptions, forceOption, parseName, wholeNumber, withCommonOptions } from '../../options.ts';
import type { Output } from '../../output.ts';
import { findRun } from '../../runs.ts';
import { RUN_HELP } from '../drawing.ts';
import {
  checkTarget,
  formatFor,
  type LookOptions,
  parseIndices,
  parseKeyPoints,
  progressOf,
  withExplorer,
  withLookOptions,
  withWriteOptions,
  type WriteOptions,
  writeView,
} from './look.ts';

const FORMATS: readonly FormatName[] = ['grid', 'png', 'gif', 'webp', 'npz', 'npy', 'zip'];

interface MakeOptions extends LookOptions {
  name: string;
  fromLabel?: string;
  toLabel?: string;
  fromImages?: number[];
  toImages?: number[];
  classes?: boolean;
  components?: number;
  images?: number;
}

interface ApplyOptions extends LookOptions, WriteOptions {
  direction: string;
  point: KeyPoint[];
  amounts: number[];
}

interface RemoveOptions extends CommonOptions {
  name: string;
}

export function addDirectionCommands(program: Command, bind: Bind): void {
  const directions = program
    .command('directions')
    .description(
      'Directions of latent space: from one group of images to another, to each class, principal components.',
    )
    .helpCommand(false);
  const make = directions
    .command('make')
    .description("Make a direction, or several, and keep them with the run, in its folder's directions/.")
    .argument('[run]', RUN_HELP)
    .requiredOption(
      '--name <name>',
      'name of the direction; of several the beginning of their names',
      parseName,
    )
    .option('--from-label <class>', 'class that it leads away from, by name or number')
    .option('--to-label <class>', 'class that it leads to')
    .option('--from-images <list>', 'or images that it leads away from, by number: 1,5,9', parseIndices)
    .option('--to-images <list>', 'images that it leads to', parseIndices)
    .option('--classes', 'one direction to each class, from all others')
    .addOption(wholeNumber('--components <n>', 'so many principal components of the encodings', 1, 64))
    .addOption(
      wholeNumber(
        '--images <n>',
        'images that are encoded, spread over the data set (default: 2000)',
        2,
        100_000,
      ),
    )
    .addOption(forceOption());
  withCommonOptions(withLookOptions(make)).action(bind(makeThem));

  withCommonOptions(
    directions
      .command('list')
      .description('List the directions of a run, with how much each changes the picture.')
      .argument('[run]', RUN_HELP),
  ).action(bind(list));

  const apply = directions
    .command('apply')
    .description('Draw points moved along a direction, a row for each.')
    .argument('[run]', RUN_HELP)
    .requiredOption('--direction <name>', 'name of the direction, or the path of a file of one')
    .requiredOption(
      '--point <point>',
      'what is moved, as for covae walk; may be given several times',
      parseKeyPoints,
    )
    .option('--amounts <list>', 'how far, in standard deviations', parseAmounts, [-2, 0, 2]);
  withCommonOptions(withWriteOptions(withLookOptions(apply), FORMATS)).action(bind(applyIt));

  withCommonOptions(
    directions
      .command('remove')
      .description('Remove a direction of a run.')
      .argument('[run]', RUN_HELP)
      .requiredOption('--name <name>', 'name of the direction', parseName),
  ).action(bind(remove));
}

function parseAmounts(text: string): number[] {
  const numbers = text.split(',').map((word) => word.trim());
  const values = numbers.map(Number);
  if (
    numbers.every((word) => /^[+-]?(\d+\.?\d*|\.\d+)$/.test(word)) &&
    values.every((n) => Math.abs(n) <= 100)
  ) {
    return values;
  }
  throw new InvalidArgumentError('Give numbers of standard deviations up to 100, such as -2,0,2.');
}

async function makeThem(output: Output, options: MakeOptions, query?: string): Promise<number> {
  const order = orderOf(options);
  const { makeDirections } = await import('../../../../core/explore/directions/make-directions.ts');
  return withExplorer(output, options, query, async ({ home, run, generator, supplies, look, signal }) => {
    output.phase('Encoding images');
    const made = await makeDirections(
      { ...order, ...(look.at && { at: look.at }), ...(look.weights && { weights: look.weights }) },
      {
        ...{ home, supplies, signal, force: options.force },
        modelNow: () => generator,
        onProgress: progressOf(output, 'image', 'encoded'),
      },
    );
    const { directions, activeDimensions, dimensions } = made;
    output.result({ run: run.id, step: generator.step, ...made }, [
      `Made ${countOf(directions.length, 'direction')}; ${activeDimensions} of ${countOf(dimensions, 'dimension')} of the latent are active.`,
      ...rows(directions),
    ]);
  });
}

/** @throws UserError when it is not clear what is wanted */
function orderOf(options: MakeOptions): DirectionOrder {
  const { name, classes, components, images } = options;
  const from = groupOf(options.fromLabel, options.fromImages, 'from');
  const to = groupOf(options.toLabel, options.toImages, 'to');
  const ways = [from !== null || to !== null, classes === true, components !== undefined].filter(Boolean);
  if (ways.length !== 1) {
    throw new UserError(
      'Say in one way where directions come from: two groups (--from-label and --to-label, or --from-images and --to-images), --classes, or --components.',
      { code: 'usage' },
    );
  }
  const common = { name, ...(images !== undefined && { images }) };
  if (classes) return { ...common, make: { kind: 'classes' } };
  if (components !== undefined) return { ...common, make: { kind: 'components', count: components } };
  if (from === null || to === null) {
    throw new UserError(
      `A direction leads from one group to another; the one it leads ${from === null ? 'from' : 'to'} is missing.`,
      {
        code: 'usage',
      },
    );
  }
  return { ...common, make: { kind: 'groups', from, to } };
}

function groupOf(label: string | undefined, indices: number[] | undefined, side: string): Group | null {
  if (label !== undefined && indices !== undefined) {
    throw new UserError(`--${side}-label and --${side}-images both name a group; give one of them.`, {
      code: 'usage',
    });
  }
  if (label !== undefined) return { label };
  return indices === undefined ? null : { indices };
}

async function list(output: Output, options: CommonOptions, query?: string): Promise<number> {
  const home = libraryHome(options.home);
  const run = await findRun(home, query);
  const { listDirections } = await import('../../../../core/explore/directions/store.ts');
  const { directions, problems } = await listDirections(runFolder(home, run.id));
  problems.forEach((problem) => output.warn(problem));
  output.result(
    { run: run.id, directions, problems },
    directions.length === 0
      ? [`The run ${run.id} has no directions yet; make one with covae directions make.`]
      : rows(directions),
  );
  return EXIT.DONE;
}

function rows(directions: readonly DirectionFacts[]): string[] {
  return table([
    ['name', 'change', 'variance', 't', 'what'],
    ...directions.map(({ name, change, explained, t, words }) => [
      name,
      formatNumber(change),
      `${formatNumber(100 * explained)} %`,
      formatNumber(t),
      words,
    ]),
  ]);
}

async function applyIt(output: Output, options: ApplyOptions, query?: string): Promise<number> {
  const { direction, point, amounts } = options;
  const as = await formatFor(options, FORMATS, 'grid');
  await checkTarget(as, options);
  const points = point.flatMap((of) =>
    amounts.map((amount): KeyPoint => ({ kind: 'moved', of, by: [{ direction, amount }] })),
  );
  return withExplorer(output, options, query, (opened) =>
    writeView(output, opened, { kind: 'points', points }, as, {
      ...options,
      columns: as === 'grid' ? amounts.length : undefined,
      stem: 'direction',
      told: { direction, amounts },
    }),
  );
}

async function remove(output: Output, { home: asked, name }: RemoveOptions, query?: string): Promise<number> {
  const home = libraryHome(asked);
  const run = await findRun(home, query);
  const { removeDirection } = await import('../../../../core/explore/directions/store.ts');
  await removeDirection(runFolder(home, run.id), name);
  output.result({ run: run.id, removed: name }, [`Removed the direction ${name} of ${run.id}.`]);
  return EXIT.DONE;
}
