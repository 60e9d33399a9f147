/** `covae redraw`: a picture or a set once more, from what it says of itself. */
import { Command } from 'commander';
import { UserError } from '../../../core/errors.ts';
import { PART } from '../../../core/explore/parts.ts';
import { libraryHome } from '../../../core/library.ts';
import { readBytes } from '../../../core/read-file.ts';
import { listRuns } from '../../../core/run/catalogue.ts';
import { shellWords } from '../../../core/shell-word.ts';
import type { Provenance } from '../../../core/provenance/read.ts';
import type { Bind } from '../bind.ts';
import { type CommonOptions, forceOption, parsePath, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { addExportCommand, exportAs, type ExportOptions } from './export.ts';

interface RedrawOptions extends CommonOptions {
  out: string;
  force?: boolean;
}

export function addRedrawCommand(program: Command, bind: Bind): void {
  withCommonOptions(
    program
      .command('redraw')
      .description(
        'Draw a picture or a set of covae export once more, from what it says of itself: on the same machine the same, bit for bit.',
      )
      .argument('<file>', 'the picture, or the set with its JSON beside it', parsePath)
      .requiredOption('--out <path>', 'file or folder to write', parsePath)
      .addOption(forceOption()),
  ).action(bind(redraw));
}

async function redraw(output: Output, { home, json, out, force }: RedrawOptions, file = ''): Promise<number> {
  const { readProvenance } = await import('../../../core/provenance/read.ts');
  const { origin, software } = await readProvenance(file);
  const older = 'command' in origin ? null : await olderOf(file, libraryHome(home), origin);
  const { run, options } = older ?? exportOf(file, origin);
  const known = await listRuns(libraryHome(home));
  if (!known.some(({ id }) => id === run)) {
    throw notHere(run, file, libraryHome(home));
  }
  const mine = {
    ...options,
    out,
    ...(home !== undefined && { home }),
    ...(json !== undefined && { json }),
    ...(force !== undefined && { force }),
  };
  const checkpoint = typeof origin['checkpoint'] === 'string' ? origin['checkpoint'] : null;
  const data = typeof origin['dataFingerprint'] === 'string' ? origin['dataFingerprint'] : null;
  const place = older === null ? placeOf(origin) : older.place;
  const text = { ...(software !== null && { Software: software }), covae: JSON.stringify(origin) };
  if (place === null) {
    const said = older === null ? null : text;
    return exportAs(output, mine, run, { checkpoint, data, picture: null, text: said });
  }
  const { options: part, place: there } = onePicture(mine, place);
  return exportAs(output, part, run, { checkpoint, data, picture: { place: there, text }, text: null });
}

/** What a picture without a command was drawn with; null where it does not say. */
async function olderOf(
  file: string,
  home: string,
  origin: Provenance['origin'],
): Promise<{ run: string; options: ExportOptions; place: number | null } | null> {
  const { run } = origin;
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

/** Run and options of the command that a text names. Nothing but `covae export` is ever made of it. */
function exportOf(file: string, { command }: Provenance['origin']): { run: string; options: ExportOptions } {
  const words = typeof command === 'string' ? shellWords(command) : [];
  let options: ExportOptions | null = null;
  let run = '';
  const program = new Command('covae').exitOverride().configureOutput({ writeErr: () => undefined });
  addExportCommand(program, () => (asked: unknown, given: unknown) => {
    run = typeof asked === 'string' ? asked : '';
    options = given as ExportOptions;
    return Promise.resolve();
  });
  try {
    if (words[0] === 'covae' && words[1] === 'export') program.parse(words.slice(1), { from: 'user' });
  } catch {
    // Told below.
  }
  const found = options as ExportOptions | null;
  const mayNot =
    found !== null && (found.out !== undefined || found.home !== undefined || found.force === true);
  if (found !== null && run !== '' && !mayNot) return { run, options: found };
  throw new UserError(
    `${file} does not name the covae export command that drew it; covae provenance shows what it says.`,
    { code: 'not-found', file },
  );
}
