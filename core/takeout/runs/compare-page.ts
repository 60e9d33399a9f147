/** A comparison of runs as one page that opens anywhere and fetches nothing. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { chart } from '../../export/chart/look.ts';
import { toSvg } from '../../export/chart/svg.ts';
import { checkFileName } from '../../export/target.ts';
import { readProblem } from '../../files.ts';
import { formatNumber } from '../../digits.ts';
import { runFolder } from '../../library.ts';
import { checkOutput, type OutputOptions, writeOutputFile } from '../../output.ts';
import { type CurveKey, CURVES, smoothed } from '../../run/curves.ts';
import { gridOfName } from '../../run/grid-files.ts';
import { shellWord } from '../../shell-word.ts';
import { countOf } from '../../words.ts';
import { APP_VERSION } from '../../version.ts';
import { type Comparison, type ComparedRun, compareRuns, curveKeysOf, factsOf } from './compare.ts';
import { escaped, htmlFacts, htmlPage, htmlTable } from './html.ts';
import { tableOf } from './report-tables.ts';

/** Okabe and Ito's colours and one more, which people tell apart whatever they see. */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#882255', '#5b6470'];
/** Curves that are drawn. */
const DRAWN: readonly CurveKey[] = [
  'loss',
  'recLoss',
  'denoiserLoss',
  'klLoss',
  'norm',
  'gradNorm',
  'learningRate',
];
/** Points of a curve: more cannot be told apart. */
const POINTS = 300;
/** The most that pictures may weigh, in bytes. */
const MAX_PICTURE_BYTES = 4_000_000;
/** Steps of which samples are shown, the last one among them. */
const GRIDS = 3;

/**
 * Writes a comparison of runs as HTML.
 *
 * @throws UserError as {@link compareRuns}; the target is taken, or the disk is full. Nothing is left behind then
 */
export async function writeComparison(
  home: string,
  ids: readonly string[],
  to: string,
  { force }: OutputOptions = {},
): Promise<{ file: string; bytes: number; comparison: Comparison }> {
  const target = path.resolve(to);
  checkFileName(target, '.html', 'comparisons');
  checkOutput(target, { force });
  const comparison = await compareRuns(home, ids);
  const page = await comparisonPage(home, comparison);
  await writeOutputFile(target, page, 'comparison', { force });
  return { file: target, bytes: Buffer.byteLength(page), comparison };
}

async function comparisonPage(home: string, comparison: Comparison): Promise<string> {
  const { runs, settings } = comparison;
  const names = namesOfRuns(runs);
  const records = runs.flatMap(({ evaluations }) => evaluations);
  const parts = [
    `<h1>${escaped(`${countOf(names.length, 'run')} compared`)}</h1>`,
    `<p>${names.map((name, i) => `<span style="color:${COLOURS[i] ?? ''}">■</span> ${escaped(name)}`).join('&ensp; ')}</p>`,
    '<h2>In what they differ</h2>',
    settings.length === 0
      ? '<p class="soft">In no setting.</p>'
      : htmlTable(
          ['Setting', 'Key', ...names],
          settings.map(({ term, key, values }) => [term, key, ...values.map(valueText)]),
        ),
    '<h2>How far they came</h2>',
    htmlTable(
      ['', ...names],
      (factsOf(runs[0]!) satisfies unknown[]).map(([label], row) => [
        label,
        ...runs.map((run) => factText(factsOf(run)[row]?.[1] ?? null)),
      ]),
    ),
    '<h2>Curves</h2>',
    ...(await curveFigures(runs, names)),
    '<h2>Samples</h2>',
    await pictures(home, comparison, names),
    '<h2>Evaluations</h2>',
    records.length === 0 ? '<p class="soft">None of them is evaluated yet.</p>' : evaluations(runs, names),
    '<h2>Where it comes from</h2>',
    htmlFacts([
      ...runs.map(({ summary: { id, dataset } }): [string, string] => [
        'Run',
        `${id}, ${dataset ?? 'no data set'}`,
      ]),
      ['Comparison by', `CoVAE Studio ${APP_VERSION}`],
    ]),
    `<p>Made again by <code>${escaped(`covae runs compare ${runs.map(({ summary }) => shellWord(summary.id)).join(' ')} --out comparison.html`)}</code>.</p>`,
  ];
  return htmlPage(`${names.join(', ')}: comparison`, parts.join('\n'));
}

/** What runs are called: their names where these tell them apart, else their ids. */
export function namesOfRuns(runs: readonly Pick<ComparedRun, 'summary'>[]): string[] {
  const all = runs.map(({ summary }) => summary.name);
  return new Set(all).size === all.length ? all : runs.map(({ summary }) => summary.id);
}

function evaluations(runs: readonly ComparedRun[], names: readonly string[]): string {
  return runs
    .flatMap(({ evaluations: records }, i) =>
      records.length === 0 ? [] : [`<h3>${escaped(names[i] ?? '')}</h3>`, tableOf(records)],
    )
    .join('\n');
}

function valueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function factText(value: string | number | null): string {
  if (typeof value !== 'number') return value ?? '';
  return Number.isInteger(value) ? value.toLocaleString('en-US') : formatNumber(value, 4);
}

async function curveFigures(runs: readonly ComparedRun[], names: readonly string[]): Promise<string[]> {
  const keys = curveKeysOf(runs).filter((key) => DRAWN.includes(key));
  if (runs.every(({ curves }) => curves.steps.length === 0))
    return ['<p class="soft">Nothing was logged yet.</p>'];
  const figures: string[] = [];
  for (const key of keys) {
    const svg = (await overlaid(runs, names, key)).replace(/^<\?xml[^>]*>\s*/, '');
    figures.push(`<figure class="chart">${svg}</figure>`);
  }
  return figures;
}

/** One curve of all runs, each a moving average over neighbouring lines, in the run's colour. */
async function overlaid(
  runs: readonly ComparedRun[],
  names: readonly string[],
  key: CurveKey,
): Promise<string> {
  const { title, unit } = CURVES[key];
  const values = runs.flatMap(({ curves }, i) => {
    const column = curves.columns[key];
    if (column === undefined) return [];
    const smooth = smoothed(column.mean, key === 'learningRate' ? 0 : 0.6);
    const every = Math.max(1, Math.ceil(smooth.length / POINTS));
    return Array.from(smooth, (value, at) => ({ step: curves.steps[at], value, run: names[i] })).filter(
      ({ value }, at) => (smooth.length - 1 - at) % every === 0 && Number.isFinite(value) && value > 0,
    );
  });
  return toSvg(
    chart({
      title: { text: unit === '' ? title : `${title} (${unit})` },
      width: 640,
      height: 240,
      data: { values },
      mark: { type: 'line', strokeWidth: 1.8, point: values.length <= runs.length },
      encoding: {
        x: {
          field: 'step',
          type: 'quantitative',
          title: 'training step',
          scale: { zero: false, nice: false },
        },
        y: { field: 'value', type: 'quantitative', title, scale: { type: 'log', nice: false } },
        color: {
          ...{ field: 'run', type: 'nominal', title: null },
          scale: { domain: [...names], range: COLOURS.slice(0, names.length) },
        },
      },
    }),
  );
}

/** Samples at steps that all runs have, side by side: the first, one in the middle and the last. */
async function pictures(
  home: string,
  { runs, steps }: Comparison,
  names: readonly string[],
): Promise<string> {
  if (steps.length === 0) {
    return '<p class="soft">There is no step at which all of them have drawn samples.</p>';
  }
  const count = Math.min(GRIDS, steps.length);
  const places = Array.from({ length: count }, (_, i) =>
    count === 1 ? steps.length - 1 : Math.round((i * (steps.length - 1)) / (count - 1)),
  );
  let room = MAX_PICTURE_BYTES;
  const shown: string[] = [];
  // The last ones first: they are there in any case.
  for (const step of places.map((place) => steps[place]!).reverse()) {
    const row: string[] = [];
    for (const [i, { summary }] of runs.entries()) {
      const bytes = await gridBytes(path.join(runFolder(home, summary.id), 'samples'), step);
      room -= bytes.length;
      if (room < 0) break;
      row.push(
        `<figure><img alt="${escaped(`Samples of ${names[i]} at step ${step}`)}" src="data:image/png;base64,${bytes.toString('base64')}">` +
          `<figcaption><span style="color:${COLOURS[i] ?? ''}">■</span> ${escaped(names[i] ?? '')}</figcaption></figure>`,
      );
    }
    if (row.length < runs.length) break;
    shown.unshift(
      `<h3>Step ${step.toLocaleString('en-US')}</h3>\n<div class="pictures">${row.join('\n')}</div>`,
    );
  }
  return shown.length === 0
    ? '<p class="soft">Their grids are too large for a page.</p>'
    : `${shown.join('\n')}\n<p class="soft">One pass, for each run always from the same noise.</p>`;
}

async function gridBytes(folder: string, step: number): Promise<Buffer> {
  const names = await fs.readdir(folder);
  const name = names.find((candidate) => {
    const grid = gridOfName(candidate);
    return grid?.kind === 'passes-1' && grid.step === step;
  });
  const file = path.join(folder, name ?? '');
  return fs.readFile(file).catch((error: unknown) => {
    throw readProblem(error, file);
  });
}
