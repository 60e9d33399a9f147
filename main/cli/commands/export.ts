/** `covae export`: what a run draws, into files of any kind. */
import path from 'node:path';
import { type Command, Option } from 'commander';
import { UserError } from '../../../core/errors.ts';
import { drawDetails, drawWords } from '../../../core/explore/draw-details.ts';
import { formatTimePoint } from '../../../core/explore/time-point.ts';
import { isFolder } from '../../../core/files.ts';
import { libraryHome, runFolder } from '../../../core/library.ts';
import { isStreamTarget } from '../../../core/output.ts';
import { classNamesOf } from '../../../core/run/class-names.ts';
import { checkpointHash } from '../../../core/run/checkpoint-hash.ts';
import { readRunManifest } from '../../../core/run/run-folder.ts';
import { countOf } from '../../../core/words.ts';
import type { PackedDataset } from '../../../core/data/packed.ts';
import type { Generator, SampleOptions, TimePoint } from '../../../core/explore/api.ts';
import type { DrawingDetails } from '../../../core/explore/provenance.ts';
import type { ImageSource } from '../../../core/export/sets/set.ts';
import type { RunSummary } from '../../../core/run/manifest.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Bind } from '../bind.ts';
import { formatDuration } from '../format.ts';
import { stoppedWithNothing, unlessInterrupted } from '../interrupt.ts';
import {
  forceOption,
  MAX_SEED,
  numberBetween,
  parseName,
  parsePath,
  parsePlaces,
  positiveNumber,
  wholeNumber,
  withCommonOptions,
} from '../options.ts';
import type { Output } from '../output.ts';
import { findRun } from '../runs.ts';
import { passesAndPlaces } from './draw.ts';
import { drawingOptionsOf, findDrawableRun, RUN_HELP, withDrawingOptions, withGenerator } from './drawing.ts';
import { type Again, checkWeights, oneOf } from './export-again.ts';
import { openImages } from './export-images.ts';
import { checkBelonging, commandOf, type ExportOptions, FORMAT_NAMES, WHATS } from './export-options.ts';

const MAX_COUNT = 1_000_000;
const MAX_INDEX = 100_000_000;
const COUNTS = { samples: 64, reconstructions: 32, path: 10 };

export function addExportCommand(program: Command, bind: Bind): void {
  const command = program
    .command('export')
    .description(
      'Write what a run draws: samples, reconstructions, a path between two images, or the film of its training, ' +
        'as pictures, archives, arrays, tables or animations. Files say where they come from (covae provenance).',
    )
    .argument('[run]', RUN_HELP)
    .addOption(new Option('--what <what>', 'what to draw').choices(WHATS).default('samples'))
    .addOption(
      new Option(
        '--as <format>',
        'single PNGs, one grid, arrays as samples are measured from (npz) or plain (npy), a table as on the Hugging Face hub, or an animation',
      )
        .choices(FORMAT_NAMES)
        .default('grid'),
    )
    .addOption(
      wholeNumber(
        '--count <n>',
        'number of images (default: 64, 32 reconstructions, 10 on a path)',
        1,
        MAX_COUNT,
      ),
    )
    .addOption(
      wholeNumber('--start <n>', 'number of the first sample or image (default: 0)', 0, 1_000_000_000),
    )
    .addOption(wholeNumber('--seed <n>', 'the same seed gives the same samples (default: 0)', 0, MAX_SEED))
    .addOption(
      wholeNumber('--passes <n>', 'passes through the network (default: 1, or as --at asks for)', 1, 16),
    )
    .option(
      '--at <places>',
      'where later passes encode again, or where images are encoded: indices of time steps or times, 129,64 or t=0.5',
      parsePlaces,
    )
    .addOption(numberBetween('--temperature <x>', 'factor on the first noise', 0, 100))
    .option('--data <name>', 'data set to reconstruct images of (default: that of the run)', parseName)
    .addOption(wholeNumber('--from <index>', 'image that the path begins with (default: 0)', 0, MAX_INDEX))
    .addOption(wholeNumber('--to <index>', 'image that the path ends with (default: 1)', 0, MAX_INDEX));
  withCommonOptions(
    withDrawingOptions(command)
      .option(
        '--out <path>',
        'file or folder to write (default: a name of its own, in this folder)',
        parsePath,
      )
      .addOption(forceOption())
      .addOption(wholeNumber('--scale <n>', 'enlarge the images (default: 1)', 1, 16))
      .addOption(
        new Option('--resize <kernel>', 'how they are enlarged (default: nearest)').choices([
          'nearest',
          'lanczos',
        ]),
      )
      .addOption(
        wholeNumber('--columns <n>', 'of a grid: images in a row (default: as square as it gets)', 1, 10_000),
      )
      .addOption(wholeNumber('--gap <n>', 'of a grid: pixels between the images (default: 2)', 0, 1000))
      .addOption(
        wholeNumber('--background <grey>', 'of a grid: grey level behind the images (default: 255)', 0, 255),
      )
      .addOption(positiveNumber('--rate <n>', 'of an animation: frames a second (default: 10)', 50))
      .addOption(
        wholeNumber(
          '--loop <n>',
          'of an animation: how many times it plays (default: 0, for ever)',
          0,
          60_000,
        ),
      )
      .addOption(
        numberBetween(
          '--hold <s>',
          'of an animation: seconds that both ends stay longer (default: 0)',
          0,
          60,
        ),
      )
      .option('--ping-pong', 'of an animation: goes back the way it came')
      .option('--no-provenance', 'leave out of the files where they come from'),
  ).action(bind(exportRun));
}

function exportRun(output: Output, options: ExportOptions, query?: string): Promise<number> {
  return exportAs(output, options, query, null);
}

/**
 * As `covae export`, or the one picture of it that a file holds.
 *
 * @param again what the file says of itself
 * @throws UserError in one sentence; with `again` also when the weights are other ones by now
 */
export async function exportAs(
  output: Output,
  options: ExportOptions,
  query: string | undefined,
  again: Again | null,
): Promise<number> {
  checkBelonging(options);
  const note = again?.picture ? false : options.provenance;
  const { checkSetTarget } = await import('../../../core/export/export-set.ts');
  if (options.out !== undefined && !(await isFolder(options.out))) {
    await checkSetTarget(options.out, { ...options, note });
  }
  const home = libraryHome(options.home);
  if (options.what === 'film') return exportFilm(output, home, { ...options, note }, query, again);
  const run = await findDrawableRun(home, query);
  const data = options.what === 'samples' ? null : await openImages(home, run, options, again);
  try {
    return await withGenerator(
      output,
      home,
      run,
      async (generator, signal) => {
        if (again !== null) await checkWeights(home, run, generator, options, again);
        const { source, stem } = await sourceOf(home, run, generator, data, options);
        await write(
          output,
          oneOf(source, again),
          stem,
          { ...options, signal, note },
          { run: run.id, step: generator.step },
        );
      },
      { step: options.step },
    );
  } finally {
    data?.close();
  }
}

async function exportFilm(
  output: Output,
  home: string,
  { note, ...options }: ExportOptions & { note: boolean },
  query: string | undefined,
  again: Again | null,
): Promise<number> {
  const run = await findRun(home, query);
  const { filmOf } = await import('../../../core/explore/film.ts');
  const manifest = await readRunManifest(runFolder(home, run.id));
  const details = { kind: 'film', command: commandOf(run.id, 0, options) };
  const source = await filmOf(runFolder(home, run.id), manifest, details);
  const used = await unlessInterrupted(
    (signal) =>
      write(
        output,
        oneOf(source, again),
        `${run.id}-film`,
        { ...options, signal, note },
        { run: run.id },
      ).then(() => true),
    () => output.warn('Stopping; nothing is written.'),
  );
  return used === null ? stoppedWithNothing(output) : EXIT.DONE;
}

interface Drawn {
  source: ImageSource;
  /** File name without its ending. */
  stem: string;
}

async function sourceOf(
  home: string,
  run: RunSummary,
  generator: Generator,
  data: PackedDataset | null,
  options: ExportOptions,
): Promise<Drawn> {
  const { manifest, step } = generator;
  const sources = await import('../../../core/explore/image-sources.ts');
  const drawing = await drawingOptionsOf(home, manifest, options);
  const weights = drawing.weights ?? 'ema';
  const hash = await checkpointHash(runFolder(home, run.id), step, weights);
  const facts = {
    ...(hash !== null && { checkpoint: hash }),
    command: commandOf(run.id, step, options),
  };
  const begin = `${run.id}-step-${step}`;
  if (data === null) {
    const { drawTimes } = await import('../../../core/explore/draw-times.ts');
    const { seed = 0, start, temperature, count = COUNTS.samples } = options;
    const draw: SampleOptions = {
      count,
      seed,
      ...passesAndPlaces(options),
      ...(start !== undefined && { start }),
      ...(temperature !== undefined && { temperature }),
      ...drawing,
    };
    const details = { ...drawDetails(draw), times: drawTimes(generator, draw), ...facts };
    const classes = await classNamesOf(home, manifest);
    const words = `-seed-${seed}-${countOf(draw.passes, 'pass', 'passes').replace(' ', '-')}${drawWords(draw)}`;
    return { source: sources.samplesOf(generator, draw, { details, classes }), stem: begin + words };
  }
  const [at, ...more] = options.at ?? [];
  if (more.length > 0)
    throw new UserError('--at takes one place here, such as 129 or t=0.5.', { code: 'usage' });
  const { name, fingerprint } = data.record;
  const common: DrawingDetails = {
    weights,
    data: name,
    dataFingerprint: fingerprint,
    ...(at !== undefined && { at: formatTimePoint(at) }),
    ...(drawing.label != null && { label: drawing.label }),
    ...(drawing.guidance !== undefined && { guidance: drawing.guidance }),
    ...facts,
  };
  if (options.what === 'path') {
    const { from = 0, to = 1, count = COUNTS.path } = options;
    const details = { kind: 'interpolation', from, to, frames: count, ...common };
    const drawn = { from, to, count, ...(at !== undefined && { at }), ...drawing };
    const source = await sources.pathOf(generator, data, drawn, { details });
    return { source, stem: `${begin}-from-${from}-to-${to}${placeWords(at)}${drawWords(drawing)}` };
  }
  const { start = 0 } = options;
  const count = Math.min(options.count ?? COUNTS.reconstructions, data.count - start);
  const details = { kind: 'reconstructions', start, count, ...common };
  const drawn = { start, count, at: at ?? { timeIndex: 1 }, ...drawing };
  const source = await sources.reconstructionsOf(generator, data, drawn, { details });
  const words = `-reconstructions-of-${name}${placeWords(at)}${drawWords({ ...drawing, start })}`;
  return { source, stem: begin + words };
}

function placeWords(at: TimePoint | undefined): string {
  return at === undefined ? '' : `-at-${formatTimePoint(at)}`;
}

async function write(
  output: Output,
  source: ImageSource,
  stem: string,
  { signal, ...options }: ExportOptions & { signal: AbortSignal; note: boolean },
  told: object,
): Promise<void> {
  const { exportSet } = await import('../../../core/export/export-set.ts');
  const { FORMATS } = await import('../../../core/export/sets/formats.ts');
  const { as, rate, loop, hold, pingPong, out, resize } = options;
  const { ending, words } = FORMATS[as];
  const name = `${stem}${ending ?? `-${as}`}`;
  const asked = path.resolve(out ?? '.');
  // A folder for single files may be there already, empty.
  const isInside =
    out === undefined || (ending !== null && !isStreamTarget(asked) && (await isFolder(asked)));
  const target = isInside ? path.join(asked, name) : asked;
  const { count } = source.shape;
  output.phase(`Writing ${countOf(count, source.word)} as ${words}`);
  const started = performance.now();
  const { files } = await exportSet(source, target, {
    ...options,
    kernel: resize,
    animation: {
      ...(rate !== undefined && { framesPerSecond: rate }),
      ...(loop !== undefined && { loop }),
      ...(hold !== undefined && { hold }),
      ...(pingPong !== undefined && { pingPong }),
    },
    signal,
    onProgress: (done, total) => {
      const perSecond = (1000 * done) / Math.max(1, performance.now() - started);
      const secondsLeft = (total - done) / perSecond;
      output.progress(
        `${done} of ${countOf(total, source.word)}   ${perSecond.toPrecision(3)} a second   ${formatDuration(secondsLeft)} left`,
        { done, total, perSecond, secondsLeft },
        done === total,
      );
    },
  });
  output.result({ ...told, what: options.what, as, images: count, files }, [
    `Wrote ${countOf(count, source.word)} as ${files[0] ?? ''}.`,
  ]);
}
