/**
 * What drawing from a model offers to the command line, to the trainer process and to experiments. `generator.ts`
 * implements it; the types stand apart so that the window can know them without loading tensors.
 */
import type { ImageBatch } from '../data/dataset.ts';
import type { RunManifest } from '../run/manifest.ts';
import type { Rounding } from './pixels.ts';
import type { FittedPrior } from './prior/fitted-prior.ts';

/** Where on the time axis an image is encoded or decoded: an index into the final time steps, 1…N+1. */
export type TimeIndex = number;

/** A place on the time axis: an index into the final time steps, or t itself (above 0, at most σ_max). */
export type TimePoint = { timeIndex: TimeIndex } | { t: number };

/** Which weights draw, and what they are told of the class. */
export interface DrawingOptions {
  /** The averages (default), or the weights in training as they are. */
  weights?: 'ema' | 'raw';
  /** Class of all samples, 0 … classes − 1; null (default) draws without one. Only for models with classes. */
  label?: number | null;
  /** D(∅) + guidance·(D(label) − D(∅)); default 1, which is D(label). Needs a label. */
  guidance?: number;
  /** How what the decoder puts out becomes whole numbers; default: `nearest`. */
  rounding?: Rounding;
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
  /**
   * What the first latents come from: the standard normal prior (default, the paper's), or a mixture fitted to the encodings of
   * the training images, see prior/fitted-prior.ts.
   */
  prior?: 'normal' | 'fitted';
  /** The mixture, where the prior is a fitted one: `withPrior` of prior/fit-prior.ts puts it here. */
  fitted?: FittedPrior;
  /** Factor on the first noise (Gaussian latents and s-CoVAE), of a fitted prior on the encodings' own; default 1. */
  temperature?: number;
  /**
   * Factor on the noise with which each pass after the first draws from the posterior (Gaussian latents and s-CoVAE); 0
   * decodes the posterior's mean. Default 1, as in the reference.
   */
  laterTemperature?: number;
}

export interface ReconstructOptions extends DrawingOptions {
  /** Where the images are encoded and decoded; default: index 1. */
  at?: TimePoint;
  /**
   * Decodes a latent drawn from the posterior instead of its mean; the noise depends on the seed and the number of the
   * image, which counts from `start` on.
   */
  drawn?: { seed: number; start: number };
}

export interface EncodeOptions extends DrawingOptions {
  /**
   * Standard normal noise, count × latent, that a latent is then drawn with as mu + std·noise: of two levels, the lower
   * one's posterior depends on the topmost latent drawn. Default: 0, the topmost posterior's mean.
   */
  noise?: Float32Array;
}

/** Further passes on top of a latent that is decoded. */
export interface FurtherPasses {
  /** Where each encodes again. */
  at: readonly TimePoint[];
  /** Of the noise that a latent is drawn with; the same for all images, so that the frames of a film go together. */
  seed: number;
}

export interface DecodeOptions extends DrawingOptions {
  again?: FurtherPasses;
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
  /** Shape of one: [h, w, zChannels] or [finalDim]; with two levels [values]. */
  shape: readonly number[];
  /** Mean and standard deviation, count × shape. For s-CoVAE the code z₀ scaled as the kernel does at t, and t. */
  mu: Float32Array;
  std: Float32Array;
}

/** One call of the network that a draw needs, as data: made by {@link Generator.call}. */
export interface NetworkCall {
  /** Name of an inference function. */
  name: string;
  inputs: Readonly<Record<string, Float32Array | Int32Array>>;
}

/** What a network call puts out, by name. */
export type NetworkOutputs = Readonly<Record<string, Float32Array>>;

/**
 * A draw cut into its network calls: it asks for one after the other and is given their outputs. Between two calls it holds
 * numbers only, so the calls may be made by another generator of the same run, opened meanwhile.
 */
export type Draw = Work<ImageBatch>;

/** Any work that is cut into network calls, see {@link Draw}. */
export type Work<T> = Iterator<NetworkCall, T, NetworkOutputs>;

/** A trained (or training) model, ready to draw. All calls use the EMA weights. Pixels in and out are uint8. */
export interface Generator {
  readonly manifest: RunManifest;
  /** Step of the weights in use. */
  readonly step: number;
  /** What a person should know of the weights, one sentence each: that a damaged checkpoint was passed over. */
  readonly remarks: readonly string[];
  /** The final time steps, 0 first; index 1 is the smallest t that the networks know. */
  readonly timeSteps: Float32Array;
  /** Draws images from noise that depends on (seed, number of the image) only. */
  sample(options: SampleOptions): ImageBatch;
  /** As {@link sample}, a network call at a time. */
  sampleCalls(options: SampleOptions): Draw;
  /** Encodes each image and decodes the posterior's mean, or what is drawn from it. */
  reconstruct(images: ImageBatch, options?: ReconstructOptions): ImageBatch;
  /** Spherical path in latent space between the posterior means of two images (each a batch of 1). */
  interpolate(a: ImageBatch, b: ImageBatch, options: InterpolationOptions): ImageBatch;
  /** As {@link interpolate}, a network call at a time. */
  interpolateCalls(a: ImageBatch, b: ImageBatch, options: InterpolationOptions): Draw;
  /** Makes one call of a draw. */
  call(call: NetworkCall): NetworkOutputs;
  /** The posterior of each image at a time. */
  encode(images: ImageBatch, at: TimePoint, options?: EncodeOptions): Latents;
  /** As {@link encode}, a network call at a time. */
  encodeCalls(images: ImageBatch, at: TimePoint, options?: EncodeOptions): Work<Latents>;
  /** Images of latents, count × shape. */
  decode(z: Float32Array, at: TimePoint, options?: DecodeOptions): ImageBatch;
  /** As {@link decode}, a network call at a time. */
  decodeCalls(z: Float32Array, at: TimePoint, options?: DecodeOptions): Draw;
  dispose(): void;
}

/**
 * `openGenerator(runFolder): Promise<Generator>` in open-generator.ts reads the newest checkpoint that verifies, or that of
 * a step.
 */
export type OpenGenerator = (
  runFolder: string,
  options?: { step?: number; dumpGraph?: string; replaceDump?: boolean },
) => Promise<Generator>;
