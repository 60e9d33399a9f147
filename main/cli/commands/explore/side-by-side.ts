/** `covae side-by-side`: one view through several checkpoints or runs. */
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import { defaultScale } from '../../../../core/export/enlarge.ts';
import { UserError } from '../../../../core/errors.ts';
import type { Side } from '../../../../core/explore/side-by-side.ts';
import type { KeyPoint } from '../../../../core/explore/points/point.ts';
import type { Look, View } from '../../../../core/explore/view.ts';
import type { FormatName } from '../../../../core/export/sets/formats.ts';
import { isFolder } from '../../../../core/files.ts';
import { libraryHome, runFolder } from '../../../../core/library.ts';
import { readRunManifest } from '../../../../core/run/run-folder.ts';
import { finalTimeSteps } from '../../../../core/schedule/time-steps.ts';
import { stepOfCheckpoint } from '../../../../core/run/which-checkpoint.ts';
import { countOf } from '../../../../core/words.ts';
import { EXIT } from '../../../exit-codes.ts';
import type { Bind } from '../../bind.ts';
import { stoppedWithNothing, unlessInterrupted } from '../../interrupt.ts';
import { positiveNumber, wholeNumber, withCommonOptions } from '../../options.ts';
import type { Output } from '../../output.ts';
import { findDrawableRun } from '../drawing.ts';
import {
  checkTarget,
  formatFor,
  lookFrom,
  type LookOptions,
  onePlace,
  parseKeyPoints,
  progressOf,
  withLookOptions,
  withWriteOptions,
  type WriteOptions,
} from './look.ts';
import {
  addPlaneOptions,
  addWalkOptions,
  type PlaneAsked,
  planeView,
  type WalkAsked,
  walkView,
} from './walk.ts';

const FORMATS: readonly FormatName[] = ['grid', 'gif', 'webp', 'apng', 'npz', 'npy', 'zip'];
const FILMS: readonly FormatName[] = ['gif', 'webp', 'apng'];

interface SideOptions extends LookOptions, WriteOptions, Partial<WalkAsked>, Partial<PlaneAskedOnly> {
  steps?: 'all' | number[];
  point?: KeyPoint[];
  samples?: number;
  rate?: number;
}

type PlaneAskedOnly = Omit<PlaneAsked, 'path'>;

export function addSideBySideCommand(program: Command, bind: Bind): void {
  const command = program
    .command('side-by-side')
    .description(
      'Draw the same samples, points, walk or plane through several checkpoints or runs: below one another in a PNG, or as ' +
        'a film in which the model learns.',
    )
    .argument(
      '[runs...]',
      'runs, each the newest checkpoint or, as RUN@300, that of a step (default: newest run)',
    )
    .option('--steps <list>', 'checkpoints of the runs named without one: all, or 100,200', parseSteps)
    .addOption(wholeNumber('--samples <n>', 'samples of the same seeds (default: 16)', 1, 1024))
    .option('--point <point>', 'or points, as for covae walk; may be given several times', parseKeyPoints);
  addPlaneOptions(addWalkOptions(command));
  command
    .addOption(wholeNumber('--columns <n>', 'pictures in a row of one checkpoint', 1, 64))
    .addOption(wholeNumber('--rows <n>', 'of a plane: rows', 1, 64))
    .addOption(positiveNumber('--rate <n>', 'of a film: checkpoints a second (default: 10)', 50));
  withCommonOptions(withWriteOptions(withLookOptions(command), FORMATS)).action(bind(drawSides));
}

function parseSteps(text: string): 'all' | number[] {
  if (text === 'all') return 'all';
  const words = text.split(',').map((word) => word.trim());
  if (words.every((word) => /^\d{1,9}$/.test(word))) return words.map(Number);
  throw new InvalidArgumentError('Give all, or steps such as 100,200.');
}

/** What is drawn, at each side. @throws UserError when options do not go together */
function viewOf(options: SideOptions): { view: View; columns?: number } {
  const { point, samples, columns, rows, from, to, via, radius, corner, centre } = options;
  const kinds = [
    point !== undefined && '--point',
    samples !== undefined && '--samples',
    (from ?? to ?? via ?? radius) !== undefined && '--from',
    (corner ?? centre) !== undefined && '--corner',
  ].filter((flag) => flag !== false);
  if (kinds.length > 1) {
    throw new UserError(`${kinds.join(' and ')} ask for different pictures; give one of them.`, {
      code: 'usage',
    });
  }
  if ((corner ?? centre) !== undefined) {
    const { path: asked = 'spherical' } = options;
    if (asked !== 'spherical' && asked !== 'linear') {
      throw new UserError('The --path of a plane is spherical or linear.', { code: 'usage' });
    }
    const [wide, high] = [columns ?? 5, rows ?? 5];
    return { view: planeView({ ...options, path: asked, columns: wide, rows: high }), columns: wide };
  }
  const shown = columns === undefined ? {} : { columns };
  if (kinds[0] === '--from') {
    const { frames = 12, path: kind = 'spherical', easing = 'none', pace = 'even' } = options;
    return { view: walkView({ ...options, frames, path: kind, easing, pace }), ...shown };
  }
  const seeds = Array.from({ length: samples ?? 16 }, (_, number): KeyPoint => ({
    kind: 'seed',
    seed: 0,
    number,
  }));
  return { view: { kind: 'points', points: point ?? seeds }, ...shown };
}

/** Run and step of each side. */
async function sidesOf(
  home: string,
  asked: readonly string[],
  { steps, step: which }: Pick<SideOptions, 'steps' | 'step'>,
): Promise<{ run: string; step: number }[]> {
  const sides: { run: string; step: number }[] = [];
  for (const word of asked.length === 0 ? [undefined] : asked) {
    const [, query = word, named] = /^(.+)@(\d{1,9})$/.exec(word ?? '') ?? [];
    const run = await findDrawableRun(home, query);
    if (named !== undefined) sides.push({ run: run.id, step: Number(named) });
    else if (steps === undefined) {
      sides.push({ run: run.id, step: (await stepOfCheckpoint(runFolder(home, run.id), which)) ?? run.step });
    } else {
      const own = [...run.checkpoints].sort((a, b) => a - b);
      sides.push(...(steps === 'all' ? own : steps).map((step) => ({ run: run.id, step })));
    }
  }
  return sides;
}

async function drawSides(output: Output, options: SideOptions, ...asked: string[]): Promise<number> {
  const { view, columns } = viewOf(options);
  const as = await formatFor(options, FORMATS, 'grid');
  await checkTarget(as, options);
  const home = libraryHome(options.home);
  const chosen = await sidesOf(home, asked, options);
  const { sideBySideSource, wordOf } = await import('../../../../core/explore/side-by-side.ts');
  const { exportSet } = await import('../../../../core/export/export-set.ts');
  const { FORMATS: all } = await import('../../../../core/export/sets/formats.ts');
  const [first] = chosen;
  const firstManifest = await readRunManifest(runFolder(home, first?.run ?? ''));
  // At the largest t a sample is its noise, decoded: that of one pass.
  const top = finalTimeSteps(firstManifest.config.objective).at(-1);
  const isSamples = view.kind === 'points' && options.point === undefined;
  const at = onePlace(options.at) ?? (isSamples && top !== undefined ? { t: top } : undefined);
  const look: Look = await lookFrom(home, firstManifest, options, at);
  const sides: Side[] = [];
  for (const { run, step } of chosen) sides.push(await sideOf(output, home, run, step));
  const { force, resize, gap, provenance, out, rate } = options;
  const scale = options.scale ?? defaultScale(firstManifest.config.network.imageSize);
  const film = FILMS.includes(as);
  const files = { as, scale, resize, gap, rate };
  const source = sideBySideSource({ sides, view, look, film, columns, files });
  const name = `${first?.run ?? 'runs'}-side-by-side${all[as].ending ?? ''}`;
  const target =
    out === undefined || (all[as].ending !== null && (await isFolder(out)))
      ? path.resolve(out ?? '.', name)
      : path.resolve(out);
  output.phase(`Drawing ${countOf(sides.length, 'checkpoint')} as ${all[as].words}`);
  const written = await unlessInterrupted(
    (signal) =>
      exportSet(source, target, {
        ...{ as, scale, kernel: resize, gap, force, provenance, note: false, signal },
        ...(as === 'grid' && { columns: source.columns }),
        ...(rate !== undefined && { animation: { framesPerSecond: rate } }),
        onProgress: progressOf(output, 'checkpoint', 'drawn'),
      }),
    () => output.warn('Stopping; nothing is written.'),
  );
  if (written === null) return stoppedWithNothing(output);
  output.result({ sides: chosen, as, images: written.images, files: written.files }, [
    `Wrote ${countOf(sides.length, 'checkpoint')} (${sides.map(wordOf).join(', ')}) as ${written.files[0] ?? ''}.`,
  ]);
  return EXIT.DONE;
}

/** One side, opened while it is drawn and freed before the next. */
async function sideOf(output: Output, home: string, run: string, step: number): Promise<Side> {
  const folder = runFolder(home, run);
  const manifest = await readRunManifest(folder);
  const { openGenerator } = await import('../../../../core/explore/open-generator.ts');
  const { Explorer } = await import('../../../../core/explore/explorer.ts');
  const { RunSupplies } = await import('../../../../core/explore/run-supplies.ts');
  const { pictureFeatures } = await import('../../../../core/evaluate/picture-features.ts');
  return {
    manifest,
    step,
    withExplorer: async (use) => {
      const generator = await openGenerator(folder, { step });
      try {
        generator.remarks.forEach((remark) => output.warn(remark));
        const modelNow = () => generator;
        const onRemark = (sentence: string): void => output.warn(sentence);
        const supplies = new RunSupplies({ home, manifest, modelNow, onRemark });
        return await use(new Explorer({ modelNow, supplies, featuresOf: pictureFeatures() }));
      } finally {
        generator.dispose();
      }
    },
  };
}
