/** `covae demo`: from nothing to a trained model and its samples. */
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import type { Command } from 'commander';
import type { PackedDataset } from '../../../core/data/packed.ts';
import { checkFolderName } from '../../../core/export/target.ts';
import { UserError } from '../../../core/errors.ts';
import { makeFolder, writeProblem } from '../../../core/files.ts';
import { runFolder } from '../../../core/library.ts';
import { checkOutput, type OutputOptions } from '../../../core/output.ts';
import { listRuns } from '../../../core/run/catalogue.ts';
import { categoriesOf } from '../../../core/config/objective.ts';
import { fitPresetToData, loadPreset } from '../../../core/config/presets.ts';
import { readMetrics, readRunManifest } from '../../../core/run/run-folder.ts';
import { SURER, unfittable } from '../../../core/explore/prior/fitted-prior.ts';
import type { Generator, SampleOptions } from '../../../core/explore/api.ts';
import type { TrainingSession, TrainProgress } from '../../../core/train/api.ts';
import type { ModelConfig, Preset } from '../../../core/config/model.ts';
import { formatDuration } from '../format.ts';
import { EXIT } from '../../exit-codes.ts';
import { forceOption, parsePath, wholeNumber } from '../options.ts';
import { formatLoss, type Output } from '../output.ts';
import type { Bind } from '../bind.ts';
import { sampleDataset } from '../sample.ts';
import { evenPositions } from './draw.ts';
import { minutesOption, stepsForMinutes, trainRun } from './train.ts';
import { countOf } from '../../../core/words.ts';

const RUN_NAME = 'demo';
/** What training may take where the machine is slow; with all that is drawn, below seven minutes. */
const MINUTES = 6.5;
const SEED = 0;
const SCALE = 3;
const COLUMNS = 8;
const RECONSTRUCTED = 32;
/** Images of the sample to go between: a 3 and an 8. */
const INTERPOLATED = { from: 3, to: 8, frames: 10 };

/** What is drawn, and as which files. */
const FILES = {
  'one-step samples': 'samples-1-pass.png',
  'two-step samples': 'samples-2-passes.png',
  reconstructions: 'reconstructions.png',
  interpolation: 'interpolation.png',
  'loss curve': 'loss.svg',
} as const;

interface DemoOptions extends OutputOptions {
  out: string;
  preset: string;
  steps?: number;
  minutes?: number;
  json?: boolean;
}

export function addDemoCommand(program: Command, bind: Bind): void {
  program
    .command('demo')
    .description(
      'Do the main job once: import the sample digits, train on them, draw samples, reconstructions and an ' +
        'interpolation, and the loss curve. An unfinished demo goes on where it stopped.',
    )
    .option('--out <dir>', 'folder for the images, the run and the data set', parsePath, 'demo')
    .option(
      '--preset <name>',
      'a preset that comes with the program, or a JSON file of your own',
      parsePath,
      'tiny',
    )
    .addOption(wholeNumber('--steps <n>', "number of steps, in place of the preset's", 1, 100_000_000))
    .addOption(
      minutesOption(
        `at most so long: fewer steps than the preset's where these would take longer here (default: ${MINUTES}, without --steps)`,
      ),
    )
    .addOption(forceOption())
    .option('--json', 'print JSON lines for machines instead of text')
    .action(bind(demo));
}

async function demo(output: Output, options: DemoOptions): Promise<number> {
  const started = performance.now();
  await checkFolderName(options.out, 'a folder');
  const home = path.resolve(options.out);
  const { force } = options;
  for (const name of Object.values(FILES)) checkOutput(path.join(home, name), { force });
  if (options.steps !== undefined && options.minutes !== undefined)
    throw new UserError('Give --minutes or --steps, not both.', { code: 'usage' });
  const preset = await loadPreset(options.preset);
  try {
    await makeFolder(home);
  } catch (error) {
    throw writeProblem(error, 'demo', home);
  }
  const dataset = await sampleDataset(output, home, 'choose another folder with --out');
  if (dataset === null) {
    output.result({ end: 'stopped' }, [], EXIT.STOPPED);
    return EXIT.STOPPED;
  }
  try {
    const config = configOf(preset, dataset, options.steps);
    const runId =
      (await unfinishedRun(home, config, options.steps)) ??
      (await newRun(home, dataset, preset, options.steps ?? (await fewerSteps(output, config, options))));
    const drawAndTell = async (session: TrainingSession, last: TrainProgress | null): Promise<void> => {
      output.phase('Drawing');
      const files = await drawAll(home, session.generator, dataset, { force });
      const metrics = await readMetrics(runFolder(home, runId));
      const final = last ?? metrics.at(-1) ?? null;
      const seconds = (performance.now() - started) / 1000;
      const summary = {
        run: runId,
        folder: runFolder(home, runId),
        steps: session.step,
        trainingSeconds: final?.seconds ?? null,
        seconds,
        loss: final?.loss ?? null,
        files,
      };
      const trained =
        final === null ? '' : ` in ${formatDuration(final.seconds)} to a loss of ${formatLoss(final.loss)}`;
      output.result(summary, [
        '',
        `Trained ${countOf(session.step, 'step')} on ${countOf(dataset.count, 'digit')}${trained}; ${formatDuration(seconds)} in all.`,
        ...Object.entries(files).map(([what, file]) => `  ${what.padEnd(16)} ${path.relative('', file)}`),
        `  ${'run'.padEnd(16)} ${path.relative('', summary.folder)}`,
      ]);
    };
    const { code } = await trainRun(output, home, runId, options.out, { afterwards: drawAndTell });
    return code;
  } finally {
    dataset.close();
  }
}

/** The configuration that the demo's run shall have. */
function configOf(preset: Preset, dataset: PackedDataset, steps: number | undefined): ModelConfig {
  const config = fitPresetToData(preset, dataset.record);
  return steps === undefined ? config : { ...config, training: { ...config.training, steps } };
}

/** Fewer steps than the preset's where those would take longer than asked; undefined where they fit. */
async function fewerSteps(
  output: Output,
  config: ModelConfig,
  { minutes = MINUTES }: DemoOptions,
): Promise<number | undefined> {
  const fitting = await stepsForMinutes(output, config, minutes);
  const own = config.training.steps;
  if (fitting >= own) return undefined;
  output.line(
    `The preset's ${countOf(own, 'step')} would take longer than ${formatDuration(60 * minutes)} on this machine, so it is ` +
      `trained for ${countOf(fitting, 'step')} (all of them with --steps ${own}).`,
  );
  return fitting;
}

/**
 * Id of a demo run of the same configuration that was stopped; null when there is none.
 *
 * @param steps that it has to have; default: any number, as it was measured then
 */
async function unfinishedRun(
  home: string,
  config: ModelConfig,
  steps: number | undefined,
): Promise<string | null> {
  for (const run of await listRuns(home)) {
    if (run.name !== RUN_NAME || run.problem !== null || run.seed !== SEED || run.step >= run.steps) continue;
    const { config: theirs } = await readRunManifest(runFolder(home, run.id));
    const training =
      steps === undefined ? { ...theirs.training, steps: config.training.steps } : theirs.training;
    if (isDeepStrictEqual({ ...theirs, training }, config)) return run.id;
  }
  return null;
}

async function newRun(
  home: string,
  dataset: PackedDataset,
  preset: Preset,
  steps: number | undefined,
): Promise<string> {
  const { createRun } = await import('../../../core/train/create-run.ts');
  const manifest = await createRun({
    home,
    dataset: dataset.record.name,
    preset,
    settings: steps === undefined ? {} : { 'training.steps': steps },
    name: RUN_NAME,
    exactName: true,
    seed: SEED,
  });
  return manifest.id;
}

/** Draws all images of the demo; what each is → its file. */
async function drawAll(
  home: string,
  generator: Generator,
  dataset: PackedDataset,
  { force }: OutputOptions,
): Promise<Record<string, string>> {
  const { exportGridPng, stackRows } = await import('../../../core/export/grid.ts');
  const { writeLossCurve } = await import('../../../core/export/chart/curve.ts');
  const { provenanceOf } = await import('../../../core/explore/provenance.ts');
  const { withPrior } = await import('../../../core/explore/prior/fit-prior.ts');
  const { drawDetails } = await import('../../../core/explore/draw-details.ts');
  const { manifest, step } = generator;
  const files: Record<string, string> = {};
  const target = (what: keyof typeof FILES): string => (files[what] = path.join(home, FILES[what]));

  const isFittable = unfittable(manifest.config) === null;
  const hasTemperature = categoriesOf(manifest.config.objective) === null;
  const { prior, temperature, laterTemperature } = SURER;
  const once: SampleOptions = {
    ...{ count: COLUMNS * COLUMNS, seed: SEED, passes: 1 },
    ...(isFittable && { prior, temperature }),
  };
  const ready = await withPrior(once, { home, modelNow: () => generator });
  for (const passes of [1, 2]) {
    const what = passes === 1 ? 'one-step samples' : 'two-step samples';
    const draw = { ...ready, passes, ...(passes > 1 && hasTemperature && { laterTemperature }) };
    const images = generator.sample(draw);
    await exportGridPng(target(what), images, {
      force,
      columns: COLUMNS,
      scale: SCALE,
      provenance: provenanceOf(manifest, step, drawDetails(draw)),
    });
  }

  const originals = await dataset.readImages(0, RECONSTRUCTED);
  const rows = stackRows([originals, generator.reconstruct(originals)], COLUMNS);
  await exportGridPng(target('reconstructions'), rows, {
    force,
    columns: COLUMNS,
    scale: SCALE,
    provenance: provenanceOf(manifest, step, { kind: 'reconstructions', from: 0, count: originals.count }),
  });

  const { from, to, frames } = INTERPOLATED;
  const strip = generator.interpolate(await dataset.readImages(from, 1), await dataset.readImages(to, 1), {
    positions: evenPositions(frames),
  });
  await exportGridPng(target('interpolation'), strip, {
    force,
    columns: frames,
    scale: SCALE,
    provenance: provenanceOf(manifest, step, { kind: 'interpolation', from, to, frames }),
  });

  const metrics = await readMetrics(runFolder(home, manifest.id));
  await writeLossCurve(target('loss curve'), metrics, `Loss of ${manifest.id}`, { force });
  return files;
}
