/** `covae redraw`: a picture or a set once more, from what it says of itself. */
import { Command } from 'commander';
import { UserError } from '../../../core/errors.ts';
import { PART } from '../../../core/explore/parts.ts';
import { libraryHome } from '../../../core/library.ts';
import { readBytes } from '../../../core/read-file.ts';
import { readDatasetRecord } from '../../../core/data/catalogue.ts';
import { checkWeights } from '../../../core/takeout/again.ts';
import { listRuns } from '../../../core/run/catalogue.ts';
import { readViewCommand, type ViewCommand } from '../../../core/explore/read-view-command.ts';
import type { PngText } from '../../../core/export/png.ts';
import type { FormatName } from '../../../core/export/sets/formats.ts';
import { shellWords } from '../../../core/shell-word.ts';
import type { Provenance } from '../../../core/provenance/read.ts';
import type { Bind } from '../bind.ts';
import { type CommonOptions, forceOption, parsePath, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { checkTarget, formatFor, withExplorer, writeView } from './explore/look.ts';
import { addSideBySideCommand } from './explore/side-by-side.ts';
import { addDrawingCommands } from './draw.ts';
import { addReconstructCommand } from './reconstruct.ts';
import { addExportCommand, exportAs, type ExportOptions } from './export.ts';

const VIEW_FORMATS: readonly FormatName[] = 'grid png zip npz npy frames gif webp apng'.split(
  ' ',
) as FormatName[];

interface RedrawOptions extends CommonOptions {
  out: string;
  force?: boolean;
}

export function addRedrawCommand(program: Command, bind: Bind): void {
  withCommonOptions(
    program
      .command('redraw')
      .description(
        'Draw a picture or a set once more, from what it says of itself, whether covae export, sample, walk, plane, decode or ' +
          'directions apply wrote it, or the window: on the same machine the same, bit for bit.',
      )
      .argument('<file>', 'the picture, or the set with its JSON beside it', parsePath)
      .requiredOption('--out <path>', 'file or folder to write', parsePath)
      .addOption(forceOption()),
  ).action(bind(redraw));
}

async function redraw(output: Output, options: RedrawOptions, file = ''): Promise<number> {
  const { readProvenance } = await import('../../../core/provenance/read.ts');
  const { origin, software } = await readProvenance(file);
  const view = typeof origin['command'] === 'string' ? readViewCommand(origin['command']) : null;
  return view === null
    ? redrawExport(output, options, { file, origin, software })
    : redrawView(output, options, view, { file, origin, software });
}

/** A view of latent space: of `covae walk` and its kin, and of the window's boards. */
async function redrawView(
  output: Output,
  { out, force, ...common }: RedrawOptions,
  { run, step, view, look, columns, files }: ViewCommand,
  { file, origin, software }: Provenance,
): Promise<number> {
  await checkRunHere(run, file, common.home);
  const { index, inputs } = origin;
  const place = typeof index === 'number' ? index : null;
  const written = { ...files, ...(place !== null && { as: 'grid' as const, gap: 0 }) };
  const as = await formatFor({ out, ...written }, VIEW_FORMATS, 'grid');
  const target = { out, force, provenance: place === null };
  await checkTarget(as, target);
  const redrawn = {
    ...{ file, checkpoint: textOf(origin, 'checkpoint'), data: null, text: null },
    inputs: typeof inputs === 'object' && inputs !== null ? (inputs as Record<string, unknown>) : {},
    picture: place === null ? null : { place, text: ownText({ origin, software }) },
  };
  return withExplorer(output, { ...common, step: step ?? 'newest' }, run, (opened) =>
    writeView(output, { ...opened, look }, view, as, {
      ...{ ...written, ...target, provenance: true, columns, redrawn, stem: view.kind },
    }),
  );
}

async function redrawExport(
  output: Output,
  { home, json, out, force }: RedrawOptions,
  { file, origin, software }: Provenance,
): Promise<number> {
  const own = {
    out,
    ...(home !== undefined && { home }),
    ...(json !== undefined && { json }),
    ...(force !== undefined && { force }),
  };
  const checkpoint = textOf(origin, 'checkpoint');
  const data = textOf(origin, 'dataFingerprint');
  const named = commandIn(origin);
  const isForeign = named === null && 'command' in origin;
  const older =
    isForeign || named?.name === 'export' ? null : await olderOf(file, libraryHome(home), origin, named);
  if (named !== null && named.name !== 'export' && older === null) {
    await checkRunHere(named.run, file, home);
    const { step, weights = 'ema' } = named.options as { step?: unknown; weights?: 'ema' | 'raw' };
    if (typeof step === 'number') {
      await checkWeights(libraryHome(home), named.run, { step }, weights, { checkpoint });
    }
    await checkImages(libraryHome(home), named.options, data);
    return named.action(output, { ...named.options, ...own }, named.run);
  }
  const found = older ?? (named && { run: named.run, options: named.options as ExportOptions, place: null });
  if (found === null) {
    throw new UserError(
      `${file} does not name a command that draws it again; covae provenance shows what it says.`,
      { code: 'not-found', file },
    );
  }
  await checkRunHere(found.run, file, home);
  const mine = { ...found.options, ...own };
  const place = older === null ? placeOf(origin) : older.place;
  const text = ownText({ origin, software });
  if (place === null) {
    const said = older === null ? null : text;
    return exportAs(output, mine, found.run, { checkpoint, data, picture: null, text: said });
  }
  const { options: part, place: there } = onePicture(mine, place);
  return exportAs(output, part, found.run, { checkpoint, data, picture: { place: there, text }, text: null });
}

/** @throws UserError when images are asked for, and they are no longer those of then */
async function checkImages(home: string, options: object, fingerprint: string | null): Promise<void> {
  const { data } = options as { data?: string };
  if (data === undefined || fingerprint === null) return;
  if ((await readDatasetRecord(home, data)).fingerprint === fingerprint) return;
  throw new UserError(
    `Data set "${data}" no longer has the images that this was made from; import the old images under that name again.`,
  );
}

function textOf(origin: Provenance['origin'], key: string): string | null {
  const value = origin[key];
  return typeof value === 'string' ? value : null;
}

/** What a picture says of itself, as it was written. */
function ownText({ origin, software }: Pick<Provenance, 'origin' | 'software'>): PngText {
  return { ...(software !== null && { Software: software }), covae: JSON.stringify(origin) };
}

async function checkRunHere(run: string, file: string, home: string | undefined): Promise<void> {
  const known = await listRuns(libraryHome(home));
  if (!known.some(({ id }) => id === run)) throw notHere(run, file, libraryHome(home));
}

/** What a single picture of a draw was drawn with, or one without a command; null where it does not say. */
async function olderOf(
  file: string,
  home: string,
  origin: Provenance['origin'],
  named: Named | null,
): Promise<{ run: string; options: ExportOptions; place: number | null } | null> {
  const { run, index } = origin;
  if (named !== null && index === undefined) return null;
  const summary = (await listRuns(home)).find(({ id }) => id === run);
  if (summary === undefined) {
    if (typeof run === 'string') throw notHere(run, file, home);
    return null;
  }
  const { olderExport } = await import('../../../core/takeout/older.ts');
  // Of a PNG's header; other formats name their command.
  const width = (await readBytes(file)).readUInt32BE(16);
  const found = olderExport(origin, { width, side: summary.imageSize });
  return found && { run: found.run, options: found.order, place: found.place };
}

function notHere(run: string, file: string, home: string): UserError {
  return new UserError(
    `The run ${run} that drew ${file} is not in ${home}; name the library that has it with --home.`,
    { code: 'not-found' },
  );
}

/** One picture is drawn with those of its network call: in another call it may differ in the last bit. */
function onePicture(options: ExportOptions, place: number): { options: ExportOptions; place: number } {
  const { columns: _, background: __, ...kept } = options;
  const alone = { ...kept, as: 'grid' as const, gap: 0 };
  if (options.what !== 'samples' || options.count === undefined) return { options: alone, place };
  const before = PART * Math.floor(place / PART);
  const part = { start: (options.start ?? 0) + before, count: Math.min(PART, options.count - before) };
  return { options: { ...alone, ...part }, place: place - before };
}

/** Place in its set of the picture that a text is of; null for that of a whole set. */
function placeOf(origin: Provenance['origin']): number | null {
  const { index, start = 0 } = origin;
  return typeof index === 'number' && typeof start === 'number' ? index - start : null;
}

/** The command that a text names, with its run and options, and what carries it out. */
interface Named {
  name: string;
  run: string;
  options: object;
  action: (output: Output, options: object, run: string) => Promise<number>;
}

/** Nothing but what draws is ever made of a text. */
function commandIn({ command }: Provenance['origin']): Named | null {
  const words = typeof command === 'string' ? shellWords(command) : [];
  const found: Named[] = [];
  const program = new Command('covae').exitOverride().configureOutput({ writeErr: () => undefined });
  const bind: Bind = (action) => (asked: unknown, options: unknown) => {
    // Several runs, each with its step, come as a list.
    const list = Array.isArray(asked) ? asked.filter((word) => typeof word === 'string') : null;
    const run = list === null ? asked : list[0]?.replace(/@\d+$/, '');
    found.push({
      ...{ name: words[1] ?? '', run: typeof run === 'string' ? run : '', options: options as object },
      // The options are those of this very command.
      action: (output, mine, one) => action(output, mine as never, ...(list ?? [one])),
    });
    return Promise.resolve();
  };
  addExportCommand(program, bind);
  addDrawingCommands(program, bind);
  addReconstructCommand(program, bind);
  addSideBySideCommand(program, bind);
  try {
    if (words[0] === 'covae') program.parse(words.slice(1), { from: 'user' });
  } catch {
    return null;
  }
  const [named] = found;
  if (named === undefined || named.run === '') return null;
  const { out, home, force, dumpGraph } = named.options as Record<string, unknown>;
  return out === undefined && home === undefined && dumpGraph === undefined && force !== true ? named : null;
}
