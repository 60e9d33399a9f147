/** What the commands that explore latent space share: options, opening a run, writing pictures. */
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { defaultScale } from '../../../../core/export/enlarge.ts';
import { UserError } from '../../../../core/errors.ts';
import { drawingOptionsOf, type WeightsAndClass } from '../../../../core/explore/drawing-options.ts';
import type { Explorer } from '../../../../core/explore/explorer.ts';
import type { Generator, TimePoint } from '../../../../core/explore/api.ts';
import { type KeyPoint, parsePoint, POINT_WORDS } from '../../../../core/explore/points/point.ts';
import type { RunSupplies } from '../../../../core/explore/run-supplies.ts';
import type { Look, View } from '../../../../core/explore/view.ts';
import type { Kernel } from '../../../../core/export/enlarge.ts';
import type { FormatName } from '../../../../core/export/sets/formats.ts';
import { isFolder } from '../../../../core/files.ts';
import { libraryHome } from '../../../../core/library.ts';
import { isStreamTarget } from '../../../../core/output.ts';
import type { RunManifest, RunSummary } from '../../../../core/run/manifest.ts';
import type { ViewSetOptions } from '../../../../core/takeout/view-set.ts';
import { countOf } from '../../../../core/words.ts';
import { formatDuration } from '../../format.ts';
import {
  type CommonOptions,
  forceOption,
  MAX_SEED,
  parsePath,
  parsePlaces,
  wholeNumber,
} from '../../options.ts';
import type { Output } from '../../output.ts';
import { findDrawableRun, type OpenOptions, withDrawingOptions, withGenerator } from '../drawing.ts';

/** Options of every command that explores. */
export interface LookOptions extends CommonOptions, OpenOptions, WeightsAndClass {
  at?: TimePoint[];
  space?: 'mu' | 'z';
  seed?: number;
  again?: TimePoint[];
}

/** Adds `--at`, `--space`, `--seed`, `--again` and the options of everything that draws. */
export function withLookOptions(command: Command): Command {
  return withDrawingOptions(
    command
      .option(
        '--at <place>',
        'where images are encoded and latents decoded: index of a time step or time, 129 or t=0.5 (default: the middle)',
        parsePlaces,
      )
      .addOption(
        new Option(
          '--space <space>',
          "what stands for an image: mu, the posterior's mean, or z, drawn from the posterior (default: mu)",
        ).choices(['mu', 'z']),
      )
      .addOption(
        wholeNumber('--seed <n>', 'of the noise of z and of further passes (default: 0)', 0, MAX_SEED),
      )
      .option('--again <places>', 'further passes: where each encodes again, 129,64 or t=0.5', parsePlaces),
  );
}

/** Where pictures go, and as what. */
export interface WriteOptions {
  out?: string;
  force?: boolean | undefined;
  as?: FormatName;
  scale?: number | undefined;
  resize?: Kernel | undefined;
  gap?: number | undefined;
  provenance: boolean;
}

/** Adds `--out`, `--as`, `--scale` and their kin. */
export function withWriteOptions(command: Command, formats: readonly FormatName[]): Command {
  return command
    .option(
      '--out <path>',
      'file or folder to write; its ending says as what (default: a name of its own, in this folder)',
      parsePath,
    )
    .addOption(forceOption())
    .addOption(new Option('--as <format>', 'as what, where the name does not say').choices(formats))
    .addOption(wholeNumber('--scale <n>', 'enlarge the pictures (default: to about 84 pixels)', 1, 32))
    .addOption(
      new Option('--resize <kernel>', 'how they are enlarged (default: nearest)').choices([
        'nearest',
        'lanczos',
      ]),
    )
    .addOption(wholeNumber('--gap <n>', 'of a grid: pixels between the pictures (default: 2)', 0, 1000))
    .option('--no-provenance', 'leave out of the files where they come from');
}

/** Parses a point of latent space. */
export function parseKeyPoint(text: string): KeyPoint {
  const point = parsePoint(text);
  if (point !== null) return point;
  throw new InvalidArgumentError(`Give ${POINT_WORDS}.`);
}

/** As {@link parseKeyPoint}, for an option that may come several times. */
export function parseKeyPoints(text: string, before: readonly KeyPoint[] = []): KeyPoint[] {
  return [...before, parseKeyPoint(text)];
}

/** Parses whole numbers separated by commas: `1,5,9`. */
export function parseIndices(text: string): number[] {
  const numbers = text.split(',').map((word) => word.trim());
  if (numbers.every((word) => /^\d{1,9}$/.test(word))) return numbers.map(Number);
  throw new InvalidArgumentError('Give numbers of images, such as 1,5,9.');
}

/** An opened run to explore. */
export interface Opened {
  run: RunSummary;
  home: string;
  generator: Generator;
  explorer: Explorer;
  supplies: RunSupplies;
  look: Look;
  signal: AbortSignal;
}

/** Opens the run that is meant, for exploring. @returns the exit code */
export async function withExplorer(
  output: Output,
  options: LookOptions,
  query: string | undefined,
  use: (opened: Opened) => Promise<void>,
): Promise<number> {
  const at = onePlace(options.at);
  const home = libraryHome(options.home);
  const run = await findDrawableRun(home, query);
  const { Explorer } = await import('../../../../core/explore/explorer.ts');
  const { RunSupplies } = await import('../../../../core/explore/run-supplies.ts');
  const { pictureFeatures } = await import('../../../../core/evaluate/picture-features.ts');
  return withGenerator(
    output,
    home,
    run,
    async (generator, signal) => {
      const modelNow = () => generator;
      const supplies = new RunSupplies({
        home,
        manifest: generator.manifest,
        modelNow,
        onRemark: (sentence) => output.warn(sentence),
        onProgress: progressOf(output, 'image', 'encoded'),
      });
      const look = await lookFrom(home, generator.manifest, options, at);
      await use({
        ...{ run, home, generator, supplies, look, signal },
        explorer: new Explorer({ modelNow, supplies, featuresOf: pictureFeatures() }),
      });
    },
    options,
  );
}

/** How latents are made and decoded, as the options say. @throws UserError for a class that the run does not have */
export async function lookFrom(
  home: string,
  manifest: RunManifest,
  options: LookOptions,
  at: TimePoint | undefined,
): Promise<Look> {
  const { space, seed, again } = options;
  const { weights, label, guidance } = await drawingOptionsOf(home, manifest, options);
  return {
    ...(at && { at }),
    ...(space && { space }),
    ...(seed !== undefined && { seed }),
    ...(again && { again }),
    ...(weights && { weights }),
    ...(label != null && { label }),
    ...(guidance !== undefined && { guidance }),
  };
}

/** @throws UserError for several places where one is meant */
export function onePlace(at: readonly TimePoint[] | undefined): TimePoint | undefined {
  if (at === undefined || at.length === 1) return at?.[0];
  throw new UserError('--at takes one place here, such as 129 or t=0.5.', { code: 'usage' });
}

/** Tells how far a long work is, with its rate and the time left. */
export function progressOf(
  output: Output,
  word: string,
  verb: string,
): (done: number, total: number) => void {
  let started: { at: number; done: number } | null = null;
  return (done, total) => {
    if (started === null || done < started.done) started = { at: performance.now(), done };
    const seconds = (performance.now() - started.at) / 1000;
    const perSecond = seconds > 0 && done > started.done ? (done - started.done) / seconds : null;
    const secondsLeft = perSecond === null ? null : (total - done) / perSecond;
    const rate =
      perSecond === null || secondsLeft === null
        ? ''
        : `   ${perSecond.toPrecision(3)} a second   ${formatDuration(secondsLeft)} left`;
    output.progress(
      `${done} of ${countOf(total, word)} ${verb}${rate}`,
      { done, total, perSecond, secondsLeft },
      done === total,
    );
  };
}

/** The format that a target's name promises among those that are possible; `usual` where it promises none. */
export async function formatFor(
  { as, out }: Pick<WriteOptions, 'as' | 'out'>,
  formats: readonly FormatName[],
  usual: FormatName,
): Promise<FormatName> {
  if (as !== undefined) return as;
  if (out === undefined || (await isFolder(out))) return usual;
  const { FORMATS } = await import('../../../../core/export/sets/formats.ts');
  const ending = path.extname(out).toLowerCase();
  if (ending === '' && !isStreamTarget(out)) return formats.includes('frames') ? 'frames' : 'png';
  return formats.find((name) => FORMATS[name].ending === ending) ?? usual;
}

/** Refuses a target before the slow part begins. */
export async function checkTarget(as: FormatName, { out, force, provenance }: WriteOptions): Promise<void> {
  if (out === undefined || (await isFolder(out))) return;
  const { checkSetTarget } = await import('../../../../core/export/export-set.ts');
  const { hasNote } = await import('../../../../core/takeout/view-set.ts');
  await checkSetTarget(out, { as, force, provenance, note: hasNote(as, provenance) });
}

/** What a view is written with, beside what {@link WriteOptions} say. */
export interface ViewWriting {
  columns?: number | undefined;
  rate?: number | undefined;
  hold?: number | undefined;
  pingPong?: boolean | undefined;
  /** In the file's name. */
  stem: string;
  /** What the result says besides. */
  told?: object;
  /** Of a file that is made once more. */
  redrawn?: ViewSetOptions['redrawn'];
}

/** Draws a view and writes it; the result has the files and what was asked for. */
export async function writeView(
  output: Output,
  { home, generator, explorer, run, look, signal }: Opened,
  view: View,
  as: FormatName,
  options: WriteOptions & ViewWriting,
): Promise<void> {
  const { viewSet } = await import('../../../../core/takeout/view-set.ts');
  const { FORMATS } = await import('../../../../core/export/sets/formats.ts');
  const { out, force, resize, gap, provenance, columns, rate, hold, pingPong, stem, told } = options;
  const { step } = generator;
  const scale = options.scale ?? defaultScale(generator.manifest.config.network.imageSize);
  const files = { as, scale, resize, gap, rate, hold, pingPong };
  const { source, command, write } = await viewSet(explorer, generator, {
    ...{ home, view, look, columns, files, redrawn: options.redrawn },
  });
  const { ending, words } = FORMATS[as];
  const asked = path.resolve(out ?? '.');
  const isInside =
    out === undefined || (ending !== null && !isStreamTarget(asked) && (await isFolder(asked)));
  const name = `${run.id}-step-${step}-${stem}${ending ?? ''}`;
  const target = isInside ? path.join(asked, name) : asked;
  output.phase(`Drawing ${countOf(source.shape.count, source.word)} as ${words}`);
  const written = await write(target, {
    ...{ force, provenance, signal },
    onProgress: progressOf(output, source.word, 'drawn'),
  });
  output.result({ run: run.id, step, ...told, as, images: written.images, command, files: written.files }, [
    `Wrote ${countOf(written.images, source.word)} as ${written.files[0] ?? ''}.`,
  ]);
}
