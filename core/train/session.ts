/** A training from its run folder: creates runs, trains and resumes them, opens them for drawing. */
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { covaeModel } from '../covae/model.ts';
import { openDataset, type PackedDataset } from '../data/packed.ts';
import { UserError } from '../errors.ts';
import { ProgramGenerator } from '../explore/generator.ts';
import { toUnitRange } from '../explore/pixels.ts';
import { writeGridPng } from '../export/grid.ts';
import { provenanceOf } from '../export/provenance.ts';
import type { ParameterLayout } from '../nn/parameters.ts';
import { readNewestCheckpoint, writeCheckpoint } from '../run/checkpoint.ts';
import { newRunId, runFolder } from '../library.ts';
import type { RunManifest } from '../run/manifest.ts';
import { fitPresetToData } from '../run/presets.ts';
import { createRunFolder, openMetricsLog, readRunManifest } from '../run/run-folder.ts';
import { checkValue } from '../json-file.ts';
import { readDatasetRecord } from '../data/catalogue.ts';
import { compileProgram } from '../tensor/compile.ts';
import type { Program } from '../tensor/program.ts';
import { libraryVersion } from '../tensor/tf.ts';
import { APP_VERSION } from '../version.ts';
import type {
  CreateRunOptions,
  Generator,
  TrainCallbacks,
  TrainEnd,
  TrainingSession,
  TrainProgress,
} from './api.ts';
import { BatchDraws, type BatchDraw } from './batches.ts';
import { ModelConfigSchema } from './config.ts';
import { learningRateAt } from './learning-rate.ts';
import { METRICS, runFunctions } from './program.ts';
import { radamScalars } from './radam.ts';
import { asInitial, fromCheckpoint, initialVectors, toCheckpoint } from './state.ts';
import { StepRate } from './step-rate.ts';

/** Images in the grid that is drawn from the same noise again and again while a run learns. */
const GRID_IMAGES = 64;
const GRID_COLUMNS = 8;

/**
 * Makes a run folder for a data set and a preset; nothing is trained yet.
 * @throws UserError when the data set is missing, the preset does not suit its images, or the folder cannot be written
 */
export async function createRun(options: CreateRunOptions): Promise<RunManifest> {
  const { home, preset, overrides = {}, seed = 0 } = options;
  const record = await readDatasetRecord(home, options.dataset);
  const fitted = fitPresetToData(preset, record);
  const { steps, batchSize, learningRate } = overrides;
  const config = checkValue(
    ModelConfigSchema,
    {
      ...fitted,
      training: {
        ...fitted.training,
        ...(steps !== undefined && { steps }),
        ...(batchSize !== undefined && { batchSize }),
        ...(learningRate !== undefined && { learningRate }),
      },
    },
    `Preset "${preset.name}"`,
  );
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
    dataset: { name: record.name, fingerprint: record.fingerprint, count: record.count },
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
 * @throws UserError when the run, its data set or all its checkpoints are missing or damaged
 */
export async function openSession(
  home: string,
  runId: string,
  onPhase: (phase: string) => void = () => undefined,
): Promise<TrainingSession> {
  const folder = runFolder(home, runId);
  const manifest = await readRunManifest(folder);
  onPhase('Reading the data set');
  const dataset = await openDataset(home, manifest.dataset.name);
  try {
    if (dataset.record.fingerprint !== manifest.dataset.fingerprint) {
      throw new UserError(
        `The data set "${manifest.dataset.name}" is no longer the one that the run ${runId} was trained on; import the old images under that name again, or start a new run.`,
      );
    }
    // In memory, so that reading a batch does not wait for the disk; very large sets stay on it.
    if (dataset.fitsInMemory) await dataset.all();
    const { layout } = covaeModel(manifest.config.network, manifest.config.objective).plan;
    onPhase('Reading the checkpoint');
    const checkpoint = await readNewestCheckpoint(folder);
    const start = checkpoint
      ? fromCheckpoint(layout, checkpoint)
      : { vectors: initialVectors(layout, manifest.seed), progress: { step: 0, seconds: 0 } };
    onPhase('Compiling the network');
    // Compiling blocks this thread; let the word get out first.
    await turn();
    const program = compileProgram(
      asInitial(start.vectors),
      runFunctions(manifest.config, { training: true }),
    );
    return new Session(manifest, folder, dataset, layout, program, start.progress);
  } catch (error) {
    dataset.close();
    throw error;
  }
}

/**
 * Opens a run for drawing with the averaged weights of its newest checkpoint that verifies.
 * @throws UserError when the run is missing or damaged, or has no checkpoint yet
 */
export async function openGenerator(folder: string): Promise<Generator> {
  const manifest = await readRunManifest(folder);
  const checkpoint = await readNewestCheckpoint(folder);
  if (!checkpoint) {
    throw new UserError(`The run ${manifest.id} has no checkpoint yet; train it for a while first.`);
  }
  const { layout } = covaeModel(manifest.config.network, manifest.config.objective).plan;
  const { ema } = fromCheckpoint(layout, checkpoint).vectors;
  const program = compileProgram(asInitial({ ema }), runFunctions(manifest.config, { training: false }));
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
  private currentStep: number;
  private seconds: number;

  constructor(
    readonly manifest: RunManifest,
    private readonly folder: string,
    private readonly dataset: PackedDataset,
    private readonly layout: ParameterLayout,
    private readonly program: Program,
    progress: { step: number; seconds: number },
  ) {
    this.draws = new BatchDraws(manifest.config, manifest.seed, manifest.dataset.count);
    this.currentStep = progress.step;
    this.savedAt = progress.step;
    this.seconds = progress.seconds;
    this.generator = new ProgramGenerator(
      manifest,
      program,
      () => this.currentStep,
      () => undefined,
    );
  }

  get step(): number {
    return this.currentStep;
  }

  async train(callbacks: TrainCallbacks): Promise<TrainEnd> {
    const { steps, logEvery, sampleEvery, checkpointEvery } = this.manifest.config.training;
    const log = openMetricsLog(this.folder, this.currentStep);
    const rate = new StepRate();
    try {
      while (this.currentStep < steps && !callbacks.signal?.aborted) {
        const progress = this.takeStep(rate);
        const isLast = this.currentStep === steps;
        if (this.currentStep % logEvery === 0 || isLast) log.append(lineOf(progress));
        callbacks.onProgress?.(progress);
        if (this.currentStep % sampleEvery === 0 || isLast) await this.drawGrid(callbacks);
        if (this.currentStep % checkpointEvery === 0) await this.save(callbacks);
        // A macrotask, so that messages and signals get in between two steps.
        await turn();
      }
      await this.save(callbacks);
      return this.currentStep < steps ? 'stopped' : 'finished';
    } finally {
      log.close();
    }
  }

  dispose(): void {
    this.program.dispose();
    this.dataset.close();
  }

  private takeStep(rate: StepRate): TrainProgress {
    const { config, id } = this.manifest;
    const draw = this.draws.at(this.currentStep);
    const pixels = this.pixels(draw);
    const learningRate = learningRateAt(config.training, this.currentStep);
    const { stepSize, rectified } = radamScalars(this.currentStep + 1, learningRate);
    const { metrics } = this.program.call('trainStep', {
      x: pixels,
      t: draw.t,
      r: draw.r,
      first: draw.first,
      noiseSeed: draw.noiseSeed,
      dropoutSeed: draw.dropoutSeed,
      stepSize: Float32Array.of(stepSize),
      rectified: Float32Array.of(rectified),
    });
    const value = (name: (typeof METRICS)[number]): number => metrics?.data[METRICS.indexOf(name)] ?? NaN;
    if (!Number.isFinite(value('loss')) || !Number.isFinite(value('gradNorm'))) {
      throw new UserError(
        `The training diverged at step ${this.currentStep} (${Number.isFinite(value('loss')) ? 'the gradient' : 'the loss'} is not finite); the checkpoint of step ${this.savedAt} is kept, start again with a lower learning rate.`,
      );
    }
    this.currentStep++;
    this.seconds += rate.tick();
    const perSecond = rate.perSecond();
    return {
      runId: id,
      steps: config.training.steps,
      step: this.currentStep,
      loss: value('loss'),
      recLoss: value('recLoss'),
      denoiserLoss: config.objective.denoiserLoss === null ? null : value('denoiserLoss'),
      klLoss: value('klLoss'),
      gradNorm: value('gradNorm'),
      learningRate,
      intervals: draw.intervals,
      stepsPerSecond: perSecond ?? 0,
      seconds: this.seconds,
      secondsLeft: perSecond ? (config.training.steps - this.currentStep) / perSecond : null,
    };
  }

  /** The batch's images as [−1, 1], mirrored where the draw says so. */
  private pixels(draw: BatchDraw): Float32Array {
    const { imageSize, channels } = this.manifest.config.network;
    const x = toUnitRange(this.dataset.readAt(draw.images));
    const row = imageSize * channels;
    draw.flipped.forEach((flipped, image) => {
      if (flipped) mirror(x.subarray(image * imageSize * row, (image + 1) * imageSize * row), row, channels);
    });
    return x;
  }

  private async drawGrid({ onSamples }: TrainCallbacks): Promise<void> {
    const images = this.generator.sample({ count: GRID_IMAGES, seed: this.manifest.seed, passes: 1 });
    const name = `step-${String(this.currentStep).padStart(8, '0')}.png`;
    const file = path.join(this.folder, 'samples', name);
    await writeGridPng(file, images, {
      columns: GRID_COLUMNS,
      provenance: provenanceOf(this.manifest, this.currentStep, {
        kind: 'samples',
        seed: this.manifest.seed,
        passes: 1,
      }),
    });
    onSamples?.(this.currentStep, images, file);
  }

  private async save({ onCheckpoint }: TrainCallbacks): Promise<void> {
    if (this.savedAt === this.currentStep) return;
    const progress = { step: this.currentStep, seconds: this.seconds };
    const written = await writeCheckpoint(
      this.folder,
      this.currentStep,
      toCheckpoint(this.layout, this.program, progress),
    );
    this.savedAt = this.currentStep;
    onCheckpoint?.(this.currentStep, written);
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
