/** Draws views of latent space, for the window and the command line alike. */
import { setImmediate as turn } from 'node:timers/promises';
import type { ImageBatch } from '../data/dataset.ts';
import { latentValues } from '../config/network.ts';
import { reencodingIndex } from '../schedule/time-steps.ts';
import type { DecodeOptions, DrawingOptions, TimePoint } from './api.ts';
import { drawInCalls, type ModelNow, PART, type Parts } from './parts.ts';
import { atConstantSpeed, eased } from './paths/pace.ts';
import { type Way, wayThrough } from './paths/interpolation.ts';
import { noiseLoop } from './paths/noise-loop.ts';
import { planeAlong, planeBetween } from './plane/plane.ts';
import { channelsOf, checkSize, type Encoding, latentsOf, type Supplies } from './points/latents.ts';
import { LatentMemory } from './points/memory.ts';
import { stacked } from './points/vectors.ts';
import type { Look, PathView, View } from './view.ts';

/** What pictures are compared by where steps of features are asked for: count × size. */
export type FeaturesOf = (images: ImageBatch, signal?: AbortSignal) => Promise<Float32Array>;

export interface ExplorerOptions {
  modelNow: ModelNow;
  supplies: Supplies;
  /** For paths in even steps of features. */
  featuresOf?: FeaturesOf;
  memory?: LatentMemory;
}

/** Pictures compared on a piece of a way between two key points, to even out its speed. */
const LOOKS_PER_PIECE = 16;

/** Latents ready to be decoded. */
export interface FoundLatents {
  /** One row a picture. */
  rows: Float32Array[];
  at: TimePoint;
}

export class Explorer {
  readonly #options: ExplorerOptions;
  readonly #memory: LatentMemory;
  /** How much pictures change along a way that was asked for before. */
  #changes: { key: string; at: number[]; changes: Float64Array } | null = null;

  constructor(options: ExplorerOptions) {
    this.#options = options;
    this.#memory = options.memory ?? new LatentMemory();
  }

  /**
   * The pictures of a view, drawn a network call at a time.
   *
   * @throws UserError in one sentence; the signal's reason when aborted, within one call
   */
  async draw(view: View, look: Look, signal?: AbortSignal): Promise<Parts> {
    if (view.kind !== 'times') return this.#decode(await this.latents(view, look, signal), look, signal);
    let all: Parts | null = null;
    for (const [i, at] of view.times.entries()) {
      const there = { ...look, at };
      const found = await this.latents({ kind: 'points', points: view.points }, there, signal);
      const part = await this.#decode(found, there, signal);
      const { images } = part;
      all ??= {
        ...part,
        images: {
          ...images,
          count: images.count * view.times.length,
          data: new Uint8Array(images.data.length * view.times.length),
        },
      };
      all.images.data.set(images.data, i * images.data.length);
      all.lastStep = part.lastStep;
    }
    if (all === null) throw new RangeError('no times');
    return all;
  }

  /** The latents of a view at one time. */
  async latents(
    view: Exclude<View, { kind: 'times' }>,
    look: Look,
    signal?: AbortSignal,
  ): Promise<FoundLatents> {
    const encoding = await this.#encoding(look);
    const at = encoding.at;
    const keys = (points: Parameters<typeof latentsOf>[0]): Promise<Float32Array[]> =>
      latentsOf(points, { ...this.#options, encoding, memory: this.#memory, signal });
    switch (view.kind) {
      case 'points':
        return { rows: await keys(view.points), at };
      case 'path': {
        const way = await this.#way(view, look, keys, signal);
        return { rows: view.positions.map(way), at };
      }
      case 'noise': {
        const { network } = (await this.#options.modelNow()).manifest.config;
        const [centre = new Float32Array(latentValues(network))] =
          view.around === null ? [] : await keys([view.around]);
        return { rows: view.positions.map(noiseLoop(centre, view.radius, view.seed)), at };
      }
      case 'plane': {
        const plane = planeBetween(await keys(view.corners), view.plane);
        return { rows: view.places.map(([x, y]) => plane(x, y)), at };
      }
      case 'along': {
        const [centre = new Float32Array()] = await keys([view.centre]);
        const [right, down] = [await this.#direction(view.right), await this.#direction(view.down)];
        const plane = planeAlong(centre, right, down, view.range);
        return { rows: view.places.map(([x, y]) => plane(x, y)), at };
      }
    }
  }

  async #direction(name: string): Promise<Float32Array> {
    const values = await this.#options.supplies.direction(name);
    checkSize(values, await this.#options.modelNow(), `The direction ${name}`);
    return values;
  }

  /** Time to latent, with easing and pace. */
  async #way(
    view: PathView,
    look: Look,
    keys: (points: PathView['points']) => Promise<Float32Array[]>,
    signal: AbortSignal | undefined,
  ): Promise<Way> {
    const { points, path, loop, easing, pace } = view;
    const channels = channelsOf(await this.#options.modelNow());
    const way = wayThrough(await keys(points), { kind: path, loop, channels });
    const pieces = loop ? points.length : points.length - 1;
    if (pace === 'even') return (position) => way(eased(position, easing, pieces));
    const { at, changes } = await this.#changesAlong(way, view, pieces, look, signal);
    return (position) => {
      const [paced = position] = atConstantSpeed([eased(position, easing, pieces)], at, changes);
      return way(paced);
    };
  }

  /** How much the picture changes from place to place on a way. */
  async #changesAlong(
    way: Way,
    { points, path, loop, pace }: PathView,
    pieces: number,
    look: Look,
    signal: AbortSignal | undefined,
  ): Promise<{ at: number[]; changes: Float64Array }> {
    const { manifest, step } = await this.#options.modelNow();
    const key = JSON.stringify([manifest.id, step, points, path, loop, pace, look]);
    if (this.#changes?.key === key) return this.#changes;
    const looks = LOOKS_PER_PIECE * pieces;
    const at = Array.from({ length: looks + 1 }, (_, i) => i / looks);
    const { at: time } = await this.#encoding(look);
    const changes = new Float64Array(looks);
    let last: Float32Array | null = null;
    for (let done = 0; done <= looks; done += PART) {
      const rows = at.slice(done, done + PART).map(way);
      const { images } = await this.#decode({ rows, at: time }, look, signal);
      const values = await this.#valuesOf(images, pace, signal);
      const size = values.length / images.count;
      for (let i = 0; i < images.count; i++) {
        const now = values.subarray(i * size, (i + 1) * size);
        if (last !== null) changes[done + i - 1] = distance(last, now);
        last = now;
      }
      await turn();
    }
    this.#changes = { key, at, changes };
    return this.#changes;
  }

  async #valuesOf(
    images: ImageBatch,
    pace: PathView['pace'],
    signal: AbortSignal | undefined,
  ): Promise<Float32Array> {
    if (pace !== 'features') return Float32Array.from(images.data);
    const { featuresOf } = this.#options;
    if (featuresOf === undefined) throw new Error('no features to compare pictures by');
    return featuresOf(images, signal);
  }

  async #decode({ rows, at }: FoundLatents, look: Look, signal: AbortSignal | undefined): Promise<Parts> {
    const { manifest } = await this.#options.modelNow();
    const z = stacked(rows, latentValues(manifest.config.network));
    const { again = [], seed = 0 } = look;
    const options: DecodeOptions = {
      ...drawingOf(look),
      ...(again.length > 0 && { again: { at: again, seed } }),
    };
    return drawInCalls(this.#options.modelNow, (model) => model.decodeCalls(z, at, options), signal);
  }

  async #encoding(look: Look): Promise<Encoding> {
    const { at, space = 'mu', seed = 0 } = look;
    const { manifest } = await this.#options.modelNow();
    const middle = { timeIndex: reencodingIndex(manifest.config.objective) };
    return { at: at ?? middle, space, seed, ...drawingOf(look) };
  }
}

function drawingOf({ weights, label, guidance }: Look): DrawingOptions {
  return {
    ...(weights !== undefined && { weights }),
    ...(label !== undefined && { label }),
    ...(guidance !== undefined && { guidance }),
  };
}

function distance(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i]! - b[i]!) ** 2;
  return Math.sqrt(sum);
}
