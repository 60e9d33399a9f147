/** `covae draws`: samples that are kept with their run, the same that the window's gallery shows. */
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultScale } from '../../../../core/export/enlarge.ts';
import { formatNumber } from '../../../../core/digits.ts';
import { UserError } from '../../../../core/errors.ts';
import { drawingOptionsOf } from '../../../../core/explore/drawing-options.ts';
import {
  type KeptDraw,
  MAX_DRAWN,
  MAX_NOTE,
  type MeasureBy,
} from '../../../../core/explore/draws/draw-record.ts';
import { MAX_PASSES, passesAndPlaces } from '../../../../core/explore/passes.ts';
import type { FormatName } from '../../../../core/export/sets/formats.ts';
import type { TimePoint } from '../../../../core/explore/api.ts';
import { libraryHome, runFolder } from '../../../../core/library.ts';
import { readRunManifest } from '../../../../core/run/run-folder.ts';
import { countOf } from '../../../../core/words.ts';
import { EXIT } from '../../../exit-codes.ts';
import type { Bind } from '../../bind.ts';
import { table } from '../../format.ts';
import { stoppedWithNothing, unlessInterrupted } from '../../interrupt.ts';
import { type CommonOptions, MAX_SEED, parsePlaces, wholeNumber, withCommonOptions } from '../../options.ts';
import type { Output } from '../../output.ts';
import { findRun } from '../../runs.ts';
import {
  findDrawableRun,
  type OpenOptions,
  RUN_HELP,
  laterTemperatureOption,
  priorOption,
  temperatureOption,
  withDrawingOptions,
  withGenerator,
} from '../drawing.ts';
import type { WeightsAndClass } from '../../../../core/explore/drawing-options.ts';
import {
  checkTarget,
  formatFor,
  parseIndices,
  progressOf,
  withWriteOptions,
  type WriteOptions,
} from './look.ts';

const FORMATS: readonly FormatName[] = ['grid', 'png', 'zip', 'npz', 'npy'];

interface MakeOptions extends CommonOptions, WeightsAndClass, OpenOptions {
  count: number;
  start?: number;
  seed: number;
  passes?: number;
  at?: TimePoint[];
  prior?: 'normal' | 'fitted';
  temperature?: number;
  laterTemperature?: number;
}

interface OneDraw extends CommonOptions {
  draw?: string;
}

interface SomeSamples extends OneDraw {
  images?: number[];
  off?: boolean;
}

interface NoteOptions extends OneDraw {
  image?: number;
  text: string;
}

interface NearestOptions extends OneDraw {
  images: number[];
  count: number;
}

interface SortOptions extends OneDraw {
  by: MeasureBy;
  count: number;
}

interface SaveOptions extends SomeSamples, WriteOptions {
  starred?: boolean;
}

export function addDrawCommands(program: Command, bind: Bind): void {
  const draws = program
    .command('draws')
    .description(
      'Samples that are kept with their run: drawn, listed, starred, noted, sorted, saved, removed. Places count from 0.',
    )
    .helpCommand(false);
  const oneOf = (command: Command): Command =>
    withCommonOptions(
      command.option('--draw <id>', 'name of the draw, or its beginning (default: the newest)', parseDraw),
    );

  withCommonOptions(
    withDrawingOptions(
      draws
        .command('make')
        .description("Draw samples and keep them in the run's folder, in draws/, as they are made.")
        .argument('[run]', RUN_HELP)
        .addOption(wholeNumber('--count <n>', 'number of samples', 1, MAX_DRAWN).default(64))
        .addOption(wholeNumber('--start <n>', 'number of the first sample', 0, 1_000_000_000))
        .addOption(wholeNumber('--seed <n>', 'the same seed gives the same samples', 0, MAX_SEED).default(0))
        .addOption(
          wholeNumber(
            '--passes <n>',
            'passes through the network (default: 1, or as --at asks for)',
            1,
            MAX_PASSES,
          ),
        )
        .option(
          '--at <places>',
          'where each pass after the first encodes again: 129,64 or t=0.5',
          parsePlaces,
        )
        .addOption(priorOption())
        .addOption(temperatureOption())
        .addOption(laterTemperatureOption()),
    ),
  ).action(bind(make));

  withCommonOptions(
    draws.command('list').description('List the draws of a run, newest first.').argument('[run]', RUN_HELP),
  ).action(bind(list));

  oneOf(
    draws
      .command('star')
      .description('Star samples of a draw, or take stars back.')
      .argument('[run]', RUN_HELP)
      .requiredOption('--images <list>', 'places in the draw: 1,5,9', parseIndices)
      .option('--off', 'take the stars back'),
  ).action(bind(star));

  oneOf(
    draws
      .command('note')
      .description('Write a note on a sample, or on the whole draw; an empty one removes it.')
      .argument('[run]', RUN_HELP)
      .addOption(wholeNumber('--image <place>', 'the sample (default: the whole draw)', 0, MAX_DRAWN - 1))
      .requiredOption('--text <text>', 'the note', parseNote),
  ).action(bind(note));

  oneOf(
    draws
      .command('remove')
      .description('Remove a draw, or samples of it. What is removed can be brought back; a draw for a week.')
      .argument('[run]', RUN_HELP)
      .option('--images <list>', 'just these samples: 1,5,9', parseIndices),
  ).action(bind(remove));

  oneOf(
    draws
      .command('restore')
      .description('Bring back a removed draw, by its whole name, or removed samples of one.')
      .argument('[run]', RUN_HELP)
      .option('--images <list>', 'these samples: 1,5,9', parseIndices),
  ).action(bind(restore));

  oneOf(
    withWriteOptions(
      draws
        .command('save')
        .description('Write samples of a draw to files; removed ones are left out.')
        .argument('[run]', RUN_HELP)
        .option('--images <list>', 'these samples, in this order (default: all)', parseIndices)
        .option('--starred', 'just those with a star'),
      FORMATS,
    ),
  ).action(bind(save));

  oneOf(
    draws
      .command('nearest')
      .description(
        'Find the images of the data set that come nearest to samples, pixel by pixel: are they copies?',
      )
      .argument('[run]', RUN_HELP)
      .requiredOption('--images <list>', 'places in the draw: 1,5,9', parseIndices)
      .addOption(wholeNumber('--count <n>', 'images for each sample', 1, 100).default(1)),
  ).action(bind(findNearest));

  oneOf(
    draws
      .command('sort')
      .description(
        'Sort samples by how near they come to the data set, or by the class that its classifier takes them for.',
      )
      .argument('[run]', RUN_HELP)
      .addOption(
        new Option('--by <what>', 'what they are sorted by')
          .choices(['closeness', 'class'])
          .default('closeness'),
      )
      .addOption(wholeNumber('--count <n>', 'samples to tell of', 1, MAX_DRAWN).default(20)),
  ).action(bind(sort));
}

function parseDraw(text: string): string {
  if (/^[a-z0-9][\w-]{0,99}$/i.test(text)) return text;
  throw new InvalidArgumentError('Give the name of a draw as covae draws list has it.');
}

function parseNote(text: string): string {
  if (text.length <= MAX_NOTE) return text;
  throw new InvalidArgumentError(`A note has up to ${countOf(MAX_NOTE, 'character')}.`);
}

async function make(output: Output, options: MakeOptions, query?: string): Promise<number> {
  const { count, start, seed, prior, temperature } = options;
  const way = passesAndPlaces(options);
  const home = libraryHome(options.home);
  const run = await findDrawableRun(home, query);
  const { FITTING, withPrior } = await import('../../../../core/explore/prior/fit-prior.ts');
  const { keepDraw } = await import('../../../../core/explore/draws/keep-draw.ts');
  const made: { kept: KeptDraw | null } = { kept: null };
  const code = await withGenerator(
    output,
    home,
    run,
    async (generator, signal) => {
      const drawing = await drawingOptionsOf(home, generator.manifest, options);
      output.phase(`Drawing ${countOf(count, 'sample')}`);
      const tell = progressOf(output, 'sample', 'drawn');
      made.kept = await keepDraw(
        {
          ...{ count, seed, ...way, ...drawing },
          ...(start !== undefined && { start }),
          ...(prior !== undefined && { prior }),
          ...(temperature !== undefined && { temperature }),
        },
        {
          ...{ runDir: runFolder(home, run.id), signal, modelNow: () => generator },
          prepare: (asked) =>
            withPrior(asked, {
              ...{ home, modelNow: () => generator, signal },
              onProgress: (done, total) =>
                output.progress(`${FITTING}: ${done} of ${total}`, { done, total }, done === total),
            }),
          onProgress: (_, done) => tell(done, count),
        },
      );
    },
    options,
    'Stopping; what is drawn stays.',
  );
  const { kept } = made;
  if (kept === null) return code === EXIT.DONE ? stoppedWithNothing(output) : code;
  if (kept.count < count) {
    return stoppedWithNothing(
      output,
      `${countOf(kept.count, 'sample')} of ${count.toLocaleString('en-US')} ${kept.count === 1 ? 'is' : 'are'} kept as ${kept.id}.`,
    );
  }
  output.result({ ...kept, draw: kept.id }, [
    `Kept ${countOf(kept.count, 'sample')} of ${kept.run} as ${kept.id}.`,
  ]);
  return EXIT.DONE;
}

/** The run's folder and id. */
async function runOf({ home: asked }: CommonOptions, query?: string) {
  const home = libraryHome(asked);
  const { id } = await findRun(home, query);
  return { home, id, runDir: runFolder(home, id) };
}

/** The draw that is meant. @throws UserError when there is none, or several begin so */
async function drawOf(options: OneDraw, query?: string) {
  const run = await runOf(options, query);
  const { adoptGrids } = await import('../../../../core/explore/draws/adopt-grids.ts');
  const { listDraws } = await import('../../../../core/explore/draws/draw-store.ts');
  await adoptGrids(run.runDir);
  const { draws } = await listDraws(run.runDir);
  const { draw: asked } = options;
  if (draws.length === 0) {
    throw new UserError(`The run ${run.id} has no draws; make one with covae draws make ${run.id}.`, {
      code: 'not-found',
    });
  }
  const found =
    asked === undefined
      ? draws.slice(0, 1)
      : draws.filter(
          ({ id }) => id === asked || (id.startsWith(asked) && !draws.some((d) => d.id === asked)),
        );
  const [draw, ...others] = found;
  if (draw === undefined) {
    throw new UserError(
      `The run ${run.id} has no draw "${asked ?? ''}"; it has ${draws.map(({ id }) => id).join(', ')}.`,
      { code: 'not-found' },
    );
  }
  if (others.length > 0) {
    throw new UserError(
      `Several draws of the run ${run.id} begin with "${asked ?? ''}": ${found.map(({ id }) => id).join(', ')}; give more of the name.`,
    );
  }
  return { ...run, draw };
}

async function list(output: Output, options: CommonOptions, query?: string): Promise<number> {
  const { id, runDir } = await runOf(options, query);
  const { adoptGrids } = await import('../../../../core/explore/draws/adopt-grids.ts');
  const { listDraws } = await import('../../../../core/explore/draws/draw-store.ts');
  const adopted = await adoptGrids(runDir);
  const { draws, problems } = await listDraws(runDir);
  [...adopted, ...problems].forEach((problem) => output.warn(problem));
  output.result(
    { run: id, draws },
    draws.length === 0
      ? [`The run ${id} has no draws yet; make one with covae draws make ${id}.`]
      : table([
          ['draw', 'samples', 'step', 'passes', 'starred', 'removed', 'note'],
          ...draws.map(({ id: name, count, step, passes, marks }) => [
            name,
            String(count),
            String(step),
            String(passes),
            String(marks.starred.length),
            String(marks.removed.length),
            marks.note,
          ]),
        ]),
  );
  return EXIT.DONE;
}

async function star(output: Output, options: SomeSamples, query?: string): Promise<number> {
  const { id, runDir, draw } = await drawOf(options, query);
  const { markDraw } = await import('../../../../core/explore/draws/draw-store.ts');
  const { images = [], off = false } = options;
  const marks = await markDraw(runDir, draw.id, off ? { unstar: images } : { star: images });
  output.result({ run: id, draw: draw.id, marks }, [
    `${countOf(marks.starred.length, 'sample')} of ${draw.id} ${marks.starred.length === 1 ? 'has' : 'have'} a star.`,
  ]);
  return EXIT.DONE;
}

async function note(output: Output, options: NoteOptions, query?: string): Promise<number> {
  const { id, runDir, draw } = await drawOf(options, query);
  const { markDraw } = await import('../../../../core/explore/draws/draw-store.ts');
  const { image, text } = options;
  const change = image === undefined ? { note: text } : { notes: { [image]: text } };
  const marks = await markDraw(runDir, draw.id, change);
  const what = image === undefined ? draw.id : `sample ${image} of ${draw.id}`;
  output.result({ run: id, draw: draw.id, marks }, [
    text.trim() === '' ? `The note on ${what} is gone.` : `Noted on ${what}.`,
  ]);
  return EXIT.DONE;
}

async function remove(output: Output, options: SomeSamples, query?: string): Promise<number> {
  const { id, runDir, draw } = await drawOf(options, query);
  const { markDraw, removeDraw } = await import('../../../../core/explore/draws/draw-store.ts');
  const { images } = options;
  if (images === undefined) {
    await removeDraw(runDir, draw.id);
    output.result({ run: id, draw: draw.id, removed: draw.count }, [
      `Removed the draw ${draw.id} with ${countOf(draw.count, 'sample')}; covae draws restore ${id} --draw ${draw.id} brings it back.`,
    ]);
    return EXIT.DONE;
  }
  const marks = await markDraw(runDir, draw.id, { remove: images });
  output.result({ run: id, draw: draw.id, marks }, [
    `${countOf(marks.removed.length, 'sample')} of ${draw.id} ${marks.removed.length === 1 ? 'is' : 'are'} removed.`,
  ]);
  return EXIT.DONE;
}

async function restore(output: Output, options: SomeSamples, query?: string): Promise<number> {
  const { images, draw: name } = options;
  if (images === undefined) {
    if (name === undefined) {
      throw new UserError(
        'Say what is to be brought back: the whole name of a draw (--draw), or samples (--images).',
        {
          code: 'usage',
        },
      );
    }
    const { id, runDir } = await runOf(options, query);
    const { bringDrawBack, readDraw } = await import('../../../../core/explore/draws/draw-store.ts');
    await bringDrawBack(runDir, name);
    const { count } = await readDraw(runDir, name);
    output.result({ run: id, draw: name, restored: count }, [
      `Brought back the draw ${name} with ${countOf(count, 'sample')}.`,
    ]);
    return EXIT.DONE;
  }
  const { id, runDir, draw } = await drawOf(options, query);
  const { markDraw } = await import('../../../../core/explore/draws/draw-store.ts');
  const marks = await markDraw(runDir, draw.id, { bringBack: images });
  output.result({ run: id, draw: draw.id, marks }, [
    `Brought back ${countOf(images.length, 'sample')} of ${draw.id}.`,
  ]);
  return EXIT.DONE;
}

async function save(output: Output, options: SaveOptions, query?: string): Promise<number> {
  const as = await formatFor(options, FORMATS, 'grid');
  await checkTarget(as, options);
  const { id, runDir, draw } = await drawOf(options, query);
  const { exportSet } = await import('../../../../core/export/export-set.ts');
  const { drawSource } = await import('../../../../core/explore/draws/draw-source.ts');
  const { FORMATS: all } = await import('../../../../core/export/sets/formats.ts');
  const { images, starred = false, out, force, scale, resize, gap, provenance } = options;
  const gone = new Set(draw.marks.removed);
  const stars = new Set(draw.marks.starred);
  const indices = (images ?? Array.from({ length: draw.count }, (_, i) => i)).filter(
    (index) => !gone.has(index) && (!starred || stars.has(index)),
  );
  if (indices.length === 0) {
    throw new UserError(
      `The draw ${draw.id} has no such sample${starred ? ' with a star' : ''}; covae draws list says what it has.`,
      { code: 'not-found' },
    );
  }
  const source = drawSource(runDir, await readRunManifest(runDir), draw, indices);
  const target = path.resolve(out ?? `${id}-${draw.id}${all[as].ending ?? ''}`);
  const written = await unlessInterrupted(
    (signal) =>
      exportSet(source, target, {
        ...{ as, force, provenance, note: false, signal, gap },
        scale: scale ?? (as === 'grid' ? defaultScale(draw.width) : 1),
        kernel: resize,
        onProgress: progressOf(output, 'sample', 'written'),
      }),
    () => output.warn('Stopping; nothing is written.'),
  );
  if (written === null) return stoppedWithNothing(output);
  output.result({ run: id, draw: draw.id, as, images: written.images, files: written.files }, [
    `Wrote ${countOf(written.images, 'sample')} as ${written.files[0] ?? ''}.`,
  ]);
  return EXIT.DONE;
}

async function findNearest(output: Output, options: NearestOptions, query?: string): Promise<number> {
  const { home, id, runDir, draw } = await drawOf(options, query);
  const { readSamples } = await import('../../../../core/explore/draws/draw-store.ts');
  const { nearestImages } = await import('../../../../core/explore/draws/nearest-images.ts');
  const { openDatasetOf } = await import('../../../../core/run/run-dataset.ts');
  const { images, count } = options;
  const { data } = await readSamples(runDir, draw.id, images);
  const size = data.length / images.length;
  const dataset = await openDatasetOf(home, await readRunManifest(runDir));
  try {
    const tell = progressOf(output, 'sample', 'looked at');
    const found = await unlessInterrupted(
      async (signal) => {
        const samples: {
          image: number;
          nearest: { index: number; distance: number }[];
          neighbourDistance: number | null;
        }[] = [];
        for (const [i, image] of images.entries()) {
          const one = await nearestImages(data.subarray(i * size, (i + 1) * size), dataset, count, signal);
          samples.push({ image, nearest: one.images, neighbourDistance: one.neighbourDistance });
          tell(i + 1, images.length);
        }
        return samples;
      },
      () => output.warn('Stopping; nothing is written.'),
    );
    if (found === null) return stoppedWithNothing(output);
    output.result(
      { run: id, draw: draw.id, dataset: dataset.record.name, samples: found },
      table([
        ['sample', 'image', 'distance', "image's own neighbour"],
        ...found.flatMap(({ image, nearest, neighbourDistance }) =>
          nearest.map(({ index, distance }, rank) => [
            String(image),
            String(index),
            formatNumber(distance),
            rank === 0 && neighbourDistance !== null ? formatNumber(neighbourDistance) : '',
          ]),
        ),
      ]),
    );
    return EXIT.DONE;
  } finally {
    dataset.close();
  }
}

async function sort(output: Output, options: SortOptions, query?: string): Promise<number> {
  const { home, id, draw } = await drawOf(options, query);
  const { measureDraw } = await import('../../../../core/evaluate/draws/measure-draw.ts');
  const { sortedPlaces } = await import('../../../../core/explore/draws/draw-record.ts');
  const { by, count } = options;
  output.phase(by === 'closeness' ? 'Comparing with the data set' : 'Looking at the samples');
  const tell = progressOf(output, 'sample', 'measured');
  const measures = await unlessInterrupted(
    (signal) => measureDraw(home, id, draw.id, by, { signal, onProgress: tell }),
    () => output.warn('Stopping; nothing is written.'),
  );
  if (measures === null) return stoppedWithNothing(output);
  const gone = new Set(draw.marks.removed);
  const { closeness, classes } = measures;
  const samples = sortedPlaces(measures, by, draw.count)
    .filter((image) => !gone.has(image))
    .slice(0, count)
    .map((image) => ({
      image,
      ...(by === 'closeness' &&
        closeness && { nearest: closeness.image[image]!, distance: closeness.distance[image]! }),
      ...(by === 'class' &&
        classes && {
          class: classes.names[classes.label[image]!] ?? '',
          probability: classes.probability[image]!,
        }),
    }));
  output.result(
    { run: id, draw: draw.id, by, samples },
    table([
      by === 'closeness' ? ['sample', 'nearest image', 'distance'] : ['sample', 'class', 'probability'],
      ...samples.map((sample) => [
        String(sample.image),
        String(sample.nearest ?? sample.class ?? ''),
        formatNumber(sample.distance ?? sample.probability ?? 0),
      ]),
    ]),
  );
  return EXIT.DONE;
}
