/** A run's report: one page that opens anywhere, with its pictures in it. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { settingsOf, tableOf } from './report-tables.ts';
import { lossCurveSvg } from '../../export/chart/curve.ts';
import { chart, CHART_HEIGHT, CHART_WIDTH } from '../../export/chart/look.ts';
import { toSvg } from '../../export/chart/svg.ts';
import { checkFileName } from '../../export/target.ts';
import { listEvaluations } from '../../evaluate/store.ts';
import { errorCode, readProblem } from '../../files.ts';
import { runFolder } from '../../library.ts';
import { checkOutput, type OutputOptions, writeOutputFile } from '../../output.ts';
import { summarizeRun } from '../../run/catalogue.ts';
import { weightsHash } from '../../run/checkpoint-hash.ts';
import { readEvaluationLines } from '../../run/evaluations.ts';
import { bestWords } from '../../run/evaluation-words.ts';
import type { EvaluationLine } from '../../run/evaluation-line.ts';
import type { RunManifest } from '../../run/manifest.ts';
import { readMetrics, readRunManifest } from '../../run/run-folder.ts';
import { readAlarms } from '../../run/run-log.ts';
import { formatNumber } from '../../digits.ts';
import { shellWord } from '../../shell-word.ts';
import { APP_VERSION } from '../../version.ts';
import { countOf } from '../../words.ts';
import { escaped, htmlFacts, htmlPage, htmlTable } from './html.ts';

/** The most that pictures may weigh, in bytes, so that a report stays below 5 MB. */
const MAX_PICTURE_BYTES = 2_500_000;
/** Logged steps that its curves are drawn from, and evaluations on the way. */
const POINTS = 1_000;
/** Grids of the training that are shown, the first and the last among them. */
const GRIDS = 4;

/**
 * Writes the report of a run: settings, curves, samples, evaluations, alarms, and where all of it comes from.
 *
 * @throws UserError in one sentence: the run is damaged, the target is taken, the disk is full; the signal's reason when
 *   aborted. Nothing is left behind then
 */
export async function writeReport(
  home: string,
  id: string,
  to: string,
  { force, signal }: OutputOptions & { signal?: AbortSignal | undefined } = {},
): Promise<{ file: string; bytes: number }> {
  const target = path.resolve(to);
  checkFileName(target, '.html', 'reports');
  checkOutput(target, { force });
  const page = await reportOf(home, id, signal);
  signal?.throwIfAborted();
  await writeOutputFile(target, page, 'report', { force });
  return { file: target, bytes: Buffer.byteLength(page) };
}

/** The report as HTML. */
export async function reportOf(home: string, id: string, signal?: AbortSignal): Promise<string> {
  const folder = runFolder(home, id);
  const manifest = await readRunManifest(folder);
  const summary = await summarizeRun(home, id);
  const metrics = await readMetrics(folder, POINTS);
  const onTheWay = await readEvaluationLines(folder, POINTS);
  const alarms = await readAlarms(folder);
  const { evaluations, damaged } = await listEvaluations(folder);
  signal?.throwIfAborted();
  const last = metrics.at(-1);
  const { dataset, preset, seed, parameters, createdAt } = manifest;
  const parts = [
    `<h1>${escaped(manifest.name)}</h1>`,
    `<p class="soft">The run ${escaped(id)}, as it was at step ${summary.step.toLocaleString('en-US')}.</p>`,
    htmlFacts([
      ['Data set', dataset === null ? 'none' : `${dataset.name}, ${countOf(dataset.count, 'image')}`],
      ['Steps', `${summary.step.toLocaleString('en-US')} of ${summary.steps.toLocaleString('en-US')}`],
      ['Preset', preset ?? 'of its own'],
      ['Parameters', parameters.toLocaleString('en-US')],
      ['Begun', createdAt.slice(0, 16).replace('T', ' ')],
      ['Training', last === undefined ? 'not yet' : `${(last.seconds / 60).toFixed(1)} minutes`],
      ['Loss', last === undefined ? 'none yet' : formatNumber(last.loss)],
      ['Best checkpoint', summary.best === null ? 'none known' : bestWords(summary.best)],
    ]),
    '<h2>Curves</h2>',
    figure(await lossCurveSvg(metrics, 'Loss')),
    ...(onTheWay.length > 0 ? [figure(await evaluationSvg(onTheWay))] : []),
    '<h2>Samples</h2>',
    await pictures(folder),
    '<h2>Evaluations</h2>',
    evaluations.length === 0
      ? '<p class="soft">Not evaluated yet.</p>'
      : tableOf(evaluations.map(({ record }) => record)),
    ...damaged.map(({ problem }) => `<p>${escaped(problem)}</p>`),
    '<h2>Alarms</h2>',
    alarms.length === 0
      ? '<p class="soft">None.</p>'
      : htmlTable(
          ['Step', 'What', 'Number', 'Bound', 'What to try'],
          alarms.map(({ step, name, value, bound, advice }) => [
            step.toLocaleString('en-US'),
            name,
            value === null ? 'not finite' : formatNumber(value),
            bound === null ? '' : formatNumber(bound),
            advice,
          ]),
        ),
    '<h2>Settings</h2>',
    htmlTable(['Setting', 'Value'], settingsOf(manifest.config)),
    '<h2>Where it comes from</h2>',
    await provenance(folder, manifest, summary.step, seed),
  ];
  return htmlPage(`${manifest.name}: report`, parts.join('\n'));
}

function figure(svg: string): string {
  return `<figure class="chart">${svg.replace(/^<\?xml[^>]*>\s*/, '')}</figure>`;
}

/** Fréchet distances over training steps. */
async function evaluationSvg(lines: readonly EvaluationLine[]): Promise<string> {
  const values = lines.flatMap(({ step, fd1, fd2 }) => [
    { step, value: fd1, passes: '1 pass' },
    ...(fd2 === null ? [] : [{ step, value: fd2, passes: '2 passes' }]),
  ]);
  const names = [...new Set(lines.map(({ distanceName }) => distanceName))].join(', ');
  return toSvg(
    chart({
      title: { text: `${names} during the training` },
      width: CHART_WIDTH,
      height: CHART_HEIGHT,
      data: { values },
      mark: { type: 'line', point: true },
      encoding: {
        x: { field: 'step', type: 'quantitative', title: 'training step' },
        y: { field: 'value', type: 'quantitative', title: names, scale: { zero: false } },
        color: { field: 'passes', type: 'nominal', title: null },
      },
    }),
  );
}

/** Grids of the training, as they lie in its folder: the last one always, where it is small enough. */
async function pictures(folder: string): Promise<string> {
  const samples = path.join(folder, 'samples');
  const names = (await namesIn(samples)).filter((name) => /^step-\d{8,}\.png$/.test(name)).sort();
  if (names.length === 0) return '<p class="soft">None were drawn yet.</p>';
  const places = Array.from(
    { length: Math.min(GRIDS, names.length) },
    (_, i, all = Math.min(GRIDS, names.length)) =>
      all === 1 ? names.length - 1 : Math.round((i * (names.length - 1)) / (all - 1)),
  );
  let room = MAX_PICTURE_BYTES;
  const shown: string[] = [];
  for (const name of places.map((place) => names[place] ?? '').reverse()) {
    const file = path.join(samples, name);
    const bytes = await fs.readFile(file).catch((error: unknown) => {
      throw readProblem(error, file);
    });
    if (bytes.length > room) continue;
    room -= bytes.length;
    const step = Number(/\d+/.exec(name)?.[0]).toLocaleString('en-US');
    shown.unshift(
      `<figure><img alt="Samples at step ${step}" src="data:image/png;base64,${bytes.toString('base64')}"><figcaption>Step ${step}, one pass</figcaption></figure>`,
    );
  }
  if (shown.length === 0) return '<p class="soft">Its grids are too large for a report.</p>';
  return `<div class="pictures">${shown.join('\n')}</div>\n<p class="soft">Always from the same noise.</p>`;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await fs.readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw readProblem(error, folder);
  }
}

async function provenance(
  folder: string,
  { id, dataset, versions }: RunManifest,
  step: number,
  seed: number,
): Promise<string> {
  const hash = await weightsHash(folder, step, 'ema').catch(() => null);
  return [
    htmlFacts([
      ['Run', id],
      ['Training seed', String(seed)],
      ...(dataset === null ? [] : [['Fingerprint of the data set', dataset.fingerprint] as const]),
      ...(hash === null ? [] : [[`Averaged weights of step ${step}`, `sha256:${hash}`] as const]),
      [
        'Trained with',
        `CoVAE Studio ${versions.app}, TensorFlow ${versions.tensorflow}, tfjs ${versions.tfjs}`,
      ],
      ['Report by', `CoVAE Studio ${APP_VERSION}`],
    ]),
    `<p>Made again by <code>${escaped(`covae runs report ${shellWord(id)} --out ${shellWord(`${id}.html`)}`)}</code>.</p>`,
  ].join('\n');
}
