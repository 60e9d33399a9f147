/** What the commands that draw from a run share. */
import path from 'node:path';
import { type Command, Option } from 'commander';
import { UserError } from '../../../core/errors.ts';
import { checkFileName } from '../../../core/export/target.ts';
import { isFolder, makeFolder, writeProblem } from '../../../core/files.ts';
import { checkOutput, isStreamTarget, type OutputOptions } from '../../../core/output.ts';
import { runFolder } from '../../../core/library.ts';
import type { RunSummary } from '../../../core/run/manifest.ts';
import { checkpointHash } from '../../../core/run/checkpoint-hash.ts';
import { stepOfCheckpoint, type WhichCheckpoint } from '../../../core/run/which-checkpoint.ts';
import type { DrawingOptions, Generator } from '../../../core/explore/api.ts';
import { EXIT } from '../../exit-codes.ts';
import { stoppedWithNothing, unlessInterrupted } from '../interrupt.ts';
import { checkpointOption, type DumpOptions, dumpOptionsOf, numberBetween } from '../options.ts';
import type { Output } from '../output.ts';
import { findRun } from '../runs.ts';

export const RUN_HELP =
  'id or name of the run, the beginning of its id, or starter:NAME (default: the newest with a checkpoint)';

/** Which checkpoint draws, and what to leave of its graph. */
export interface OpenOptions extends DumpOptions {
  step: WhichCheckpoint;
}

/** `--label`, whose value `classNumber` understands. */
export function labelOption(): Option {
  return new Option('--label <class>', 'class of the samples, by number or name (models that know classes)');
}

/** `--prior`. */
export function priorOption(): Option {
  return new Option(
    '--prior <kind>',
    'what samples begin with: the standard normal prior, or one fitted to the encodings of the training images, ' +
      'which makes images surer and a little less varied (default: normal)',
  ).choices(['normal', 'fitted']);
}

/** `--temperature`. */
export function temperatureOption(): Option {
  return numberBetween(
    '--temperature <x>',
    'factor on the first noise, of a fitted prior on that of the encodings; below 1 is tamer (not for categorical latents)',
    0,
    100,
  );
}

/** `--later-temperature`. */
export function laterTemperatureOption(): Option {
  return numberBetween(
    '--later-temperature <x>',
    'factor on the noise with which passes after the first draw again; 0 takes the mean, which makes images surer and less varied (default: 1)',
    0,
    100,
  );
}

/** Adds `--step`, `--weights`, `--label` and `--guidance`. */
export function withDrawingOptions(command: Command): Command {
  return command
    .addOption(checkpointOption())
    .addOption(
      new Option('--weights <kind>', 'the EMA weights, or the weights in training as they are')
        .choices(['ema', 'raw'])
        .default('ema'),
    )
    .addOption(labelOption())
    .addOption(
      numberBetween('--guidance <g>', 'how far to go towards the class; 1 is the class itself', 0, 100),
    );
}

/** The run that is meant, which can draw. @throws UserError when there is none */
export async function findDrawableRun(home: string, query: string | undefined): Promise<RunSummary> {
  const run = await findRun(home, query, ({ drawable }) => drawable);
  if (!run.drawable) {
    throw new UserError(
      `Run ${run.id} has no checkpoint yet; train it for a while with covae resume ${run.id}.`,
      { code: 'not-found' },
    );
  }
  return run;
}

/**
 * Opens the run's model, lets it be used and frees it. Tells what there is to say of its weights.
 *
 * @param use throws its signal's reason when aborted
 * @param stopping told at a signal
 * @returns the exit code
 */
export async function withGenerator(
  output: Output,
  home: string,
  run: RunSummary,
  use: (generator: Generator, signal: AbortSignal) => Promise<void>,
  { step: which, ...dump }: OpenOptions = { step: 'newest' },
  stopping = 'Stopping; nothing is written.',
): Promise<number> {
  const { openGenerator } = await import('../../../core/explore/open-generator.ts');
  output.phase(`Opening ${run.id}`);
  const folder = runFolder(home, run.id);
  const step = await stepOfCheckpoint(folder, which);
  const generator = await openGenerator(folder, {
    ...dumpOptionsOf(dump),
    ...(step !== undefined && { step }),
  });
  try {
    for (const remark of generator.remarks) output.warn(remark);
    const used = await unlessInterrupted(
      (signal) => use(generator, signal).then(() => true),
      () => output.warn(stopping),
    );
    return used === null ? stoppedWithNothing(output) : EXIT.DONE;
  } finally {
    generator.dispose();
  }
}

/** For the text of a picture: hash of the weights that drew it. */
export async function hashFact(
  home: string,
  { id }: Pick<RunSummary, 'id'>,
  { step }: Pick<Generator, 'step'>,
  { weights = 'ema' }: Pick<DrawingOptions, 'weights'>,
): Promise<{ checkpoint?: string }> {
  const checkpoint = await checkpointHash(runFolder(home, id), step, weights);
  return checkpoint === null ? {} : { checkpoint };
}

/** Options of every command that writes an image. */
export interface PictureOptions extends OutputOptions {
  out?: string;
}

/**
 * Told before the slow part begins.
 *
 * @throws UserError when `out` promises an image of another format than PNG, or is there already
 */
export async function checkPictureTarget({ out, force }: PictureOptions): Promise<void> {
  if (out === undefined || (await isFolder(out))) return;
  if (isPictureFile(out)) checkOutput(out, { force });
  else checkFileName(out, '.png', 'images');
}

function isPictureFile(out: string): boolean {
  return out.toLowerCase().endsWith('.png') || isStreamTarget(out);
}

/**
 * The file to write: `out` itself when it ends in .png, is a device or a pipe, else `name` in the folder `out`, which is
 * made.
 *
 * @throws UserError when it is there already
 */
export async function pictureFile({ out, force }: PictureOptions, name: string): Promise<string> {
  const file =
    out !== undefined && isPictureFile(out) && !(await isFolder(out))
      ? path.resolve(out)
      : path.join(await folderFor(out, name), name);
  checkOutput(file, { force });
  return file;
}

async function folderFor(out: string | undefined, name: string): Promise<string> {
  const folder = path.resolve(out ?? '.');
  try {
    await makeFolder(folder);
  } catch (error) {
    throw writeProblem(error, 'image', path.join(folder, name));
  }
  return folder;
}
