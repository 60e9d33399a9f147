import type { ImageBatch } from '../data/dataset.ts';
import type { RunManifest } from '../run/manifest.ts';
import { streamSeed } from '../tensor/random.ts';
import { normals, uniformFloats } from '../tensor/noise.ts';
import type { Program } from '../tensor/program.ts';
import { categoriesOf } from '../config/objective.ts';
import { finalTimeSteps, reencodingIndex } from '../schedule/time-steps.ts';
import { latentShape, latentValues } from '../config/network.ts';
import type {
  DrawingOptions,
  Generator,
  InterpolationOptions,
  Latents,
  NetworkCall,
  NetworkOutputs,
  ReconstructOptions,
  SampleOptions,
  TimePoint,
} from './api.ts';
import { UserError } from '../errors.ts';
import { gumbel, oneHotLatents } from './categorical.ts';
import { chunks } from './chunks.ts';
import { sphericalInterpolation } from './latent-path.ts';
import { pixelRange, type PixelRange } from './pixels.ts';
import { countOf } from '../words.ts';

/** Work that asks for network calls on its way. */
type Calls<T> = globalThis.Generator<NetworkCall, T, NetworkOutputs>;

/** Draws from a program's state through its `inferenceFunctions`. */
export class ProgramGenerator implements Generator {
  readonly timeSteps: Float32Array;
  private readonly pixels: PixelRange;
  private readonly categories: number | null;
  private readonly latentValues: number;
  private readonly imageValues: number;

  constructor(
    readonly manifest: RunManifest,
    private readonly program: Program,
    private readonly stepNow: () => number,
    private readonly onDispose: () => void,
  ) {
    const { network, objective } = manifest.config;
    this.timeSteps = finalTimeSteps(objective);
    this.pixels = pixelRange(objective);
    this.categories = categoriesOf(objective);
    this.latentValues = latentValues(network);
    this.imageValues = network.imageSize * network.imageSize * network.channels;
  }

  get step(): number {
    return this.stepNow();
  }

  /**
   * One pass: z from the prior, decoded at σ_max (s-CoVAE: noise of that size). Each further pass encodes the
   * images at a middle time, draws from the posterior and decodes again (the paper's multi-step sampling).
   */
  sample(options: SampleOptions): ImageBatch {
    return this.finish(this.sampleCalls(options));
  }

  *sampleCalls(options: SampleOptions): Calls<ImageBatch> {
    const { count, start = 0, seed, passes, temperature = 1 } = options;
    const { objective } = this.manifest.config;
    if (temperature !== 1 && this.categories !== null) {
      throw new UserError(
        `The latents of the run ${this.manifest.id} are categorical, all categories alike: there is no temperature; draw from it without one.`,
      );
    }
    const places = options.reencodeAt ?? Array.from({ length: passes - 1 }, () => this.middle());
    if (places.length !== passes - 1) {
      throw new UserError(
        `${countOf(passes, 'pass encodes', 'passes encode')} again ${countOf(passes - 1, 'time')}, not ${countOf(places.length, 'time')}.`,
      );
    }
    const top = this.timeSteps[this.timeSteps.length - 1] ?? 1;
    const size = (objective.variant === 's-covae' ? top : 1) * temperature;
    const noise = this.noise(seed, 0, start, count);
    const z =
      this.categories === null
        ? noise.map((value) => value * size)
        : this.drawn(new Float32Array(noise.length), new Float32Array(0), noise);
    let x = yield* this.guided(z, top, count, options);
    for (const [i, place] of places.entries()) {
      const t = this.time(place);
      const { mu, std } = yield* this.posterior(this.pixels.again(x), t, count, options);
      x = yield* this.guided(this.drawn(mu, std, this.noise(seed, i + 1, start, count)), t, count, options);
    }
    return this.images(x, count);
  }

  reconstruct(images: ImageBatch, options: ReconstructOptions = {}): ImageBatch {
    const at = options.at ?? { timeIndex: 1 };
    return this.decode(this.encode(images, at, options).mu, at, options);
  }

  interpolate(a: ImageBatch, b: ImageBatch, options: InterpolationOptions): ImageBatch {
    return this.finish(this.interpolateCalls(a, b, options));
  }

  *interpolateCalls(a: ImageBatch, b: ImageBatch, options: InterpolationOptions): Calls<ImageBatch> {
    const { positions, at = this.middle() } = options;
    const { mu: from } = yield* this.posterior(this.input(a), this.time(at), a.count, options);
    const { mu: to } = yield* this.posterior(this.input(b), this.time(at), b.count, options);
    const z = new Float32Array(positions.length * this.latentValues);
    positions.forEach((position, i) =>
      z.set(sphericalInterpolation(from, to, position), i * this.latentValues),
    );
    return yield* this.decodeCalls(z, at, options);
  }

  call({ name, inputs }: NetworkCall): NetworkOutputs {
    const outputs = this.program.call(name, inputs);
    return Object.fromEntries(
      Object.entries(outputs).map(([key, { data }]) => {
        if (!(data instanceof Float32Array)) throw new Error(`${name} gave ${key} as no floats`);
        return [key, data];
      }),
    );
  }

  encode(images: ImageBatch, at: TimePoint, options: DrawingOptions = {}): Latents {
    const { count } = images;
    const found = this.finish(this.posterior(this.input(images), this.time(at), count, options));
    return { count, shape: latentShape(this.manifest.config.network), ...found };
  }

  decode(z: Float32Array, at: TimePoint, options: DrawingOptions = {}): ImageBatch {
    return this.finish(this.decodeCalls(z, at, options));
  }

  private *decodeCalls(z: Float32Array, at: TimePoint, options: DrawingOptions): Calls<ImageBatch> {
    const count = z.length / this.latentValues;
    // A categorical latent is always one-hot: of logits, or of a mix of latents, the likeliest categories count.
    const latents = this.categories === null ? z : this.drawn(z, new Float32Array(0), null);
    return this.images(yield* this.guided(latents, this.time(at), count, options), count);
  }

  dispose(): void {
    this.onDispose();
  }

  /** Makes all calls that the work asks for. */
  private finish<T>(work: Calls<T>): T {
    let step = work.next();
    while (!step.done) step = work.next(this.call(step.value));
    return step.value;
  }

  /** The middle of the time steps, where the reference's further passes encode again. */
  private middle(): TimePoint {
    return { timeIndex: reencodingIndex(this.manifest.config.objective) };
  }

  /** Noise for the latents of images number `start` and on, each a pure function of (seed, pass, its number). */
  private noise(seed: number, pass: number, start: number, count: number): Float32Array {
    const z = new Float32Array(count * this.latentValues);
    const draw = this.categories === null ? normals : uniformFloats;
    for (let i = 0; i < count; i++) {
      z.set(draw(streamSeed(seed, `sample:${pass}`, start + i), this.latentValues), i * this.latentValues);
    }
    return z;
  }

  /** Latents drawn from posteriors; without noise, the likeliest categories. */
  private drawn(mu: Float32Array, std: Float32Array, noise: Float32Array | null): Float32Array {
    if (this.categories === null) return mu.map((m, i) => m + (std[i] ?? 0) * (noise?.[i] ?? 0));
    return oneHotLatents(this.manifest.config.network, this.categories, mu, noise && gumbel(noise));
  }

  private *posterior(
    x: Float32Array,
    t: number,
    count: number,
    options: DrawingOptions,
  ): Calls<{ mu: Float32Array; std: Float32Array }> {
    const mu = new Float32Array(count * this.latentValues);
    const std = new Float32Array(count * this.latentValues);
    for (const { start, used, batch, suffix } of chunks(count)) {
      const part = padded(x, start * this.imageValues, used * this.imageValues, batch * this.imageValues);
      const result = yield {
        name: `encode${suffix}`,
        inputs: { x: part, ...this.beside(t, batch, options) },
      };
      mu.set(output(result, 'mu').subarray(0, used * this.latentValues), start * this.latentValues);
      std.set(output(result, 'std').subarray(0, used * this.latentValues), start * this.latentValues);
    }
    return { mu, std };
  }

  /** Decodes, with guidance where it is asked for: D(∅) + g·(D(label) − D(∅)) (Ho & Salimans 2022). */
  private *guided(z: Float32Array, t: number, count: number, options: DrawingOptions): Calls<Float32Array> {
    const { guidance = 1, label = null } = options;
    const told = yield* this.decodeOnce(z, t, count, options);
    if (label === null || guidance === 1) return told;
    const free = yield* this.decodeOnce(z, t, count, { ...options, label: null });
    return told.map((value, i) => (free[i] ?? 0) + guidance * (value - (free[i] ?? 0)));
  }

  private *decodeOnce(
    z: Float32Array,
    t: number,
    count: number,
    options: DrawingOptions,
  ): Calls<Float32Array> {
    const x = new Float32Array(count * this.imageValues);
    for (const { start, used, batch, suffix } of chunks(count)) {
      const part = padded(z, start * this.latentValues, used * this.latentValues, batch * this.latentValues);
      const result = yield {
        name: `decode${suffix}`,
        inputs: { z: part, ...this.beside(t, batch, options) },
      };
      x.set(output(result, 'x').subarray(0, used * this.imageValues), start * this.imageValues);
    }
    return x;
  }

  /** What the functions take beside images or latents. */
  private beside(t: number, batch: number, { weights = 'ema', label = null }: DrawingOptions) {
    const { classes } = this.manifest.config.network;
    if (label !== null && !(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new UserError(
        classes === 0
          ? `The run ${this.manifest.id} was trained without classes; draw from it without a label.`
          : `The run ${this.manifest.id} has classes 0 to ${classes - 1}, not ${label}.`,
      );
    }
    return {
      t: new Float32Array(batch).fill(t),
      raw: Float32Array.of(weights === 'raw' ? 1 : 0),
      ...(classes > 0 && { labels: new Int32Array(batch).fill(label ?? -1) }),
    };
  }

  private time(at: TimePoint): number {
    const top = this.timeSteps[this.timeSteps.length - 1] ?? 1;
    if ('t' in at) {
      if (at.t > 0 && at.t <= top) return at.t;
      throw new UserError(`The time ${at.t} is not above 0 and at most ${top}.`);
    }
    const t = this.timeSteps[at.timeIndex];
    if (t !== undefined && t > 0) return t;
    const first = this.timeSteps[0] === 0 ? 1 : 0;
    throw new UserError(
      `The time index ${at.timeIndex} is not one of ${first} to ${this.timeSteps.length - 1}.`,
    );
  }

  private input(images: ImageBatch): Float32Array {
    const { network } = this.manifest.config;
    if (
      images.height !== network.imageSize ||
      images.width !== network.imageSize ||
      images.channels !== network.channels
    ) {
      throw new UserError(
        `The images are ${images.width}×${images.height}×${images.channels}, but the run ${this.manifest.id} was trained on ${network.imageSize}×${network.imageSize}×${network.channels}.`,
      );
    }
    return this.pixels.toNetwork(images.data);
  }

  private images(x: Float32Array, count: number): ImageBatch {
    const { imageSize, channels } = this.manifest.config.network;
    return { count, height: imageSize, width: imageSize, channels, data: this.pixels.toPixels(x) };
  }
}

function padded(values: Float32Array, start: number, length: number, size: number): Float32Array {
  if (length === size) return values.subarray(start, start + length);
  const out = new Float32Array(size);
  out.set(values.subarray(start, start + length));
  return out;
}

function output(outputs: NetworkOutputs, name: string): Float32Array {
  const data = outputs[name];
  if (data === undefined) throw new Error(`the program gave no ${name}`);
  return data;
}
