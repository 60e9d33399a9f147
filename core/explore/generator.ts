import type { ImageBatch } from '../data/dataset.ts';
import type { RunManifest } from '../run/manifest.ts';
import { streamSeed } from '../tensor/random.ts';
import { normals, uniformFloats } from '../tensor/noise.ts';
import type { Program } from '../tensor/program.ts';
import { finalTimeSteps, reencodingIndex } from '../schedule/time-steps.ts';
import { latentShape } from '../config/network.ts';
import type {
  DecodeOptions,
  DrawingOptions,
  EncodeOptions,
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
import { sphericalInterpolation } from './paths/spherical.ts';
import { finish, makeCall, NetworkCalls, type Calls } from './network-calls.ts';
import { pixelRange, type PixelRange } from './pixels.ts';
import { latentsOf } from './prior/fitted-prior.ts';
import { countOf } from '../words.ts';

/** Draws from a program's state through its `inferenceFunctions`. */
export class ProgramGenerator implements Generator {
  readonly timeSteps: Float32Array;
  private readonly pixels: PixelRange;
  private readonly networks: NetworkCalls;

  constructor(
    readonly manifest: RunManifest,
    private readonly program: Program,
    private readonly stepNow: () => number,
    private readonly onDispose: () => void,
    readonly remarks: readonly string[] = [],
  ) {
    const { network, objective } = manifest.config;
    this.timeSteps = finalTimeSteps(objective);
    this.pixels = pixelRange(objective);
    this.networks = new NetworkCalls({ network, objective }, manifest.id);
  }

  get step(): number {
    return this.stepNow();
  }

  /**
   * One pass: z from the prior, decoded at σ_max (s-CoVAE: noise of that size). Each further pass encodes the
   * images at a middle time, draws from the posterior and decodes again (the reference's models/covae.py:218, `sample`).
   */
  sample(options: SampleOptions): ImageBatch {
    return this.finish(this.sampleCalls(options));
  }

  *sampleCalls(options: SampleOptions): Calls<ImageBatch> {
    const { count, start = 0, seed, passes, temperature = 1, laterTemperature = 1 } = options;
    if ((temperature !== 1 || laterTemperature !== 1) && this.networks.categories !== null) {
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
    const first = this.fittedLatents(options);
    const x = yield* this.networks.samples({
      ...options,
      temperature,
      ...(first !== null && { first }),
      noiseOf: (pass) => this.noise(seed, `sample:${pass}`, start, count),
      times: places.map((place) => this.time(place)),
    });
    return this.images(x, count, options);
  }

  reconstruct(images: ImageBatch, options: ReconstructOptions = {}): ImageBatch {
    const { at = { timeIndex: 1 }, drawn } = options;
    const noise = drawn && this.noise(drawn.seed, 'reconstruction', drawn.start, images.count);
    // Of two levels, the lower one's posterior is that for the upper latent drawn.
    const { mu, std } = this.encode(images, at, { ...options, ...(noise && { noise }) });
    return this.decode(noise ? this.networks.drawn(mu, std, noise) : mu, at, options);
  }

  interpolate(a: ImageBatch, b: ImageBatch, options: InterpolationOptions): ImageBatch {
    return this.finish(this.interpolateCalls(a, b, options));
  }

  *interpolateCalls(a: ImageBatch, b: ImageBatch, options: InterpolationOptions): Calls<ImageBatch> {
    const { positions, at = this.middle() } = options;
    const { mu: from } = yield* this.networks.posterior(this.input(a), this.time(at), a.count, options);
    const { mu: to } = yield* this.networks.posterior(this.input(b), this.time(at), b.count, options);
    const z = new Float32Array(positions.length * this.networks.latentValues);
    positions.forEach((position, i) =>
      z.set(sphericalInterpolation(from, to, position), i * this.networks.latentValues),
    );
    return yield* this.decodeCalls(z, at, options);
  }

  call(call: NetworkCall): NetworkOutputs {
    return makeCall(this.program, call);
  }

  encode(images: ImageBatch, at: TimePoint, options: EncodeOptions = {}): Latents {
    return this.finish(this.encodeCalls(images, at, options));
  }

  *encodeCalls(images: ImageBatch, at: TimePoint, options: EncodeOptions = {}): Calls<Latents> {
    const { count } = images;
    const found = yield* this.networks.posterior(this.input(images), this.time(at), count, options);
    return { count, shape: latentShape(this.manifest.config.network), ...found };
  }

  decode(z: Float32Array, at: TimePoint, options: DecodeOptions = {}): ImageBatch {
    return this.finish(this.decodeCalls(z, at, options));
  }

  *decodeCalls(z: Float32Array, at: TimePoint, options: DecodeOptions = {}): Calls<ImageBatch> {
    const count = z.length / this.networks.latentValues;
    // A categorical latent is always one-hot: of logits, or of a mix of latents, the likeliest categories count.
    const latents = this.networks.categories === null ? z : this.networks.drawn(z, new Float32Array(0), null);
    const x = yield* this.networks.decode(latents, this.time(at), count, options);
    const { again, ...drawing } = options;
    if (again === undefined || again.at.length === 0) return this.images(x, count, options);
    const refined = yield* this.networks.refined(x, {
      ...drawing,
      count,
      times: again.at.map((place) => this.time(place)),
      noiseOf: (pass) => this.repeatedNoise(again.seed, `again:${pass}`, count),
    });
    return this.images(refined, count, options);
  }

  dispose(): void {
    this.onDispose();
  }

  private finish<T>(work: Calls<T>): T {
    return finish(work, (call) => this.call(call));
  }

  /** The middle of the time steps, where the reference's further passes encode again. */
  private middle(): TimePoint {
    return { timeIndex: reencodingIndex(this.manifest.config.objective) };
  }

  /** The same noise for so many latents. */
  private repeatedNoise(seed: number, stream: string, count: number): Float32Array {
    const one = this.noise(seed, stream, 0, 1);
    const z = new Float32Array(count * one.length);
    for (let i = 0; i < count; i++) z.set(one, i * one.length);
    return z;
  }

  /** What a fitted prior gives for the first pass; null where the prior is the normal one. */
  private fittedLatents({
    prior = 'normal',
    fitted,
    seed,
    start = 0,
    count,
    temperature = 1,
  }: SampleOptions): Float32Array | null {
    if (prior === 'normal') return null;
    if (fitted === undefined) throw new Error('a fitted prior was asked for and is not there');
    const choice = new Float32Array(count);
    for (let i = 0; i < count; i++) {
      choice.set(uniformFloats(streamSeed(seed, 'sample:component', start + i), 1), i);
    }
    const place = this.noise(seed, 'sample:place', start, count);
    const noise = this.noise(seed, 'sample:0', start, count);
    return latentsOf(fitted, { choice, place, noise }, temperature);
  }

  /** Noise for the latents of images number `start` and on, each a pure function of (seed, stream, its number). */
  private noise(seed: number, stream: string, start: number, count: number): Float32Array {
    const z = new Float32Array(count * this.networks.latentValues);
    const draw = this.networks.categories === null ? normals : uniformFloats;
    for (let i = 0; i < count; i++) {
      z.set(
        draw(streamSeed(seed, stream, start + i), this.networks.latentValues),
        i * this.networks.latentValues,
      );
    }
    return z;
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

  private images(x: Float32Array, count: number, { rounding }: DrawingOptions): ImageBatch {
    const { imageSize, channels } = this.manifest.config.network;
    return { count, height: imageSize, width: imageSize, channels, data: this.pixels.toPixels(x, rounding) };
  }
}
