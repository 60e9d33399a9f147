/**
 * What a training offers to the command line and to the trainer process. `session.ts` implements it;
 * the types stand apart so that the window can know them without loading tensors.
 */
import type { ImageBatch } from '../data/dataset.ts';
import type { MetricsLine, RunManifest } from '../run/manifest.ts';
import type { Preset } from './config.ts';

/** What may be changed of a preset before a run starts. */
export interface PresetOverrides {
  steps?: number;
  batchSize?: number;
  learningRate?: number;
}

export interface CreateRunOptions {
  /** Library folder. */
  home: string;
  /** Name of a data set in the library. */
  dataset: string;
  preset: Preset;
  overrides?: PresetOverrides;
  /** Name of the run; default: `<dataset>-<preset>`. */
  name?: string;
  /** Default: 0. */
  seed?: number;
}

/** `createRun(options): Promise<RunManifest>` in session.ts writes the run folder; nothing is trained yet. */
export type CreateRun = (options: CreateRunOptions) => Promise<RunManifest>;

/** How far a training is; sent after every step. */
export interface TrainProgress extends MetricsLine {
  runId: string;
  steps: number;
  secondsLeft: number | null;
}

export type TrainEnd = 'finished' | 'stopped';

export interface TrainCallbacks {
  /** After each step. Throwing stops the training. */
  onProgress?: (progress: TrainProgress) => void;
  /** A new fixed-noise grid of one-step EMA samples (64 images) was written to `file`. */
  onSamples?: (step: number, images: ImageBatch, file: string) => void;
  onCheckpoint?: (step: number, folder: string) => void;
  /** Stops within a step; a checkpoint is written before `train` returns. */
  signal?: AbortSignal;
}

/** Where on the time axis a picture is encoded and decoded: an index into the final time steps, 1…N+1. */
export type TimeIndex = number;

export interface SampleOptions {
  count: number;
  seed: number;
  /** Network passes, 1 or more. */
  passes: number;
}

export interface InterpolationOptions {
  /** Positions between the two images, each 0 … 1. */
  positions: readonly number[];
  /** Default: the middle of the time steps. */
  timeIndex?: TimeIndex;
}

/** A trained (or training) model, ready to draw. All calls use the EMA weights. Pixels in and out are uint8. */
export interface Generator {
  readonly manifest: RunManifest;
  /** Step of the weights in use. */
  readonly step: number;
  /** Draws images from noise that depends on (seed, index of the image) only. */
  sample(options: SampleOptions): ImageBatch;
  /** Encodes each image at `timeIndex` (posterior mean) and decodes it again. Default index: 1. */
  reconstruct(images: ImageBatch, timeIndex?: TimeIndex): ImageBatch;
  /** Spherical path in latent space between the posterior means of two images (each a batch of 1). */
  interpolate(a: ImageBatch, b: ImageBatch, options: InterpolationOptions): ImageBatch;
  dispose(): void;
}

/** `openGenerator(runFolder): Promise<Generator>` in session.ts reads the newest checkpoint that verifies. */
export type OpenGenerator = (runFolder: string) => Promise<Generator>;

/** A run that is loaded with its data and can be trained. Its `generator` draws from the same weights, between steps. */
export interface TrainingSession {
  readonly manifest: RunManifest;
  readonly generator: Generator;
  readonly step: number;
  /**
   * Trains to the end or until the signal; gives the event loop a turn after every step, so that requests
   * to the generator are served meanwhile. May be called again after it returned `stopped`.
   */
  train(callbacks: TrainCallbacks): Promise<TrainEnd>;
  dispose(): void;
}

/** `openSession(home, runId, onPhase?): Promise<TrainingSession>` in session.ts. */
export type OpenSession = (
  home: string,
  runId: string,
  /** Told in few words what takes time before the first step. */
  onPhase?: (phase: string) => void,
) => Promise<TrainingSession>;
