/** A training from its run folder: creates runs, trains and resumes them, opens them for drawing. */
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { denoiserLossOf } from '../config/objective.ts';
import { covaeModel, type CovaeModel } from '../covae/model.ts';
import type { ImageBatch } from '../data/dataset.ts';
import { openDataset, type PackedDataset } from '../data/packed.ts';
import { UserError } from '../errors.ts';
import { ProgramGenerator } from '../explore/generator.ts';
import { INFERENCE_STATE, inferenceFunctions } from '../explore/inference-functions.ts';
import { binarise, pixelRange } from '../explore/pixels.ts';
import { writeGridPng } from '../export/grid.ts';
import { provenanceOf } from '../explore/provenance.ts';
import { readNewestCheckpoint, writeCheckpoint } from '../run/checkpoint.ts';
import { newRunId, runFolder } from '../library.ts';
import type { RunManifest } from '../run/manifest.ts';
import { findDataset, runDatasetOf, sameDataset } from '../run/run-dataset.ts';
import { splitImages, type SplitImages } from './split-images.ts';
import { configForRun } from '../config/override.ts';
import { openRunLog, type RunLog } from '../run/run-log.ts';
import { createRunFolder, openMetricsLog, readRunManifest } from '../run/run-folder.ts';
import { readDatasetRecord } from '../data/catalogue.ts';
import { compileProgram } from '../tensor/compile.ts';
import type { Program } from '../tensor/program.ts';
import { libraryVersion } from '../tensor/tf.ts';
import { APP_VERSION } from '../version.ts';
import type { Generator } from '../explore/api.ts';
import type { CreateRunOptions, TrainCallbacks, TrainEnd, TrainingSession, TrainProgress } from './api.ts';
import { BatchDraws, type BatchDraw, drawnLabels } from './batches.ts';
import { diagnose, MOST_IMAGES } from './diagnostics/diagnose.ts';
import { Watch } from './diagnostics/watch.ts';
import type { Alarm, RowLosses } from '../run/diagnostics.ts';
import { learningRateAt } from '../schedule/learning-rate.ts';
import { openProgram } from './open-program.ts';
import { namingMemory } from './out-of-memory.ts';
import {
  asInitial,
  fromCheckpoint,
  initialVectors,
  stateNames,
  toCheckpoint,
  type Progress,
  type Vectors,
} from './state.ts';
import { StepRate } from './step-rate.ts';
import type { BatchData, Stepper } from './stepper.ts';

/** Images in the grid that is drawn from the same noise again and again while a run learns. */
const GRID_IMAGES = 64;
const GRID_COLUMNS = 8;

/**
 * Makes a run folder for a data set and a preset; nothing is trained yet.
 * @throws UserError when the data set is missing, the preset does not suit its images, or the folder cannot be written
 */
export async function createRun(options: CreateRunOptions): Promise<RunManifest> {
  const { home, preset, settings, seed = 0 } = options;
  const record = await readDatasetRecord(home, options.dataset);
  const config = configForRun(preset, record, settings);
  const name = options.name ?? `${record.name}-${preset.name}`.slice(0, 64);
  const { tensorflow, tfjs } = libraryVersion();
  const manifest: RunManifest = {
    format: 'covae-run',
    version: 1,
    id: newRunId(name),
    name,
    createdAt: new Date().toISOString(),
    preset: preset.name,
    seed,
    dataset: runDatasetOf(record),
    config,
    parameters: covaeModel(config.network, config.objective).plan.layout.size,
    versions: { app: APP_VERSION, tensorflow, tfjs },
  };
  await createRunFolder(home, manifest);
  return manifest;
}

/**
 * Loads a run with its data, ready to be trained from its newest checkpoint that verifies, or from the start.
 * @param onPhase told in few words what takes time
 * @param options.learningRate in place of the configured one, from here on (kept in the run's checkpoints)
 * @param options.dumpGraph folder to leave the compiled graph in
 * @throws UserError when the run, its data set or all its checkpoints are missing or damaged
 */
export async function openSession(
  home: string,
  runId: string,
  onPhase: (phase: string) => void = () => undefined,
  options: { learningRate?: number; dumpGraph?: string } = {},
): Promise<TrainingSession> {
  const folder = runFolder(home, runId);
  const manifest = await readRunManifest(folder);
  onPhase('Reading the data set');
  const expected = await findDataset(home, manifest);
  const { name } = expected;
  const dataset = await openDataset(home, name);
  try {
    if (!sameDataset(dataset.record, expected)) {
      throw new UserError(
        `The data set "${name}" is no longer the one that the run ${runId} was trained on; import the old images under that name again, or start a new run.`,
      );
    }
    // In memory, so that reading a batch does not wait for the disk; very large sets stay on it.
    if (dataset.fitsInMemory) await dataset.all();
    const labels = manifest.config.network.classes > 0 ? await dataset.labels() : null;
    const split = splitImages(dataset.count, await dataset.split());
    const model = covaeModel(manifest.config.network, manifest.config.objective);
    onPhase('Reading the checkpoint');
    const checkpoint = await readNewestCheckpoint(folder);
    const start: { vectors: Vectors; progress: Progress } = checkpoint
      ? fromCheckpoint(model, checkpoint)
      : {
          vectors: initialVectors(model, manifest.seed),
          progress: { step: 0, seconds: 0, learningRateFactor: 1, optimizerFrom: 0 },
        };
    if (options.learningRate !== undefined) {
      start.progress.learningRateFactor = options.learningRate / manifest.config.training.learningRate;
    }
    onPhase('Compiling the network');
    // Compiling blocks this thread; let the word get out first.
    await turn();
    const { vectors, progress } = start;
    const { program, stepper } = openProgram(model, manifest.config, vectors, progress.step, {
      optimizerFrom: progress.optimizerFrom,
      ...(options.dumpGraph !== undefined && { dumpDir: options.dumpGraph }),
    });
    return new Session(manifest, folder, { dataset, labels, split }, model, program, stepper, progress);
  } catch (error) {
    dataset.close();
    throw await namingMemory(error, manifest.config);
  }
}

/**
 * Opens a run for drawing with the weights of its newest checkpoint that verifies.
 * @param options.dumpGraph folder to leave the compiled graph in
 * @throws UserError when the run is missing or damaged, or has no checkpoint yet
 */
export async function openGenerator(
  folder: string,
  options: { dumpGraph?: string } = {},
): Promise<Generator> {
  const manifest = await readRunManifest(folder);
  const checkpoint = await readNewestCheckpoint(folder);
  if (!checkpoint) {
    throw new UserError(`The run ${manifest.id} has no checkpoint yet; train it for a while first.`);
  }
  const model = covaeModel(manifest.config.network, manifest.config.objective);
  const { vectors } = fromCheckpoint(model, checkpoint, INFERENCE_STATE);
  const program = compileProgram(asInitial(vectors), inferenceFunctions(model), {
    origin: { network: manifest.config.network, objective: manifest.config.objective },
    ...(options.dumpGraph !== undefined && { dumpDir: options.dumpGraph }),
  });
  return new ProgramGenerator(
    manifest,
    program,
    () => checkpoint.step,
    () => program.dispose(),
  );
}

class Session implements TrainingSession {
  readonly generator: Generator;
  private readonly draws: BatchDraws;
  private savedAt: number;

  constructor(
    readonly manifest: RunManifest,
    private readonly folder: string,
    private readonly data: {
      dataset: PackedDataset;
      labels: ArrayLike<number> | null;
      split: SplitImages;
    },
    private readonly model: CovaeModel,
    private readonly program: Program,
    private readonly stepper: Stepper,
    private readonly progress: Progress,
  ) {
    this.draws = new BatchDraws(manifest.config, manifest.seed, data.split.training);
    this.savedAt = progress.step;
    this.generator = new ProgramGenerator(
      manifest,
      program,
      () => this.progress.step,
      () => undefined,
    );
  }

  get step(): number {
    return this.progress.step;
  }

  async train(callbacks: TrainCallbacks): Promise<TrainEnd> {
    const { steps, logEvery, sampleEvery, checkpointEvery } = this.manifest.config.training;
    const log = openMetricsLog(this.folder, this.step);
    const runLog = openRunLog(this.folder, this.step);
    const watch = new Watch(this.manifest.config, this.progress.optimizerFrom);
    const sound = (alarms: readonly Alarm[]) => {
      for (const alarm of alarms) {
        runLog.alarm(alarm);
        callbacks.onAlarm?.(alarm);
      }
    };
    const rate = new StepRate();
    try {
      while (this.step < steps && !callbacks.signal?.aborted) {
        const { applied, line, rows } = this.takeStep(rate);
        sound(watch.afterStep(this.step, line, rows));
        if (!applied) {
          await this.save(callbacks);
          return 'diverged';
        }
        const isLast = this.step === steps;
        if (this.step % logEvery === 0 || isLast) log.append(lineOf(line));
        callbacks.onProgress?.(line);
        if (this.step % sampleEvery === 0 || isLast) {
          const samples = await this.drawGrid(callbacks);
          sound(watch.afterDiagnostics(await this.diagnose(samples, runLog, callbacks)));
        }
        if (this.step % checkpointEvery === 0) await this.save(callbacks);
        // A macrotask, so that messages and signals get in between two steps.
        await turn();
      }
      await this.save(callbacks);
      return this.step < steps ? 'stopped' : 'finished';
    } catch (error) {
      throw await namingMemory(error, this.manifest.config);
    } finally {
      log.close();
      runLog.close();
    }
  }

  dispose(): void {
    this.program.dispose();
    this.data.dataset.close();
  }

  /** One step; where it was not finite nothing has changed, and it is not counted. */
  private takeStep(rate: StepRate): { applied: boolean; line: TrainProgress; rows: RowLosses } {
    const { config, id } = this.manifest;
    const { objective, training } = config;
    const draw = this.draws.at(this.step);
    const learningRate = learningRateAt(training, this.step) * this.progress.learningRateFactor;
    const report = this.stepper.take(this.step, learningRate, draw, this.batch(draw));
    if (report.applied) this.progress.step++;
    this.progress.seconds += rate.tick();
    const perSecond = rate.perSecond();
    const { metrics } = report;
    const isCode = objective.variant === 's-covae';
    return {
      applied: report.applied,
      rows: { t: draw.t, rec: report.rec, kl: report.latent },
      line: {
        runId: id,
        steps: training.steps,
        step: this.step,
        loss: metrics.loss,
        recLoss: metrics.recLoss,
        denoiserLoss: denoiserLossOf(objective) === null ? null : metrics.denoiserLoss,
        klLoss: isCode ? null : metrics.klLoss,
        ...(isCode && { norm: metrics.norm, codeStd: metrics.codeStd }),
        ...(objective.adversarial && {
          generatorLoss: metrics.generatorLoss,
          discriminatorLoss: metrics.discriminatorLoss,
        }),
        gradNorm: report.gradNorm,
        learningRate,
        intervals: draw.intervals,
        stepsPerSecond: perSecond ?? 0,
        seconds: this.progress.seconds,
        secondsLeft: perSecond ? (training.steps - this.step) / perSecond : null,
      },
    };
  }

  /** The batch's images as the networks take them, mirrored where the draw says so, and their classes. */
  private batch(draw: BatchDraw): BatchData {
    const { network, objective, training } = this.manifest.config;
    const { dataset, labels } = this.data;
    const pixels = dataset.readAt(draw.images);
    if (training.binarise) binarise(pixels);
    const x = pixelRange(objective).toNetwork(pixels);
    const row = network.imageSize * network.channels;
    draw.flipped.forEach((flipped, image) => {
      const start = image * network.imageSize * row;
      if (flipped) mirror(x.subarray(start, start + network.imageSize * row), row, network.channels);
    });
    return {
      x,
      labels: labels && drawnLabels(draw, labels, network.classes),
    };
  }

  private async drawGrid({ onSamples }: TrainCallbacks): Promise<ImageBatch> {
    const images = this.generator.sample({ count: GRID_IMAGES, seed: this.manifest.seed, passes: 1 });
    const name = `step-${String(this.step).padStart(8, '0')}.png`;
    const file = path.join(this.folder, 'samples', name);
    await writeGridPng(file, images, {
      columns: GRID_COLUMNS,
      provenance: provenanceOf(this.manifest, this.step, {
        kind: 'samples',
        seed: this.manifest.seed,
        passes: 1,
      }),
    });
    onSamples?.(this.step, images, file);
    return images;
  }

  /**
   * Measures the model over t: on images held out of training where there are enough, else on any, spread over the
   * data set, since neighbours are often of one class.
   */
  private async diagnose(samples: ImageBatch, log: RunLog, { onDiagnostics }: TrainCallbacks) {
    const { dataset, split } = this.data;
    const indices = split.measured(MOST_IMAGES);
    const count = indices.length;
    const data = dataset.readAt(indices);
    if (this.manifest.config.training.binarise) binarise(data);
    const { height, width, channels } = dataset.record;
    const images = { count, height, width, channels, data };
    const diagnostics = await diagnose(this.generator, images, this.step, samples);
    log.diagnostics(diagnostics);
    onDiagnostics?.(diagnostics);
    return diagnostics;
  }

  private async save({ onCheckpoint }: TrainCallbacks): Promise<void> {
    if (this.savedAt === this.step) return;
    const names = stateNames(this.model);
    const state = this.program.readState(names);
    const vectors = Object.fromEntries(names.map((name) => [name, state[name]?.data])) as Vectors;
    const contents = toCheckpoint(this.model, vectors, this.progress);
    const written = await writeCheckpoint(this.folder, this.step, contents);
    this.savedAt = this.step;
    onCheckpoint?.(this.step, written);
  }
}

function lineOf({ runId: _, steps: __, secondsLeft: ___, ...line }: TrainProgress) {
  return line;
}

/** Mirrors an image left to right, in place. */
function mirror(image: Float32Array, row: number, channels: number): void {
  for (let start = 0; start < image.length; start += row) {
    for (let left = 0, right = row - channels; left < right; left += channels, right -= channels) {
      for (let c = 0; c < channels; c++) {
        const kept = image[start + left + c] ?? 0;
        image[start + left + c] = image[start + right + c] ?? 0;
        image[start + right + c] = kept;
      }
    }
  }
}
