/**
 * A model's networks outside TensorFlow: encoding, drawing latents, decoding and sampling over plain numbers, as calls of
 * `inferenceFunctions`. People's draws and the comparison with the reference (train/parity/) are both made of these.
 */
import { latentValues } from '../config/network.ts';
import type { ModelConfig } from '../config/model.ts';
import { categoriesOf } from '../config/objective.ts';
import { UserError } from '../errors.ts';
import { finalTimeSteps } from '../schedule/time-steps.ts';
import type { Program } from '../tensor/program.ts';
import type { DrawingOptions, EncodeOptions, NetworkCall, NetworkOutputs } from './api.ts';
import { gumbel, oneHotLatents } from './categorical.ts';
import { chunks } from './chunks.ts';
import { pixelRange } from './pixels.ts';

/** Work that asks for network calls on its way. */
export type Calls<T> = globalThis.Generator<NetworkCall, T, NetworkOutputs>;

/** What samples are drawn from. */
export interface SamplingInputs extends DrawingOptions {
  count: number;
  /** Random numbers of a pass (0, 1, …), count × latent: standard normal, uniform for a categorical latent. */
  noiseOf: (pass: number) => Float32Array;
  /** Time at which each pass after the first encodes again. */
  times: readonly number[];
  /** Factor on the first noise; default 1. */
  temperature?: number;
  /** Latents to begin with, count × latent, in place of those that the first noise and the temperature give. */
  first?: Float32Array;
  /** Factor on the noise of each pass after the first; default 1. */
  laterTemperature?: number;
  /** What a pass put out to what the next one encodes; default: as the model's pixels ask for. */
  again?: (output: Float32Array) => Float32Array;
}

/** Asks for calls; nothing is computed here. */
export class NetworkCalls {
  readonly latentValues: number;
  readonly imageValues: number;
  readonly categories: number | null;

  /** @param run name of the run, for sentences */
  constructor(
    private readonly config: Pick<ModelConfig, 'network' | 'objective'>,
    private readonly run: string,
  ) {
    const { network, objective } = config;
    this.latentValues = latentValues(network);
    this.imageValues = network.imageSize * network.imageSize * network.channels;
    this.categories = categoriesOf(objective);
  }

  /**
   * What the decoder puts out at the end of all passes, count × image. The first decodes noise at σ_max (s-CoVAE: noise of
   * that size); each further one encodes, draws from the posterior and decodes again (the
   * reference's models/covae.py:218, `sample`).
   */
  *samples(inputs: SamplingInputs): Calls<Float32Array> {
    const { count, noiseOf } = inputs;
    const top = finalTimeSteps(this.config.objective).at(-1) ?? 1;
    const x = yield* this.decode(inputs.first ?? this.firstLatents(inputs), top, count, inputs);
    return yield* this.refined(x, { ...inputs, noiseOf: (pass) => noiseOf(pass + 1) });
  }

  private firstLatents({ noiseOf, temperature = 1 }: SamplingInputs): Float32Array {
    const { objective } = this.config;
    const noise = noiseOf(0);
    if (this.categories !== null)
      return this.drawn(new Float32Array(noise.length), new Float32Array(0), noise);
    const top = finalTimeSteps(objective).at(-1) ?? 1;
    const size = (objective.variant === 's-covae' ? top : 1) * temperature;
    return noise.map((value) => value * size);
  }

  /**
   * Further passes over what the decoder put out: each encodes it, draws from the posterior and decodes again.
   *
   * @param inputs.noiseOf of each of these passes (0, 1, …)
   */
  *refined(output: Float32Array, inputs: SamplingInputs): Calls<Float32Array> {
    const { count, noiseOf, times, laterTemperature = 1 } = inputs;
    const { again = (values: Float32Array) => pixelRange(this.config.objective).again(values) } = inputs;
    let x = output;
    for (const [i, t] of times.entries()) {
      const full = noiseOf(i);
      const noise = laterTemperature === 1 ? full : full.map((value) => value * laterTemperature);
      const { mu, std } = yield* this.posterior(again(x), t, count, { ...inputs, noise });
      x = yield* this.decode(this.drawn(mu, std, noise), t, count, inputs);
    }
    return x;
  }

  /** Latents drawn from posteriors; without noise, the likeliest categories. */
  drawn(mu: Float32Array, std: Float32Array, noise: Float32Array | null): Float32Array {
    if (this.categories === null) return mu.map((m, i) => m + (std[i] ?? 0) * (noise?.[i] ?? 0));
    return oneHotLatents(this.config.network, this.categories, mu, noise && gumbel(noise));
  }

  /** With two levels of latents, the lower one's posterior is that for the topmost latent drawn with `noise`. */
  *posterior(
    x: Float32Array,
    t: number,
    count: number,
    { noise = new Float32Array(), ...options }: EncodeOptions,
  ): Calls<{ mu: Float32Array; std: Float32Array }> {
    const mu = new Float32Array(count * this.latentValues);
    const std = new Float32Array(count * this.latentValues);
    for (const { start, used, batch, suffix } of chunks(count)) {
      const part = padded(x, start * this.imageValues, used * this.imageValues, batch * this.imageValues);
      const result = yield {
        name: `encode${suffix}`,
        inputs: {
          x: part,
          ...(this.config.network.latentLevels > 1 && {
            noise: padded(
              noise,
              start * this.latentValues,
              used * this.latentValues,
              batch * this.latentValues,
            ),
          }),
          ...this.beside(t, batch, options),
        },
      };
      mu.set(output(result, 'mu').subarray(0, used * this.latentValues), start * this.latentValues);
      std.set(output(result, 'std').subarray(0, used * this.latentValues), start * this.latentValues);
    }
    return { mu, std };
  }

  /** Decodes, with guidance where it is asked for: D(∅) + g·(D(label) − D(∅)) (Ho & Salimans 2022). */
  *decode(z: Float32Array, t: number, count: number, options: DrawingOptions): Calls<Float32Array> {
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
    const { classes } = this.config.network;
    if (label !== null && !(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new UserError(
        classes === 0
          ? `The run ${this.run} was trained without classes; draw from it without a label.`
          : `The run ${this.run} has classes 0 to ${classes - 1}, not ${label}.`,
      );
    }
    return {
      t: new Float32Array(batch).fill(t),
      raw: Float32Array.of(weights === 'raw' ? 1 : 0),
      ...(classes > 0 && { labels: new Int32Array(batch).fill(label ?? -1) }),
    };
  }
}

/** Makes one call with a program of `inferenceFunctions`. */
export function makeCall(program: Program, { name, inputs }: NetworkCall): NetworkOutputs {
  const outputs = program.call(name, inputs);
  return Object.fromEntries(
    Object.entries(outputs).map(([key, { data }]) => {
      if (!(data instanceof Float32Array)) throw new Error(`${name} gave ${key} as no floats`);
      return [key, data];
    }),
  );
}

/** Makes all calls that the work asks for. */
export function finish<T>(work: Calls<T>, call: (call: NetworkCall) => NetworkOutputs): T {
  let step = work.next();
  while (!step.done) step = work.next(call(step.value));
  return step.value;
}

function padded(values: Float32Array, start: number, length: number, size: number): Float32Array {
  if (length === size && values.length >= start + length) return values.subarray(start, start + length);
  const out = new Float32Array(size);
  out.set(values.subarray(start, start + length));
  return out;
}

function output(outputs: NetworkOutputs, name: string): Float32Array {
  const data = outputs[name];
  if (data === undefined) throw new Error(`the program gave no ${name}`);
  return data;
}
