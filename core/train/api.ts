/**
 * What a training offers to the command line and to the trainer process. `session.ts` implements it;
 * the types stand apart so that the window can know them without loading tensors.
 */
import type { ImageBatch } from '../data/dataset.ts';
import type { MetricsLine, RunManifest } from '../run/manifest.ts';
import type { Preset } from './config.ts';
import type { Alarm, Diagnostics } from './diagnostics/api.ts';

/** What may be changed of a preset before a run starts. */
export interface PresetOverrides {
  steps?: number;
  batchSize?: number;
  learningRate?: number;
  /** Any settings, by dotted keys such as `objective.denoiserLoss`. */
  set?: Readonly<Record<string, unknown>>;
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

/**
 * How a call of `train` ended. `diverged`: a step was not finite; the weights before it are kept and saved, and
 * {@link TrainingSession.train} can go on from them, better with a lower learning rate.
 */
export type TrainEnd = 'finished' | 'stopped' | 'diverged';

export interface TrainCallbacks {
  /** After each step. Throwing stops the training. */
  onProgress?: (progress: TrainProgress) => void;
  /** A new fixed-noise grid of one-step EMA samples (64 images) was written to `file`. */
  onSamples?: (step: number, images: ImageBatch, file: string) => void;
  onCheckpoint?: (step: number, folder: string) => void;
  /** Something looks wrong; also written to the run's alarms.jsonl. */
  onAlarm?: (alarm: Alarm) => void;
  /** Measured every `sampleEvery` steps; also written to the run's diagnostics.jsonl. */
  onDiagnostics?: (diagnostics: Diagnostics) => void;
  /** Stops within a step; a checkpoint is written before `train` returns. */
  signal?: AbortSignal;
}

/** Where on the time axis a picture is encoded or decoded: an index into the final time steps, 1…N+1. */
export type TimeIndex = number;

/** A place on the time axis: an index into the final time steps, or t itself (above 0, at most σ_max). */
export type TimePoint = { timeIndex: TimeIndex } | { t: number };

/** Which weights draw, and what they are told of the class. */
export interface DrawingOptions {
  /** The averages (default), or the weights in training as they are. */
  weights?: 'ema' | 'raw';
  /** Class of all pictures, 0 … classes − 1; null (default) draws without one. Only for models with classes. */
  label?: number | null;
  /** D(∅) + guidance·(D(label) − D(∅)); default 1, which is D(label). Needs a label. */
  guidance?: number;
}

export interface SampleOptions extends DrawingOptions {
  count: number;
  /** Number of the first image; images with the same seed and number are the same. Default: 0. */
  start?: number;
  seed: number;
  /** Network passes, 1 or more. */
  passes: number;
  /** Where each pass after the first encodes again, `passes − 1` places; default: the middle of the time steps. */
  reencodeAt?: readonly TimePoint[];
  /** Factor on the first noise (Gaussian latents and s-CoVAE); default 1. */
  temperature?: number;
}

export interface ReconstructOptions extends DrawingOptions {
  /** Where the images are encoded and decoded; default: index 1. */
  at?: TimePoint;
}

export interface InterpolationOptions extends DrawingOptions {
  /** Positions between the two images, each 0 … 1. */
  positions: readonly number[];
  /** Where the images are encoded and decoded; default: the middle of the time steps. */
  at?: TimePoint;
}

/** Latents outside TensorFlow. For a categorical latent `mu` holds logits and `std` is of no use. */
export interface Latents {
  count: number;
  /** Shape of one: [h, w, zChannels] or [finalDim]. */
  shape: readonly number[];
  /** Mean and standard deviation, count × shape. For s-CoVAE the code z₀ scaled as the kernel does at t, and t. */
  mu: Float32Array;
  std: Float32Array;
}

/** A trained (or training) model, ready to draw. All calls use the EMA weights. Pixels in and out are uint8. */
export interface Generator {
  readonly manifest: RunManifest;
  /** Step of the weights in use. */
  readonly step: number;
  /** The final time steps, 0 first; index 1 is the smallest t that the networks know. */
  readonly timeSteps: Float32Array;
  /** Draws images from noise that depends on (seed, number of the image) only. */
  sample(options: SampleOptions): ImageBatch;
  /** Encodes each image (posterior mean) and decodes it again. */
  reconstruct(images: ImageBatch, options?: ReconstructOptions): ImageBatch;
  /** Spherical path in latent space between the posterior means of two images (each a batch of 1). */
  interpolate(a: ImageBatch, b: ImageBatch, options: InterpolationOptions): ImageBatch;
  /** The posterior of each image at a time. */
  encode(images: ImageBatch, at: TimePoint, options?: DrawingOptions): Latents;
  /** Pictures of latents, count × shape. */
  decode(z: Float32Array, at: TimePoint, options?: DrawingOptions): ImageBatch;
  dispose(): void;
}

/** `openGenerator(runFolder): Promise<Generator>` in session.ts reads the newest checkpoint that verifies. */
export type OpenGenerator = (runFolder: string, options?: { dumpGraph?: string }) => Promise<Generator>;

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
  options?: { learningRate?: number; dumpGraph?: string },
) => Promise<TrainingSession>;
