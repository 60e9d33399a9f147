/** `covae sample` and `covae interpolate`. */
import path from 'node:path';
import type { Command } from 'commander';
import { defaultScale } from '../../../core/export/enlarge.ts';
import { UserError } from '../../../core/errors.ts';
import { interpolateCommand, sampleCommand } from '../../../core/explore/draw-command.ts';
import { drawDetails, drawWords } from '../../../core/explore/draw-details.ts';
import { drawingOptionsOf, type WeightsAndClass } from '../../../core/explore/drawing-options.ts';
import type { DrawingDetails } from '../../../core/explore/provenance.ts';
import { MAX_PASSES, passesAndPlaces } from '../../../core/explore/passes.ts';
import { checkFolderName } from '../../../core/export/target.ts';
import { formatTimePoint } from '../../../core/explore/time-point.ts';
import { libraryHome, runFolder } from '../../../core/library.ts';
import { checkOutputFolder } from '../../../core/output.ts';
import { findDataset } from '../../../core/run/run-dataset.ts';
import { readRunManifest } from '../../../core/run/run-folder.ts';
import type { SampleOptions, TimePoint } from '../../../core/explore/api.ts';
import {
  checkDumpTarget,
  type CommonOptions,
  dumpGraphOption,
  forceOption,
  MAX_SEED,
  parsePath,
  parsePlaces,
  wholeNumber,
  withCommonOptions,
} from '../options.ts';
import type { Output } from '../output.ts';
import type { Bind } from '../bind.ts';
import {
  checkPictureTarget,
  findDrawableRun,
  hashFact,
  type OpenOptions,
  pictureFile,
  type PictureOptions,
  RUN_HELP,
  withDrawingOptions,
  withGenerator,
  laterTemperatureOption,
  priorOption,
  temperatureOption,
} from './drawing.ts';
import { countOf } from '../../../core/words.ts';

interface SampleCommandOptions extends CommonOptions, WeightsAndClass, PictureOptions, OpenOptions {
  count: number;
  start?: number;
  seed: number;
  passes?: number;
  at?: TimePoint[];
  prior?: 'normal' | 'fitted';
  temperature?: number;
  laterTemperature?: number;
  singles?: boolean;
  scale?: number;
}

interface InterpolateOptions extends CommonOptions, WeightsAndClass, PictureOptions, OpenOptions {
  from: number;
  to: number;
  frames: number;
  at?: TimePoint[];
  scale?: number;
}

const MAX_IMAGES = 100_000;

export function addDrawingCommands(program: Command, bind: Bind): void {
  withCommonOptions(
    withDrawingOptions(
      program
        .command('sample')
        .description('Draw samples from a run and write them as one PNG grid, or as single PNGs.')
        .argument('[run]', RUN_HELP)
        .addOption(wholeNumber('--count <n>', 'number of images', 1, 10_000).default(64))
        .addOption(
          wholeNumber('--start <n>', 'number of the first image, to go on with a series', 0, 1_000_000_000),
        )
        .addOption(wholeNumber('--seed <n>', 'the same seed gives the same images', 0, MAX_SEED).default(0))
        .addOption(
          wholeNumber(
            '--passes <n>',
            'passes through the network; more refine the images (default: 1, or as --at asks for)',
            1,
            MAX_PASSES,
          ),
        )
        .option(
          '--at <places>',
          'where each pass after the first encodes again: indices of time steps or times, 129,64 or t=0.5 ' +
            '(default: the middle)',
          parsePlaces,
        )
        .addOption(priorOption())
        .addOption(temperatureOption())
        .addOption(laterTemperatureOption()),
    )
      .option(
        '--out <path>',
        'PNG file or folder to write to (default: a name of its own, in this folder)',
        parsePath,
      )
      .addOption(forceOption())
      .option('--singles', 'one PNG for each sample, into a new folder')
      .addOption(wholeNumber('--scale <n>', 'enlarge the grid (default: to about 84 pixels an image)', 1, 32))
      .addOption(dumpGraphOption()),
  ).action(bind(sample));
  withCommonOptions(
    withDrawingOptions(
      program
        .command('interpolate')
        .description(
          'Draw the path between two images of the data set through latent space, as one PNG strip.',
        )
        .argument('[run]', RUN_HELP)
        .addOption(
          wholeNumber('--from <index>', 'image of the data set to begin with', 0, MAX_IMAGES * 1000).default(
            0,
          ),
        )
        .addOption(wholeNumber('--to <index>', 'image to end with', 0, MAX_IMAGES * 1000).default(1))
        .addOption(wholeNumber('--frames <n>', 'number of images, both ends included', 2, 256).default(10))
        .option(
          '--at <place>',
          'where the images are encoded: index of a time step or time, 129 or t=0.5 (default: the middle)',
          parsePlaces,
        ),
    )
      .option(
        '--out <path>',
        'PNG file or folder to write to (default: a name of its own, in this folder)',
        parsePath,
      )
      .addOption(forceOption())
      .addOption(
        wholeNumber('--scale <n>', 'enlarge the strip (default: to about 84 pixels an image)', 1, 32),
      ),
  ).action(bind(interpolate));
}

async function checkSinglesTarget(out: string | undefined): Promise<void> {
  if (out === undefined) return;
  checkOutputFolder(out);
  await checkFolderName(out, 'a folder');
}

async function sample(output: Output, options: SampleCommandOptions, query?: string): Promise<number> {
  const { count, start, seed, prior, temperature } = options;
  const way = passesAndPlaces(options);
  await checkDumpTarget(options);
  if (options.singles) await checkSinglesTarget(options.out);
  else await checkPictureTarget(options);
  const home = libraryHome(options.home);
  const run = await findDrawableRun(home, query);
  const { sampleInParts } = await import('../../../core/explore/parts.ts');
  const { FITTING, withPrior } = await import('../../../core/explore/prior/fit-prior.ts');
  const { exportGridPng, writeSinglePngs } = await import('../../../core/export/grid.ts');
  const { provenanceOf } = await import('../../../core/explore/provenance.ts');
  return withGenerator(
    output,
    home,
    run,
    async (generator, signal) => {
      const draw: SampleOptions = {
        count,
        seed,
        ...way,
        ...(start !== undefined && { start }),
        ...(prior !== undefined && { prior }),
        ...(temperature !== undefined && { temperature }),
        ...(await drawingOptionsOf(home, generator.manifest, options)),
      };
      const scale = options.scale ?? defaultScale(generator.manifest.config.network.imageSize);
      const details: DrawingDetails = {
        ...drawDetails(draw),
        ...(await hashFact(home, run, generator, draw)),
        command: options.singles
          ? `${sampleCommand({ run: run.id, step: generator.step }, draw)} --singles`
          : sampleCommand({ run: run.id, step: generator.step, scale }, draw),
      };
      const stem = `${run.id}-step-${generator.step}-seed-${seed}-${passesText(draw.passes).replace(' ', '-')}${drawWords(draw)}`;
      const folder = path.resolve(options.out ?? stem);
      const file = options.singles ? null : await pictureFile(options, `${stem}.png`);
      if (file === null) await checkSinglesTarget(folder);
      output.phase(`Drawing ${countOf(count, 'image')} with ${passesText(draw.passes)}`);
      const ready = await withPrior(draw, {
        ...{ home, modelNow: () => generator, signal },
        onProgress: (done, total) =>
          output.progress(`${FITTING}: ${done} of ${total}`, { done, total }, done === total),
      });
      const { images } = await sampleInParts(
        () => generator,
        ready,
        (done) =>
          output.progress(`${done} of ${countOf(count, 'image')}`, { done, total: count }, done === count),
        signal,
      );
      let files: string[];
      if (file === null) {
        files = await writeSinglePngs(folder, images, {
          provenance: (index) => provenanceOf(generator.manifest, generator.step, { ...details, index }),
        });
      } else {
        await exportGridPng(file, images, {
          ...{ force: options.force, scale },
          provenance: provenanceOf(generator.manifest, generator.step, details),
        });
        files = [file];
      }
      const { kind: _, ...told }: DrawingDetails = details;
      output.result({ run: run.id, step: generator.step, ...told, files }, [
        options.singles
          ? `Wrote ${countOf(files.length, 'sample')} to ${path.dirname(files[0] ?? '')}.`
          : `Wrote ${countOf(count, 'image')} as ${files[0] ?? ''}.`,
      ]);
    },
    options,
  );
}

async function interpolate(output: Output, options: InterpolateOptions, query?: string): Promise<number> {
  const { from, to, frames } = options;
  const [at, ...more] = options.at ?? [];
  if (more.length > 0)
    throw new UserError('--at takes one place here, such as 129 or t=0.5.', { code: 'usage' });
  await checkPictureTarget(options);
  const home = libraryHome(options.home);
  const run = await findDrawableRun(home, query);
  const { openDataset } = await import('../../../core/data/packed.ts');
  const { exportGridPng } = await import('../../../core/export/grid.ts');
  const { provenanceOf } = await import('../../../core/explore/provenance.ts');
  const { name, fingerprint } = await findDataset(home, await readRunManifest(runFolder(home, run.id)));
  const dataset = await openDataset(home, name);
  try {
    for (const index of [from, to]) {
      if (index >= dataset.count) {
        throw new UserError(
          `Data set "${name}" has no image ${index}; give numbers from 0 to ${dataset.count - 1}.`,
          { code: 'not-found' },
        );
      }
    }
    return await withGenerator(
      output,
      home,
      run,
      async (generator) => {
        if (fingerprint !== dataset.record.fingerprint) {
          throw new UserError(
            `Data set "${name}" is no longer the one that run ${run.id} was trained on; import the old images ` +
              'under that name again.',
          );
        }
        const drawing = await drawingOptionsOf(home, generator.manifest, options);
        const a = await dataset.readImages(from, 1);
        const b = await dataset.readImages(to, 1);
        const place = at === undefined ? '' : formatTimePoint(at);
        const words = `${place === '' ? '' : `-at-${place}`}${drawWords(drawing)}`;
        const fileName = `${run.id}-step-${generator.step}-from-${from}-to-${to}${words}.png`;
        const file = await pictureFile(options, fileName);
        const images = generator.interpolate(a, b, {
          positions: evenPositions(frames),
          ...(at !== undefined && { at }),
          ...drawing,
        });
        const details = {
          from,
          to,
          frames,
          ...(place !== '' && { at: place }),
          weights: drawing.weights ?? 'ema',
          ...(drawing.label != null && { label: drawing.label }),
          ...(drawing.guidance !== undefined && { guidance: drawing.guidance }),
        };
        const scale = options.scale ?? defaultScale(images.width);
        const asked = { from, to, frames, ...(at !== undefined && { at }), ...drawing };
        const facts = {
          ...(await hashFact(home, run, generator, drawing)),
          command: interpolateCommand({ run: run.id, step: generator.step, scale }, asked),
        };
        await exportGridPng(file, images, {
          ...{ force: options.force, columns: frames, scale },
          provenance: provenanceOf(generator.manifest, generator.step, {
            ...{ kind: 'interpolation', ...details, ...facts },
          }),
        });
        output.result({ run: run.id, step: generator.step, ...details, files: [file] }, [
          `Wrote ${countOf(frames, 'sample')} from image ${from} to image ${to} as ${file}.`,
        ]);
      },
      options,
    );
  } finally {
    dataset.close();
  }
}

/** `count` positions from 0 to 1, both included. */
export function evenPositions(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i / (count - 1));
}

function passesText(passes: number): string {
  return countOf(passes, 'pass', 'passes');
}
