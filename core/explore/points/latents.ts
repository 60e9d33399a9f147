/** Points to latents: leaves are looked up and encoded together, the rest is arithmetic. */
import { latentShape, latentValues } from '../../config/network.ts';
import { categoriesOf } from '../../config/objective.ts';
import type { ImageBatch } from '../../data/dataset.ts';
import { UserError } from '../../errors.ts';
import { normals } from '../../tensor/noise.ts';
import { streamSeed } from '../../tensor/random.ts';
import { countOf } from '../../words.ts';
import type { DrawingOptions, Generator, TimePoint } from '../api.ts';
import { drawInCalls, type ModelNow, workInCalls } from '../parts.ts';
import type { LatentMemory } from './memory.ts';
import { type KeyPoint, partsOf } from './point.ts';
import { child, exchanged, moved, nudged, rowOf, sum, varied } from './vectors.ts';

/** Which latent stands for an image: the posterior's mean, or one drawn from the posterior. */
export type Space = 'mu' | 'z';

/** How points become latents. */
export interface Encoding extends DrawingOptions {
  at: TimePoint;
  space: Space;
  /** Of the noise that latents are drawn with in the space `z`: the same for all points. */
  seed: number;
}

/** A latent as it lies in a file. */
export interface SavedLatent {
  values: Float32Array;
  /** Time it was encoded at. */
  t: number;
}

/** What points are made of that lies outside of the model. Each throws a UserError in one sentence. */
export interface Supplies {
  /** Images of the run's data set. */
  images(indices: readonly number[]): Promise<ImageBatch>;
  /** An image file in the form of the data set, and a word that changes with its content. */
  file(file: string): Promise<{ image: ImageBatch; stamp: string }>;
  saved(file: string, row: number | string): Promise<SavedLatent>;
  /** A sample of a draw that is kept with the run. */
  drawn(draw: string, index: number): Promise<ImageBatch>;
  /** A direction's values, for one of its standard deviations. */
  direction(name: string): Promise<Float32Array>;
  /** Indices of the images whose encodings are nearest to a latent's, nearest first. */
  neighbours(mu: Float32Array, count: number, encoding: Encoding, signal?: AbortSignal): Promise<number[]>;
}

export interface PointContext {
  modelNow: ModelNow;
  supplies: Supplies;
  encoding: Encoding;
  memory: LatentMemory;
  signal?: AbortSignal | undefined;
}

/** The time of a place on a model's time axis. @throws UserError when it has none there */
export function timeOf({ timeSteps }: Pick<Generator, 'timeSteps'>, at: TimePoint): number {
  if ('t' in at) return at.t;
  const t = timeSteps[at.timeIndex];
  if (t !== undefined && t > 0) return t;
  const first = timeSteps[0] === 0 ? 1 : 0;
  throw new UserError(`The time index ${at.timeIndex} is not one of ${first} to ${timeSteps.length - 1}.`);
}

/** Values of a position of a model's latents; 1 where they are vectors, or of several levels. */
export function channelsOf({ manifest }: Pick<Generator, 'manifest'>): number {
  const shape = latentShape(manifest.config.network);
  return shape.length === 3 ? (shape[2] ?? 1) : 1;
}

/**
 * The latents of points, each of the model's size.
 *
 * @throws UserError in one sentence; the signal's reason when aborted
 */
export async function latentsOf(points: readonly KeyPoint[], context: PointContext): Promise<Float32Array[]> {
  await encodeLeaves(points, context);
  const found: Float32Array[] = [];
  for (const point of points) found.push(await latentOf(point, context));
  return found;
}

/** Encodes the images that points begin with, all that are not known yet in as few calls as it takes. */
async function encodeLeaves(points: readonly KeyPoint[], context: PointContext): Promise<void> {
  const leaves = new Map<string, KeyPoint>();
  const collect = (point: KeyPoint): void => {
    if (point.kind === 'image' || point.kind === 'file' || point.kind === 'drawn')
      leaves.set(JSON.stringify(point), point);
    partsOf(point).forEach(collect);
  };
  points.forEach(collect);
  const wanted: { key: string; image: ImageBatch }[] = [];
  const indices: number[] = [];
  const model = await context.modelNow();
  for (const leaf of leaves.values()) {
    if (leaf.kind === 'image') {
      if (context.memory.get(keyOf(model, context.encoding, leaf)) === null) indices.push(leaf.index);
    } else if (leaf.kind === 'drawn') {
      const key = keyOf(model, context.encoding, leaf);
      if (context.memory.get(key) === null) {
        wanted.push({ key, image: await context.supplies.drawn(leaf.draw, leaf.index) });
      }
    } else if (leaf.kind === 'file') {
      const { image, stamp } = await context.supplies.file(leaf.file);
      const key = keyOf(model, context.encoding, leaf, stamp);
      if (context.memory.get(key) === null) wanted.push({ key, image });
    }
  }
  if (indices.length > 0) {
    const images = await context.supplies.images(indices);
    const size = images.data.length / images.count;
    indices.forEach((index, i) =>
      wanted.push({
        key: keyOf(model, context.encoding, { kind: 'image', index }),
        image: { ...images, count: 1, data: images.data.subarray(i * size, (i + 1) * size) },
      }),
    );
  }
  const [first] = wanted;
  if (first === undefined) return;
  const size = first.image.data.length;
  const data = new Uint8Array(wanted.length * size);
  wanted.forEach(({ image }, i) => data.set(image.data, i * size));
  const latents = await encoded({ ...first.image, count: wanted.length, data }, context);
  const values = latents.length / wanted.length;
  wanted.forEach(({ key }, i) => context.memory.set(key, rowOf(latents, i, values).slice()));
}

async function latentOf(point: KeyPoint, context: PointContext): Promise<Float32Array> {
  const { encoding, supplies, memory } = context;
  const model = await context.modelNow();
  const inner = (part: KeyPoint): Promise<Float32Array> => latentOf(part, context);
  const channels = channelsOf(model);
  switch (point.kind) {
    case 'image':
      return kept(keyOf(model, encoding, point), memory, async () =>
        encoded(await supplies.images([point.index]), context),
      );
    case 'file': {
      const { image, stamp } = await supplies.file(point.file);
      return kept(keyOf(model, encoding, point, stamp), memory, () => encoded(image, context));
    }
    case 'drawn':
      return kept(keyOf(model, encoding, point), memory, async () =>
        encoded(await supplies.drawn(point.draw, point.index), context),
      );
    case 'seed':
      return kept(keyOf(model, encoding, point), memory, () => drawnAt(point.seed, point.number, context));
    case 'latent': {
      const { values, t } = await supplies.saved(point.file, point.row);
      return atTime(values, t, point.file, context);
    }
    case 'values':
      return atTime(Float32Array.from(point.values), point.t, null, context);
    case 'neighbour': {
      const asMean: PointContext = { ...context, encoding: { ...encoding, space: 'mu' } };
      const mu = await latentOf(point.of, asMean);
      // An image of the data set is no neighbour of itself.
      const own = point.of.kind === 'image' ? point.of.index : -1;
      const near = await supplies.neighbours(mu, point.rank + 1, encoding, context.signal);
      const index = near.filter((image) => image !== own)[point.rank - 1];
      if (index === undefined) {
        throw new UserError(`There is no neighbour ${point.rank}: the data set has too few images.`, {
          code: 'not-found',
        });
      }
      return inner({ kind: 'image', index });
    }
    case 'sum':
      return sum(await inner(point.a), await inner(point.minus), await inner(point.plus));
    case 'varied':
      return varied(await inner(point.of), point.strength, point.seed);
    case 'child': {
      const parents: Float32Array[] = [];
      for (const parent of point.parents) parents.push(await inner(parent));
      return child(parents, channels, point.seed, point.mutation);
    }
    case 'moved': {
      const by: { values: Float32Array; amount: number; mask?: number[] | undefined }[] = [];
      for (const { direction, ...how } of point.by) {
        const values = await supplies.direction(direction);
        checkSize(values, model, `The direction ${direction}`);
        if (how.mask) checkMask(how.mask, model);
        by.push({ values, ...how });
      }
      return moved(await inner(point.of), by, channels);
    }
    case 'exchanged':
      checkMask(point.mask, model);
      return exchanged(await inner(point.of), await inner(point.with), point.mask, channels);
    case 'nudged': {
      const { channel, amount, mask } = point;
      const isVector = latentShape(model.manifest.config.network).length !== 3;
      const all = isVector ? latentValues(model.manifest.config.network) : channels;
      if (channel >= all) {
        throw new UserError(
          `A latent of the run ${model.manifest.id} has ${countOf(all, isVector ? 'number' : 'channel')}, so there is no number ${channel} to nudge.`,
        );
      }
      if (!isVector || mask.length !== 1) checkMask(mask, model);
      return nudged(await inner(point.of), channel, amount, mask, all);
    }
  }
}

/** The latent of an image or of several, as the space has it. */
async function encoded(images: ImageBatch, context: PointContext): Promise<Float32Array> {
  const { encoding, modelNow, signal } = context;
  const { at, space, seed, ...drawing } = encoding;
  const { config } = (await modelNow()).manifest;
  // Logits have no noise added: the likeliest categories count.
  const draws = space === 'z' && categoriesOf(config.objective) === null;
  const size = latentValues(config.network);
  const noise = draws ? repeated(normals(streamSeed(seed, 'key-point', 0), size), images.count) : null;
  const { value } = await workInCalls(
    modelNow,
    (model) => model.encodeCalls(images, at, { ...drawing, ...(noise && { noise }) }),
    signal,
  );
  return noise ? value.mu.map((mean, i) => mean + value.std[i]! * noise[i]!) : value.mu;
}

function repeated(one: Float32Array, count: number): Float32Array {
  const all = new Float32Array(one.length * count);
  for (let i = 0; i < count; i++) all.set(one, i * one.length);
  return all;
}

/** The latent of a sample: at the largest t its noise itself, else the picture's encoding. */
async function drawnAt(seed: number, number: number, context: PointContext): Promise<Float32Array> {
  const { encoding, modelNow, signal } = context;
  const model = await modelNow();
  const { network, objective } = model.manifest.config;
  const top = model.timeSteps.at(-1) ?? 1;
  if (timeOf(model, encoding.at) === top && categoriesOf(objective) === null) {
    const size = objective.variant === 's-covae' ? top : 1;
    return normals(streamSeed(seed, 'sample:0', number), latentValues(network)).map((value) => value * size);
  }
  const { at: _, space: __, seed: ___, ...drawing } = encoding;
  const asked = { count: 1, start: number, seed, passes: 1, ...drawing };
  const { images } = await drawInCalls(modelNow, (now) => now.sampleCalls(asked), signal);
  return encoded(images, context);
}

/** A saved latent; one of another time is decoded and encoded again. */
async function atTime(
  values: Float32Array,
  t: number,
  file: string | null,
  context: PointContext,
): Promise<Float32Array> {
  const { encoding, modelNow, signal } = context;
  const model = await modelNow();
  checkSize(values, model, file === null ? 'The saved latent' : `The latent in ${file}`);
  if (Math.abs(timeOf(model, encoding.at) - t) < 1e-6 * t) return values;
  const { at: _, space: __, seed: ___, ...drawing } = encoding;
  const { images } = await drawInCalls(modelNow, (now) => now.decodeCalls(values, { t }, drawing), signal);
  return encoded(images, context);
}

/** @throws UserError when a model has latents of another size */
export function checkSize(
  values: Float32Array,
  { manifest }: Pick<Generator, 'manifest'>,
  what: string,
): void {
  const wanted = latentValues(manifest.config.network);
  if (values.length === wanted) return;
  throw new UserError(
    `${what} has ${countOf(values.length, 'value')}, but latents of the run ${manifest.id} have ${wanted}; use it with a run of its own shape.`,
  );
}

/** @throws UserError when a mask is not one of the model's latent */
function checkMask(mask: readonly number[], model: Pick<Generator, 'manifest'>): void {
  const shape = latentShape(model.manifest.config.network);
  const [height = 0, width = 0] = shape;
  if (shape.length !== 3) {
    throw new UserError(`The latents of the run ${model.manifest.id} have no positions to choose from.`);
  }
  if (mask.length === height * width) return;
  throw new UserError(
    `A region of the run ${model.manifest.id} has ${height} × ${width} positions, not ${mask.length}.`,
  );
}

async function kept(
  key: string,
  memory: LatentMemory,
  make: () => Promise<Float32Array>,
): Promise<Float32Array> {
  const known = memory.get(key);
  if (known !== null) return known;
  const made = await make();
  memory.set(key, made);
  return made;
}

/** What a leaf's latent follows from. */
function keyOf(model: Generator, encoding: Encoding, leaf: KeyPoint, stamp = ''): string {
  const { at, space, seed, weights = 'ema', label = null } = encoding;
  return JSON.stringify([
    model.manifest.id,
    model.step,
    timeOf(model, at),
    space,
    space === 'z' ? seed : 0,
    weights,
    label,
    leaf,
    stamp,
  ]);
}
