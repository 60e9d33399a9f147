/** An experiment from its recipe to its report. */
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { PackedDataset } from '../data/packed.ts';
import { stackRows, writeGridPng } from '../export/grid.ts';
import { type DrawingDetails, provenanceOf } from '../explore/provenance.ts';
import { evaluateRun } from '../evaluate/evaluation.ts';
import { evaluateOptions } from '../evaluate/options.ts';
import { useDataset } from '../library-locks.ts';
import { runFolder } from '../library.ts';
import { whileLocked } from '../lock.ts';
import { runHealth } from '../run/health.ts';
import { readMetrics, readRunManifest } from '../run/run-folder.ts';
import { readAlarms } from '../run/run-log.ts';
import type { ImageBatch } from '../data/dataset.ts';
import type { Generator, OpenGenerator } from '../explore/api.ts';
import { studyLatents } from './latents.ts';
import {
  chooseImages,
  type ChosenImages,
  firstImages,
  reconstructionError,
  someTimes,
  spreadRatio,
} from './measure.ts';
import { experimentName, planRuns } from './plan.ts';
import { measurementOf, type Recipe, type Size } from './recipe.ts';
import type { KeptFile } from './report/put-in-place.ts';
import { beginReport, checkReplaceable, REPORT_FILE, type ReportDraft } from './report/report.ts';
import { passesText, type RunResult } from './results.ts';
import { type DoneRun, type Trainer, trainRuns, type TrainRunsOptions } from './train-runs.ts';

/** Columns of the grids. */
const COLUMNS = 8;
/** Pixels that the side of an image in a grid is enlarged to, about. */
const CELL_PIXELS = 56;

export interface ExperimentOptions extends Omit<TrainRunsOptions, 'record'> {
  recipe: Recipe;
  size: Size;
  dataset: PackedDataset;
  firstSeed: number;
  /** Folder of the report; default: `experiments/<name>` in the library. */
  out?: string;
  trainer: Trainer & { openGenerator: OpenGenerator };
}

export interface ExperimentOutcome {
  /** The report's folder and page. */
  folder: string;
  report: string;
  runs: DoneRun[];
  /** Files of the person's own that were in the way of the report, and have another name now. */
  kept: KeptFile[];
}

/** Where the report of an experiment goes unless another place is named. */
export function reportFolder(home: string, recipe: Recipe, size: Size): string {
  return path.join(home, 'experiments', experimentName(recipe, size));
}

/**
 * Trains what is not trained yet, measures all runs and writes the report. What is there is found in the library, so a
 * stopped experiment goes on when it is started again.
 *
 * @returns null when the signal stopped it: trainings are saved, a report is not begun
 * @throws UserError in one sentence
 */
export async function runExperiment(options: ExperimentOptions): Promise<ExperimentOutcome | null> {
  const { home, recipe, dataset } = options;
  const use = useDataset(home, dataset.record.name, `is in use for the experiment ${recipe.name}`);
  return whileLocked(use, () => trainAndReport(options));
}

async function trainAndReport(options: ExperimentOptions): Promise<ExperimentOutcome | null> {
  const { home, recipe, size, dataset, firstSeed, trainer, signal } = options;
  const target = path.resolve(options.out ?? reportFolder(home, recipe, size));
  // Not after hours of training.
  await checkReplaceable(target);
  const { record } = dataset;
  const plan = await planRuns(recipe, size, record, firstSeed);
  const runs = await trainRuns(plan, trainer, { ...options, record });
  if (runs === null) return null;
  const draft = await beginReport(target);
  try {
    const chosen = await chooseImages(dataset, imagesNeeded(recipe, size), firstSeed);
    const results: RunResult[] = [];
    for (const [index, run] of runs.entries()) {
      options.onPhase?.(`Measuring run ${index + 1} of ${runs.length}, ${run.label}, seed ${run.seed}`);
      await turn();
      signal.throwIfAborted();
      results.push(await measureRun(run, chosen, draft, options));
    }
    options.onPhase?.('Writing the report');
    const kept = await draft.finish({ recipe, size, firstSeed, record, chosen, results });
    return { folder: target, report: path.join(target, REPORT_FILE), runs, kept };
  } catch (error) {
    if (signal.aborted) return null;
    throw error;
  } finally {
    await draft.discard();
  }
}

/** The largest number of images that a measurement asks for. */
function imagesNeeded({ measurements }: Recipe, size: Size): number {
  return Math.max(
    1,
    ...measurements.map((measurement) => {
      switch (measurement.kind) {
        case 'training':
        case 'evaluation':
        case 'samples':
          return 0;
        case 'reconstructions':
        case 'spread':
          return measurement.count[size];
        case 'reconstruction-error':
        case 'latents':
          return measurement.images[size];
      }
    }),
  );
}

async function measureRun(
  run: DoneRun,
  chosen: ChosenImages,
  draft: ReportDraft,
  options: ExperimentOptions,
): Promise<RunResult> {
  const folder = runFolder(options.home, run.id);
  const result: RunResult = {
    ...run,
    manifest: await readRunManifest(folder),
    step: 0,
    metrics: await readMetrics(folder),
    alarms: await readAlarms(folder),
    figures: [],
    reconstruction: [],
    spread: [],
    evaluations: [],
    latents: null,
  };
  const asksModel = options.recipe.measurements.some(({ kind }) => kind !== 'training');
  const { step, remarks } = await runHealth(folder);
  for (const remark of remarks) options.onRemark?.(run.id, remark);
  // A run that diverged at once has no weights to draw with.
  if (!asksModel || step === null || step === 0) return { ...result, step: step ?? 0 };
  const model = await options.trainer.openGenerator(folder);
  try {
    result.step = model.step;
    await drawFigures(model, result, chosen, draft, options);
    await measureModel(model, result, chosen, options);
  } finally {
    model.dispose();
  }
  return result;
}

async function drawFigures(
  model: Generator,
  result: RunResult,
  chosen: ChosenImages,
  draft: ReportDraft,
  { recipe, size, firstSeed: seed, signal }: ExperimentOptions,
): Promise<void> {
  const keep = async (
    title: string,
    name: string,
    images: ImageBatch,
    details: DrawingDetails,
    columns = COLUMNS,
  ) => {
    const file = `${result.arm}-seed${result.seed}-${name}.png`;
    await writeGridPng(path.join(draft.folder, file), images, {
      columns,
      scale: Math.max(1, Math.round(CELL_PIXELS / images.width)),
      provenance: provenanceOf(model.manifest, model.step, details),
    });
    result.figures.push({ title, file });
    await turn();
    signal.throwIfAborted();
  };
  const samples = measurementOf(recipe, 'samples');
  for (const passes of samples?.passes ?? []) {
    const count = samples?.count[size] ?? 0;
    const title = `Samples, ${passesText(passes)}`;
    const details = { kind: 'samples', seed, passes, count };
    await keep(title, `samples-${passes}`, model.sample({ count, seed, passes }), details);
  }
  const reconstructions = measurementOf(recipe, 'reconstructions');
  if (reconstructions !== null) {
    const images = firstImages(chosen, reconstructions.count[size], model);
    const columns = Math.min(COLUMNS, images.count);
    const rows = stackRows([images, model.reconstruct(images)], columns);
    const title = 'Reconstructions (images above, reconstructions below)';
    await keep(title, 'reconstructions', rows, { kind: 'reconstructions', count: images.count }, columns);
  }
}

async function measureModel(
  model: Generator,
  result: RunResult,
  chosen: ChosenImages,
  { home, recipe, size, firstSeed: seed, signal, onRemark }: ExperimentOptions,
): Promise<void> {
  const error = measurementOf(recipe, 'reconstruction-error');
  if (error !== null) {
    const images = firstImages(chosen, error.images[size], model);
    const times = someTimes(model, error.times[size]);
    result.reconstruction = await reconstructionError(model, images, times, signal);
  }
  const spread = measurementOf(recipe, 'spread');
  for (const passes of spread?.passes ?? []) {
    const images = firstImages(chosen, spread?.count[size] ?? 0, model);
    result.spread.push({ passes, ratio: await spreadRatio(model, images, { passes, seed }, signal) });
  }
  const evaluation = measurementOf(recipe, 'evaluation');
  if (evaluation !== null) {
    const { extractor, passes, count } = evaluation;
    const asked = { extractor, passes, count: count[size], seed, reconstructions: 0 };
    result.evaluations = await evaluateRun(
      home,
      result.id,
      evaluateOptions({ protocol: 'standard', ...asked }),
      {
        ...{ signal, model },
        onWarning: (sentence) => onRemark?.(result.id, sentence),
      },
    );
  }
  const latents = measurementOf(recipe, 'latents');
  if (latents !== null) {
    const images = firstImages(chosen, latents.images[size], model);
    result.latents = await studyLatents(model, images, {
      indices: chosen.indices.slice(0, images.count),
      classes: chosen.classes && chosen.classes.slice(0, images.count),
      times: someTimes(model, latents.times[size]),
      perplexity: latents.perplexity,
      seed,
      follow: latents.trajectories[size],
      signal,
    });
  }
}
