/** The report of an experiment: a folder with a page, tables, plots and images, written whole. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { sentenceOf, UserError } from '../../errors.ts';
import { toSvg } from '../../export/chart/svg.ts';
import {
  errorCode,
  makeFolder,
  readProblem,
  removeAbandoned,
  syncFolder,
  temporaryBeside,
  writeNewFile,
  writeProblem,
} from '../../files.ts';
import { readText } from '../../read-file.ts';
import { APP_VERSION } from '../../version.ts';
import type { Chart } from '../charts/chart.ts';
import { chartsOf } from '../charts/charts.ts';
import { measurementOf } from '../recipe.ts';
import { quantitiesOf, summarizeArms } from '../results.ts';
import type { ReportContents } from './contents.ts';
import { page } from './page.ts';
import { type KeptFile, noteFiles, putInPlace } from './put-in-place.ts';
import { dataCsvs, type Row, summaryCsv, tableCsv } from './tables.ts';

export const REPORT_FILE = 'report.md';
const RESULTS_FILE = 'results.json';
const RESULTS_FORMAT = 'covae-experiment-report';

/**
 * A report's folder in the making: images go into `folder`, `finish` adds the rest and puts it into its place.
 */
export interface ReportDraft {
  /** Temporary, beside the target. */
  folder: string;
  /** Writes plots, tables and page, and replaces an older report. @returns files of the person's own that were in the way */
  finish(contents: ReportContents): Promise<KeptFile[]>;
  /** Removes what was written; of no effect after `finish`. */
  discard(): Promise<void>;
}

/**
 * Begins a report.
 *
 * @param asked its folder: it may hold an older report, which stays until the new one is finished
 * @throws UserError when there is something else in the target or the disk refuses
 */
export async function beginReport(asked: string): Promise<ReportDraft> {
  await checkReplaceable(asked);
  // A link stays one.
  const target = await fs.realpath(asked).catch(() => asked);
  const folder = temporaryBeside(target);
  try {
    removeAbandoned(target);
    await makeFolder(folder);
  } catch (error) {
    throw writeProblem(error, 'report', target);
  }
  return {
    folder,
    async finish(contents) {
      try {
        await writeContents(folder, contents);
        await noteFiles(folder);
        await syncFolder(folder);
        return await putInPlace(folder, target);
      } catch (error) {
        throw writeProblem(error, 'report', target);
      }
    },
    async discard() {
      await fs.rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Refuses a target that is neither free nor a report: finishing would remove what is in it.
 *
 * @throws UserError
 */
export async function checkReplaceable(target: string): Promise<void> {
  let names: string[];
  try {
    names = await fs.readdir(target);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return;
    if (errorCode(error) === 'ENOTDIR')
      throw new UserError(`${target} is a file; choose a folder for the report.`, {
        code: 'exists',
        file: target,
      });
    throw readProblem(error, target);
  }
  if (names.length > 0 && !(await isReport(target))) {
    throw new UserError(
      `${target} has something in it that is no report of an experiment; choose a new folder, so that nothing is lost.`,
      { code: 'exists', file: target },
    );
  }
}

async function isReport(folder: string): Promise<boolean> {
  try {
    const content: unknown = JSON.parse(await readText(path.join(folder, RESULTS_FILE)));
    return (
      typeof content === 'object' &&
      content !== null &&
      'format' in content &&
      content.format === RESULTS_FORMAT
    );
  } catch {
    return false;
  }
}

async function writeContents(folder: string, contents: ReportContents): Promise<void> {
  const { recipe, results } = contents;
  const write = (name: string, text: string) => writeNewFile(path.join(folder, name), text);
  const withTraining = measurementOf(recipe, 'training') !== null;
  const rows = results.map((result) => ({ result, quantities: quantitiesOf(result, withTraining) }));
  const charts = recipe.plots.flatMap((plot) => chartsOf(plot, results));
  for (const { file, title, spec } of charts) {
    await write(`${file}.svg`, await drawn(title, spec));
  }
  await write('table.csv', tableCsv(rows));
  await write('summary.csv', summaryCsv(rows));
  for (const [name, text] of Object.entries(dataCsvs(results))) await write(name, text);
  await write(RESULTS_FILE, `${JSON.stringify(resultsJson(contents, rows), null, 1)}\n`);
  await write(REPORT_FILE, page(contents, rows, charts));
}

async function drawn(title: string, spec: Chart['spec']): Promise<string> {
  try {
    return `${await toSvg(spec)}\n`;
  } catch (error) {
    throw new Error(`the plot "${title}" could not be drawn: ${sentenceOf(error)}`, { cause: error });
  }
}

/** What another program may want to know. Latents are in latents.csv. */
function resultsJson({ recipe, size, firstSeed, record, chosen }: ReportContents, rows: readonly Row[]) {
  return {
    format: RESULTS_FORMAT,
    version: 1,
    createdAt: new Date().toISOString(),
    app: APP_VERSION,
    recipe,
    size,
    firstSeed,
    dataset: { name: record.name, fingerprint: record.fingerprint, count: record.count },
    // Numbers of the images in the data set that runs were measured on, and of how many that are held out, if any are.
    measuredOn: { heldOut: chosen.heldOut, images: chosen.indices },
    runs: rows.map(({ result, quantities }) => ({
      id: result.id,
      arm: result.arm,
      seed: result.seed,
      end: result.end,
      step: result.step,
      versions: result.manifest.versions,
      config: result.manifest.config,
      alarms: result.alarms,
      quantities: Object.fromEntries(quantities.map(({ id, value }) => [id, value])),
    })),
    summary: summarizeArms(rows),
  };
}
