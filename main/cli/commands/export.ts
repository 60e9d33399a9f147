/** `covae export`: what a run draws, into files of any kind. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { libraryHome } from '../../../core/library.ts';
import { countOf } from '../../../core/words.ts';
import type { Again } from '../../../core/takeout/again.ts';
import {
  CAPTIONS,
  type ExportOrder,
  FORMAT_NAMES,
  MAX_COUNT,
  MAX_HOLD,
  MAX_LOOP,
  MAX_RATE,
  MAX_SCALE,
  WHATS,
} from '../../../core/takeout/order.ts';
import { EXIT } from '../../exit-codes.ts';
import type { Bind } from '../bind.ts';
import { formatDuration } from '../format.ts';
import { stoppedWithNothing, unlessInterrupted } from '../interrupt.ts';
import {
  type CommonOptions,
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
import {
  findDrawableRun,
  type PictureOptions,
  RUN_HELP,
  laterTemperatureOption,
  priorOption,
  temperatureOption,
  withDrawingOptions,
} from './drawing.ts';

const MAX_INDEX = 100_000_000;

export interface ExportOptions extends CommonOptions, PictureOptions, ExportOrder {}

export function addExportCommand(program: Command, bind: Bind): void {
  const command = program
    .command('export')
    .description(
      'Write what a run draws: samples, reconstructions, a path between two images, a plane between four, or the film of its ' +
        'training, as pictures, archives, arrays, tables, animations or a data set. Files say where they come from (covae provenance).',
    )
    .argument('[run]', RUN_HELP)
    .addOption(new Option('--what <what>', 'what to draw').choices(WHATS).default('samples'))
    .addOption(
      new Option(
        '--as <format>',
        'single PNGs, one grid, arrays as samples are measured from (npz) or plain (npy), a table as on the Hugging Face hub, an animation, a film (by ffmpeg), or a data set of the library',
      )
        .choices(FORMAT_NAMES)
        .default('grid'),
    )
    .addOption(
      wholeNumber(
        '--count <n>',
        'number of images (default: 64, 32 reconstructions, 10 on a path; a square number on a plane)',
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
    .addOption(priorOption())
    .addOption(temperatureOption())
    .addOption(laterTemperatureOption())
    .option('--data <name>', 'data set to reconstruct images of (default: that of the run)', parseName)
    .addOption(wholeNumber('--from <index>', 'image that the path begins with (default: 0)', 0, MAX_INDEX))
    .addOption(wholeNumber('--to <index>', 'image that the path ends with (default: 1)', 0, MAX_INDEX))
    .option(
      '--corners <indices>',
      'images at the corners of the plane: top left, top right, bottom left and, if it is not to follow from them, bottom right (default: 0,1,2,3)',
      parseCorners,
    );
  withCommonOptions(
    withDrawingOptions(command)
      .option(
        '--out <path>',
        'file or folder to write (default: a name of its own, in this folder)',
        parsePath,
      )
      .addOption(forceOption())
      .addOption(wholeNumber('--scale <n>', 'enlarge the images (default: 1)', 1, MAX_SCALE))
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
      .addOption(
        new Option(
          '--captions <what>',
          'of a grid: what stands below each image, its number or the name of its class',
        ).choices(CAPTIONS),
      )
      .option(
        '--name <name>',
        "of a data set: its name in the library (default: the run's, with what it is)",
        parseName,
      )
      .addOption(positiveNumber('--rate <n>', 'of an animation: frames a second (default: 10)', MAX_RATE))
      .addOption(
        wholeNumber(
          '--loop <n>',
          'of an animation: how many times it plays (default: 0, for ever)',
          0,
          MAX_LOOP,
        ),
      )
      .addOption(
        numberBetween(
          '--hold <s>',
          'of an animation: seconds that both ends stay longer (default: 0)',
          0,
          MAX_HOLD,
        ),
      )
      .option('--ping-pong', 'of an animation: goes back the way it came')
      .option('--no-provenance', 'leave out of the files where they come from'),
  ).action(bind(exportRun));
}

function parseCorners(text: string): number[] {
  const corners = text.split(',').map((word) => (/^\s*\d{1,9}\s*$/.test(word) ? Number(word) : NaN));
  if (corners.every(Number.isInteger) && [3, 4].includes(corners.length)) return corners;
  throw new InvalidArgumentError('Give the numbers of three or four images, such as 0,1,2,3.');
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
  const { home: asked, json: _, out, force, ...order } = options;
  const { checkTakeOut, takeOut } = await import('../../../core/takeout/take-out.ts');
  await checkTakeOut({ order, out, force, again });
  const home = libraryHome(asked);
  const run = order.what === 'film' ? await findRun(home, query) : await findDrawableRun(home, query);
  const taken = await unlessInterrupted(
    (signal) =>
      takeOut({
        ...{ home, runId: run.id, order, out, force, again, signal },
        onPhase: (words) => output.phase(words),
        onRemark: (sentence) => output.warn(sentence),
        onProgress: ({ word, ...progress }) => {
          const { done, total, perSecond, secondsLeft } = progress;
          output.progress(
            `${done} of ${countOf(total, word)}   ${perSecond.toPrecision(3)} a second   ${formatDuration(secondsLeft)} left`,
            progress,
            done === total,
          );
        },
      }),
    () => output.warn('Stopping; nothing is written.'),
  );
  if (taken === null) return stoppedWithNothing(output);
  const { step, images, word, files } = taken;
  const told = { run: run.id, ...(step !== null && { step }) };
  output.result({ ...told, what: order.what, as: order.as, images, files }, [
    `Wrote ${countOf(images, word)} as ${files[0] ?? ''}.`,
  ]);
  return EXIT.DONE;
}
