/** `covae runs curves`: what was logged of a run, as a table or a picture. */
import { type Command, Option } from 'commander';
import { UserError } from '../../../core/errors.ts';
import { formatNumber } from '../../../core/digits.ts';
import { libraryHome, runFolder } from '../../../core/library.ts';
import {
  CURVE_AXES,
  type CurveAxis,
  type CurveKey,
  CURVES,
  type Curves,
  curvesCsv,
  entriesOf,
  keysOf,
} from '../../../core/run/curves.ts';
import { readCurves } from '../../../core/run/read-curves.ts';
import { formatOf, writeCurves } from '../../../core/train/curve-files.ts';
import { countOf } from '../../../core/words.ts';
import type { Bind } from '../bind.ts';
import { table } from '../format.ts';
import { type CommonOptions, forceOption, parsePath, withCommonOptions } from '../options.ts';
import type { Output } from '../output.ts';
import { findRun } from '../runs.ts';

interface CurvesOptions extends CommonOptions {
  csv?: true;
  out?: string;
  of?: string[];
  axis: CurveAxis;
  smoothing: number;
  linear?: true;
  force?: true;
}

export function addCurvesCommand(runs: Command, bind: Bind): void {
  withCommonOptions(
    runs
      .command('curves')
      .description(
        'Show the curves of a run: of each quantity the mean, the least and the largest value of all steps between two ' +
          'logged lines.',
      )
      .argument('[run]', 'id or name of the run, or the beginning of its id (default: the newest)')
      .option('--csv', 'all lines as a table of comma-separated values, on standard output or into --out')
      .option('--out <file>', 'a file to write: .csv, or a picture, .svg or .png', parsePath)
      .option('--of <curve...>', `some of ${Object.keys(CURVES).join(', ')} (default: all there are)`)
      .addOption(
        new Option('--axis <quantity>', 'horizontal axis of a picture')
          .choices(Object.keys(CURVE_AXES))
          .default('step'),
      )
      .addOption(
        new Option('--smoothing <weight>', 'weight of the moving average of a picture, 0 to below 1')
          .argParser(parseWeight)
          .default(0),
      )
      .option('--linear', 'no logarithmic scale in a picture')
      .addOption(forceOption()),
  ).action(bind(showCurves));
}

function parseWeight(text: string): number {
  const weight = Number(text);
  if (text.trim() !== '' && weight >= 0 && weight < 1) return weight;
  throw new UserError(`--smoothing must be a number from 0 to below 1, not "${text}".`);
}

async function showCurves(output: Output, options: CurvesOptions, query?: string): Promise<number> {
  const home = libraryHome(options.home);
  const run = await findRun(home, query);
  const curves = await readCurves(runFolder(home, run.id));
  const keys = chosenKeys(curves, options.of, run.id);
  const { out, axis, smoothing } = options;
  const about = { home, run: run.id, lines: curves.steps.length };
  if (out !== undefined) {
    const as = formatOf(out) ?? (options.csv ? 'csv' : null);
    if (as === null) {
      throw new UserError(`${out} has to end in .csv, .svg or .png, or --csv has to be given with it.`);
    }
    const look = { axis, smoothing, logarithmic: options.linear !== true };
    await writeCurves(out, curves, { ...look, keys, title: run.name, as }, { force: options.force === true });
    output.result({ ...about, file: out }, [
      `${countOf(keys.length, 'curve')} of ${countOf(curves.steps.length, 'line')} written to ${out}.`,
    ]);
    return 0;
  }
  if (options.csv && !output.json) {
    output.text(curvesCsv(curves, keys));
    return 0;
  }
  output.result({ ...about, ...asJson(curves, keys) }, [
    `${run.id}: ${countOf(curves.steps.length, 'logged line')} up to step ${curves.steps.at(-1) ?? 0}.`,
    ...table(
      keys.map((key) => {
        const { title, unit } = CURVES[key];
        const { mean, min, max } = curves.columns[key]!;
        const last = mean.at(-1) ?? NaN;
        const range = `${formatNumber(least(min))} to ${formatNumber(-least(max.map((value) => -value)))}`;
        return [key, `${title}${unit === '' ? '' : `, ${unit}`}`, `last ${formatNumber(last)}`, range];
      }),
    ),
  ]);
  return 0;
}

function chosenKeys(curves: Curves, asked: readonly string[] | undefined, run: string): CurveKey[] {
  const known = keysOf(curves);
  if (asked === undefined) return known;
  return asked.map((name) => {
    const key = known.find((candidate) => candidate === name);
    if (key !== undefined) return key;
    throw new UserError(
      known.length === 0
        ? `The run ${run} has logged nothing yet.`
        : `The run ${run} has no curve "${name}"; there are ${known.join(', ')}.`,
      { code: 'not-found' },
    );
  });
}

/** The columns as lists; null where nothing was logged. */
function asJson({ steps, seconds, columns, batchSize, images }: Curves, keys: readonly CurveKey[]): object {
  const list = (values: Float64Array): (number | null)[] =>
    Array.from(values, (value) => (Number.isFinite(value) ? value : null));
  const chosen = entriesOf(columns).filter(([key]) => keys.includes(key));
  return {
    batchSize,
    images,
    steps: list(steps),
    seconds: list(seconds),
    curves: Object.fromEntries(
      chosen.map(([key, { mean, min, max }]) => [
        key,
        { ...CURVES[key], mean: list(mean), min: list(min), max: list(max) },
      ]),
    ),
  };
}

/** The least of what is a number; NaN where nothing is. */
function least(values: Float64Array): number {
  return values.reduce((found, value) => (Number.isNaN(value) || found <= value ? found : value), NaN);
}
