import type { ImageBatch } from '../data/dataset.ts';
import type { RunManifest } from '../run/manifest.ts';
import { streamSeed } from '../tensor/random.ts';
import { normals } from '../tensor/noise.ts';
import type { Program } from '../tensor/program.ts';
import { finalTimeSteps, reencodingIndex } from '../covae/time-steps.ts';
import { latentShape } from '../nn/autoencoder.ts';
import type { Generator, InterpolationOptions, SampleOptions, TimeIndex } from '../train/api.ts';
import { UserError } from '../errors.ts';
import { INFERENCE_BATCHES } from './drawing-functions.ts';
import { sphericalInterpolation } from './latent-path.ts';
import { fromUnitRange, toUnitRange } from './pixels.ts';

/** Draws from the averaged weights in a program's state, through its `encodeN` and `decodeN` functions. */
export class ProgramGenerator implements Generator {
  private readonly times: Float32Array;
  private readonly latentSize: number;
  private readonly imageSize: number;

  constructor(
    readonly manifest: RunManifest,
    private readonly program: Program,
    private readonly stepNow: () => number,
    private readonly onDispose: () => void,
  ) {
    const { network, objective } = manifest.config;
    this.times = finalTimeSteps(objective);
    this.latentSize = latentShape(network).reduce((a, b) => a * b, 1);
    this.imageSize = network.imageSize * network.imageSize * network.channels;
  }

  get step(): number {
    return this.stepNow();
  }

  /**
   * One pass: z ~ N(0, 1) decoded at σ_max. Each further pass encodes the pictures at the middle of the time
   * steps, samples the posterior and decodes again (paper, section on sampling).
   */
  sample({ count, seed, passes }: SampleOptions): ImageBatch {
    let x = this.decode(this.noise(seed, 0, count), this.times.length - 1, count);
    const again = reencodingIndex(this.manifest.config.objective);
    for (let pass = 1; pass < passes; pass++) {
      const { mu, std } = this.encode(x, again, count);
      const noise = this.noise(seed, pass, count);
      const z = noise.map((e, i) => (mu[i] ?? 0) + (std[i] ?? 0) * e);
      x = this.decode(z, again, count);
    }
    return this.images(x, count);
  }

  reconstruct(images: ImageBatch, timeIndex: TimeIndex = 1): ImageBatch {
    const { mu } = this.encode(this.input(images), timeIndex, images.count);
    return this.images(this.decode(mu, timeIndex, images.count), images.count);
  }

  interpolate(a: ImageBatch, b: ImageBatch, { positions, timeIndex }: InterpolationOptions): ImageBatch {
    const index = timeIndex ?? reencodingIndex(this.manifest.config.objective);
    const from = this.encode(this.input(a), index, 1).mu;
    const to = this.encode(this.input(b), index, 1).mu;
    const z = new Float32Array(positions.length * this.latentSize);
    positions.forEach((position, i) =>
      z.set(sphericalInterpolation(from, to, position), i * this.latentSize),
    );
    return this.images(this.decode(z, index, positions.length), positions.length);
  }

  dispose(): void {
    this.onDispose();
  }

  /** Standard normal latents, each a pure function of (seed, pass, its number). */
  private noise(seed: number, pass: number, count: number): Float32Array {
    const z = new Float32Array(count * this.latentSize);
    for (let i = 0; i < count; i++) {
      z.set(normals(streamSeed(seed, `sample:${pass}`, i), this.latentSize), i * this.latentSize);
    }
    return z;
  }

  private encode(x: Float32Array, timeIndex: TimeIndex, count: number) {
    const mu = new Float32Array(count * this.latentSize);
    const std = new Float32Array(count * this.latentSize);
    const t = this.time(timeIndex);
    for (const { start, used, batch } of chunks(count)) {
      const result = this.program.call(`encode${batch}`, {
        x: padded(x, start * this.imageSize, used * this.imageSize, batch * this.imageSize),
        t: new Float32Array(batch).fill(t),
      });
      mu.set(part(result, 'mu').subarray(0, used * this.latentSize), start * this.latentSize);
      std.set(part(result, 'std').subarray(0, used * this.latentSize), start * this.latentSize);
    }
    return { mu, std };
  }

  private decode(z: Float32Array, timeIndex: TimeIndex, count: number): Float32Array {
    const x = new Float32Array(count * this.imageSize);
    const t = this.time(timeIndex);
    for (const { start, used, batch } of chunks(count)) {
      const result = this.program.call(`decode${batch}`, {
        z: padded(z, start * this.latentSize, used * this.latentSize, batch * this.latentSize),
        t: new Float32Array(batch).fill(t),
      });
      x.set(part(result, 'x').subarray(0, used * this.imageSize), start * this.imageSize);
    }
    return x;
  }

  private time(index: TimeIndex): number {
    const t = this.times[index];
    if (index < 1 || t === undefined) {
      throw new UserError(`The time index ${index} is not one of 1 to ${this.times.length - 1}.`);
    }
    return t;
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
    return toUnitRange(images.data);
  }

  private images(x: Float32Array, count: number): ImageBatch {
    const { imageSize, channels } = this.manifest.config.network;
    return { count, height: imageSize, width: imageSize, channels, data: fromUnitRange(x) };
  }
}

/** Cuts a count into the batch sizes that exist, the last one padded. */
export function* chunks(count: number): Iterable<{ start: number; used: number; batch: number }> {
  const largest = INFERENCE_BATCHES[INFERENCE_BATCHES.length - 1] ?? 1;
  for (let start = 0; start < count; start += largest) {
    const used = Math.min(largest, count - start);
    yield { start, used, batch: INFERENCE_BATCHES.find((size) => size >= used) ?? largest };
  }
}

function padded(values: Float32Array, start: number, length: number, size: number): Float32Array {
  if (length === size) return values.subarray(start, start + length);
  const out = new Float32Array(size);
  out.set(values.subarray(start, start + length));
  return out;
}

function part(result: ReturnType<Program['call']>, name: string): Float32Array {
  const data = result[name]?.data;
  if (!(data instanceof Float32Array)) throw new Error(`the program gave no ${name}`);
  return data;
}
