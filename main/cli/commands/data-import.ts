/** `covae data import`. */
import path from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { DatasetRecord, ImportProgress } from '../../../core/data/dataset.ts';
import { rivalsSentence } from '../../../core/data/import/check-options.ts';
import type { ImportSettings } from '../../../core/data/import/settings.ts';
import type { ImportPreview } from '../../../core/data/import/preview.ts';
import type { SourceKind, SourceRequest } from '../../../core/data/readers/source.ts';
import {
  NAME_ENCODINGS,
  nameEncodingOf,
  type NameEncoding,
} from '../../../core/data/readers/name-encoding.ts';
import { UserError } from '../../../core/errors.ts';
import { libraryHome } from '../../../core/library.ts';
import { formatDuration } from '../format.ts';
import { stoppedWithNothing, unlessInterrupted } from '../interrupt.ts';
import {
  type CommonOptions,
  numberBetween,
  parseName,
  parsePath,
  parsePaths,
  wholeNumber,
  withCommonOptions,
} from '../options.ts';
import type { Output } from '../output.ts';
import type { Bind } from '../bind.ts';
import { countOf, plural } from '../../../core/words.ts';

/** Those that decide what the images become; also of `data duplicate`. */
export interface SettingOptions {
  size?: number;
  channels?: '1' | '3';
  fit?: ImportSettings['fit'];
  padColour?: string;
  background?: string;
  minSide?: number;
  dedupe?: boolean;
  holdOut?: number;
  classes?: ImportSettings['classes'];
  class?: Record<string, string | null>;
  limit?: number;
  flip?: ImportSettings['flip'];
}

interface ImportCommandOptions extends CommonOptions, SettingOptions {
  name?: string;
  kind?: SourceKind;
  tile?: number;
  stride?: number;
  layout?: 'NHWC' | 'NCHW' | 'auto';
  labels?: string;
  imagesKey?: string;
  labelsKey?: string;
  zipEncoding?: NameEncoding;
  preview?: boolean;
}

/** `sample` is told by its own word. */
const KINDS: Exclude<SourceKind, 'sample'>[] = [
  ...(['folder', 'zip', 'tar', 'idx', 'cifar', 'npy', 'npz', 'parquet', 'tiles', 'files'] as const),
];
/** Images that `--preview` looks at. */
const PREVIEWED = 64;

export function addImportCommand(data: Command, bind: Bind): void {
  withCommonOptions(
    withSettingOptions(
      data
        .command('import')
        .description(
          'Import images as a data set: a folder with its sub-folders, a zip or tar archive, IDX files, CIFAR batches, ' +
            'npy, npz or Parquet files, one large image to be cut into tiles, or the sample digits. What it is is ' +
            'told by the content. Images become square; files that cannot be used are left out and listed.',
        )
        .argument(
          '<paths...>',
          'what to import, or the word sample for the digits that come with the program',
          parsePaths,
        )
        .option('--name <name>', "name of the data set (default: the path's)", parseName)
        .addOption(new Option('--kind <kind>', 'what it is, if the guess is wrong').choices(KINDS)),
    )
      .addOption(wholeNumber('--tile <pixels>', 'cut images into squares of this side', 8, 100_000))
      .addOption(
        wholeNumber('--stride <pixels>', 'distance of the squares (default: their side)', 1, 100_000),
      )
      .addOption(
        new Option('--layout <axes>', 'order of the axes of an array').choices(['NHWC', 'NCHW', 'auto']),
      )
      .option(
        '--labels <file>',
        'file with the labels, or none (default: the one beside the images)',
        parsePath,
      )
      .option('--images-key <name>', 'array or column that holds the images')
      .option('--labels-key <name>', 'array or column that holds the labels')
      .option(
        '--zip-encoding <name>',
        `encoding of the names in a zip archive that does not say (default: guessed): ${NAME_ENCODINGS.join(', ')}`,
        parseNameEncoding,
      )
      .option('--preview', 'only say what would be imported'),
  ).action(bind(importData));
}

/** Adds the options that decide what the images become. */
export function withSettingOptions(command: Command): Command {
  return command
    .addOption(
      wholeNumber(
        '--size <pixels>',
        'side of the images (default: their own where all are squares of one size, else 32)',
        8,
        256,
      ),
    )
    .addOption(
      new Option('--channels <n>', 'grey or colour (default: as the images are)').choices(['1', '3']),
    )
    .addOption(
      new Option(
        '--fit <way>',
        'crop: the largest square in the middle; stretch: distort; pad: the whole image on a square; ' +
          'celeba: faces of CelebA as the paper’s code cuts them (default: crop)',
      ).choices(['crop', 'stretch', 'pad', 'celeba']),
    )
    .option(
      '--pad-colour <#rrggbb>',
      'colour around the image with --fit pad (default: #000000)',
      parseHexColour,
    )
    .option('--background <#rrggbb>', 'colour behind transparency (default: #ffffff)', parseHexColour)
    .addOption(
      wholeNumber('--min-side <pixels>', 'leave out images with a shorter side than this', 0, 100_000),
    )
    .option('--dedupe', 'leave out all but the first of images with the same pixels')
    .addOption(
      numberBetween('--hold-out <share>', 'share of the images that no training sees, 0 to 0.5', 0, 0.5),
    )
    .addOption(
      new Option(
        '--classes <from>',
        'auto: labels, or sub-folders where most images lie in one; folders; none (default: auto)',
      ).choices(['auto', 'none', 'folders']),
    )
    .option(
      '--class <from=to>',
      'give a class another name, merge classes by giving them the same, or leave one out with from= (may be repeated)',
      parseClass,
    )
    .addOption(wholeNumber('--limit <n>', 'import so many images at most, spread over the source', 1, 1e9))
    .addOption(
      new Option(
        '--flip <answer>',
        'whether a training may mirror the images (default: auto, measured)',
      ).choices(['auto', 'yes', 'no']),
    );
}

/** The settings asked for; what is not asked for is left out. */
export function settingsOf(options: SettingOptions): Partial<ImportSettings> {
  const { size, channels, fit, padColour, background, minSide, dedupe, holdOut, classes, limit, flip } =
    options;
  return {
    ...(size !== undefined && { size }),
    ...(channels !== undefined && { channels: channels === '1' ? 1 : 3 }),
    ...(fit !== undefined && { fit }),
    ...(padColour !== undefined && { padColour }),
    ...(background !== undefined && { background }),
    ...(minSide !== undefined && { minSide }),
    ...(dedupe !== undefined && { dedupe }),
    ...(holdOut !== undefined && { holdOut }),
    ...(classes !== undefined && { classes }),
    ...(options.class !== undefined && { classMap: options.class }),
    ...(limit !== undefined && { limit }),
    ...(flip !== undefined && { flip }),
  };
}

async function importData(
  output: Output,
  options: ImportCommandOptions,
  ...paths: string[]
): Promise<number> {
  const request = requestOf(options, paths);
  const settings = settingsOf(options);
  const home = libraryHome(options.home);
  if (options.preview === true) return previewData(output, home, request, settings);
  const { importDataset } = await import('../../../core/data/import/import-dataset.ts');
  const name = options.name ?? (request.kind === 'sample' ? 'sample' : nameOf(paths[0] ?? ''));
  return importing(output, home, (signal, onProgress) =>
    importDataset({ home, name, request, settings, signal, onProgress }),
  );
}

function requestOf(options: ImportCommandOptions, paths: readonly string[]): SourceRequest {
  const { kind, tile, stride, layout, labels, imagesKey, labelsKey, zipEncoding } = options;
  const isSample = paths.length === 1 && paths[0] === 'sample';
  if (isSample && kind !== undefined) {
    throw new UserError(
      'The sample digits are of a kind of their own; leave out --kind, or give ./sample for a folder.',
    );
  }
  const cut = tile !== undefined || stride !== undefined;
  return {
    ...(isSample ? { kind: 'sample', paths: [] } : { kind: kind ?? null, paths }),
    ...(cut && {
      tile: { ...(tile !== undefined && { size: tile }), ...(stride !== undefined && { stride }) },
    }),
    ...(layout !== undefined && { layout }),
    ...(labels !== undefined && { labelsPath: labels === 'none' ? null : labels }),
    ...(imagesKey !== undefined && { imagesKey }),
    ...(labelsKey !== undefined && { labelsKey }),
    ...(zipEncoding !== undefined && { zipEncoding }),
  };
}

async function previewData(
  output: Output,
  home: string,
  request: SourceRequest,
  settings: Partial<ImportSettings>,
): Promise<number> {
  const { previewImport } = await import('../../../core/data/import/preview.ts');
  const preview = await unlessInterrupted(
    (signal) => previewImport(home, request, settings, PREVIEWED, signal),
    () => output.warn('Stopping.'),
  );
  if (preview === null) return stoppedWithNothing(output);
  const { pixels: _, ...told } = preview;
  output.result(told, previewLines(preview, request.paths[0] ?? 'The folder'));
  return 0;
}

function previewLines(preview: ImportPreview, folder: string): string[] {
  const { description, settings, classes, unlabelled, images, rivals, warnings, flip } = preview;
  const { size, channels } = settings;
  const usable = images.filter(({ index }) => index !== null).length;
  const names = classes?.map(({ name, count }) => (count === null ? name : `${name} (${count})`)) ?? [];
  const more = names.length > 20 ? [`and ${names.length - 20} more`] : [];
  return [
    description,
    `Would become ${size ?? 0} × ${size ?? 0} pixels, ${channels === 1 ? 'grey' : 'colour'}; ` +
      `${usable} of ${countOf(images.length, 'file')} looked at can be used.`,
    ...(names.length > 0 ? [`Classes: ${[...names.slice(0, 20), ...more].join(', ')}.`] : []),
    ...(unlabelled !== null && unlabelled > 0
      ? [`${countOf(unlabelled, 'image has', 'images have')} no class.`]
      : []),
    ...images.flatMap(({ file, reason }) => (reason === null ? [] : [`  ${file}: ${reason}`])).slice(0, 10),
    ...(rivals.length > 0 ? [rivalsSentence(rivals, folder)] : []),
    ...warnings,
    flip.reason,
  ];
}

/** Runs an import, shows how far it is and what came of it. */
export async function importing(
  output: Output,
  home: string,
  run: (signal: AbortSignal, onProgress: (progress: ImportProgress) => void) => Promise<DatasetRecord>,
): Promise<number> {
  const started = performance.now();
  const record = await unlessInterrupted(
    (signal) => run(signal, (progress) => output.progress(progressLine(progress), progress)),
    () => output.warn('Stopping; nothing is kept of this import.'),
  );
  if (record === null) return stoppedWithNothing(output);
  const seconds = (performance.now() - started) / 1000;
  const { name, count, fingerprint, leftOut } = record;
  output.result(
    {
      ...{ name, count, skipped: leftOut.all, fingerprint, seconds: Number(seconds.toFixed(3)) },
      ...{ leftOut, heldOut: record.heldOut, record, home },
    },
    importedLines(record, home, seconds),
  );
  return 0;
}

function progressLine({ phase, done, total, skipped, imagesPerSecond, secondsLeft }: ImportProgress): string {
  if (done === 0 && phase === 'reading') return 'looking for images';
  const counted = total === null ? countOf(done, 'image') : `${done}/${countOf(total, 'image')}`;
  const parts = [phase === 'reading' ? counted : `measuring ${counted}`];
  if (phase === 'reading' && imagesPerSecond > 0) parts.push(`${Math.round(imagesPerSecond)} images/s`);
  if (skipped > 0) parts.push(`${skipped} left out`);
  if (secondsLeft !== null) parts.push(`${formatDuration(secondsLeft)} left`);
  return parts.join('   ');
}

function importedLines(record: DatasetRecord, home: string, seconds: number): string[] {
  const { name, count, height, width, channels, classes, unlabelled, heldOut, leftOut, skipped } = record;
  const shown = skipped.slice(0, 10).map(({ file, reason }) => `  ${file}: ${reason}`);
  if (leftOut.all > shown.length) {
    shown.push(`  and ${leftOut.all - shown.length} more, listed in skipped.jsonl`);
  }
  return [
    record.source.description,
    ...(record.remarks ?? []),
    `Imported ${countOf(count, 'image')} of ${width} × ${height} pixels, ${channels === 1 ? 'grey' : 'colour'}` +
      `${classes === undefined ? '' : `, in ${countOf(classes.length, 'class', 'classes')}`}, as "${name}" in ` +
      `${formatDuration(seconds)}.`,
    ...(unlabelled === undefined ? [] : [`${countOf(unlabelled, 'image has', 'images have')} no class.`]),
    ...(heldOut > 0
      ? [`${heldOut.toLocaleString('en-US')} of them ${plural(heldOut, 'is', 'are')} held out of training.`]
      : []),
    ...(leftOut.all > 0
      ? [`Left out ${leftOut.all} of ${countOf(count + leftOut.all, 'file')}:`, ...shown]
      : []),
    `They are in ${path.join(home, 'datasets', name)}.`,
  ];
}

function parseNameEncoding(text: string): NameEncoding {
  const encoding = nameEncodingOf(text);
  if (encoding !== null) return encoding;
  throw new InvalidArgumentError(`Give one of ${NAME_ENCODINGS.join(', ')}.`);
}

function parseHexColour(text: string): string {
  const digits = text.replace(/^#/, '').toLowerCase();
  if (/^[0-9a-f]{6}$/.test(digits)) return `#${digits}`;
  throw new InvalidArgumentError('Give a colour as #rrggbb, such as #ffffff.');
}

/** Parses `from=to`, or `from=` to leave a class out, and adds it to those before. */
function parseClass(text: string, before: Record<string, string | null> = {}): Record<string, string | null> {
  const at = text.indexOf('=');
  const from = text.slice(0, at);
  const to = text.slice(at + 1);
  if (at < 1) throw new InvalidArgumentError('Give the old name and the new one, such as kitten=cat.');
  return { ...before, [from]: to === '' ? null : to };
}

/** The path's own name, made into one that a data set can have. */
function nameOf(from: string): string {
  const base = path.basename(path.resolve(from)).replace(/(\.tar)?\.[A-Za-z0-9]{1,8}$/, '');
  const name = base
    .normalize('NFKD')
    .replace(/\p{Mark}/gu, '')
    .replace(/[^A-Za-z0-9._ -]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64);
  return name === '' ? 'images' : name;
}
