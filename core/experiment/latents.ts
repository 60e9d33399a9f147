/** Where the latents of images go as t grows. */
import { categoriesOf } from '../config/objective.ts';
import type { ImageBatch } from '../data/dataset.ts';
import { neighbourAgreement, type Points } from '../metrics/distances.ts';
import { principalComponents } from '../metrics/pca.ts';
import { tsne } from '../metrics/tsne.ts';
import type { Generator } from '../explore/api.ts';
import { type AtTime, parts, spreadOf } from './measure.ts';

/** A latent on both maps. */
export interface MappedLatent {
  /** Number of the image in the data set. */
  image: number;
  /** Its class; null when it has none. */
  label: string | null;
  t: number;
  pca: [number, number];
  tsne: [number, number];
}

/** All latents at one time. */
export interface LatentsAtTime extends AtTime {
  /** Standard deviation of the posterior, mean over images and values; null for categorical latents. */
  posteriorStd: number | null;
  /** Share of the latents whose nearest one belongs to an image of the same class, among those of a class; null without. */
  agreement: number | null;
}

export interface LatentStudy {
  /** Number of values in a latent. */
  values: number;
  /** By image, and for each by t. */
  latents: MappedLatent[];
  /** Shares of the variance along both components. */
  explained: [number, number];
  perplexity: number;
  /** KL(P ‖ Q) of the t-SNE map. */
  divergence: number;
  /** `mean` and `std` are those of the norm of the posterior's mean. */
  overTime: LatentsAtTime[];
  /** Agreement when neighbours are chosen blindly: the chance that two of the images share a class. */
  chance: number | null;
  /** Numbers of the images whose way is drawn: of different classes as far as there are any. */
  followed: number[];
}

export interface LatentOptions {
  /** Numbers of the images in the data set. */
  indices: readonly number[];
  /** Class of each image, null for none; null without classes. */
  classes: readonly (string | null)[] | null;
  times: readonly number[];
  perplexity: number;
  seed: number;
  /** How many images' ways are drawn. */
  follow: number;
  signal: AbortSignal;
}

/**
 * Encodes images at several times and maps the posterior means of all times together to the plane, by principal
 * components and by t-SNE.
 *
 * @throws the signal's reason when it is aborted
 */
export async function studyLatents(
  model: Generator,
  images: ImageBatch,
  { indices, classes, times, perplexity: wanted, seed, follow, signal }: LatentOptions,
): Promise<LatentStudy> {
  const atTimes: Encoded[] = [];
  for (const t of times) atTimes.push(await encodeAll(model, images, t, signal));
  const size = atTimes[0]?.size ?? 0;
  const all = stack(atTimes, images.count, size);
  const axes = Math.min(2, size);
  const { scores, explained } = principalComponents(all, axes);
  // A model with few time steps gives fewer points than were planned with.
  const perplexity = Math.max(1, Math.min(wanted, (all.count - 1) / 3));
  const map = await tsne(all, { perplexity, seed, signal });
  const overTime = atTimes.map((points, i): LatentsAtTime => {
    const norms = Array.from({ length: points.count }, (_, image) => norm(points, image));
    return {
      t: times[i] ?? NaN,
      ...spreadOf(norms),
      posteriorStd: categoriesOf(model.manifest.config.objective) === null ? points.posteriorStd : null,
      agreement: classes && neighbourAgreement(points, classes),
    };
  });
  return {
    values: size,
    latents: Array.from({ length: all.count }, (_, row): MappedLatent => {
      const image = Math.floor(row / times.length);
      return {
        image: indices[image] ?? -1,
        label: classes?.[image] ?? null,
        t: times[row % times.length] ?? NaN,
        pca: [scores[row * axes] ?? 0, axes > 1 ? (scores[row * axes + 1] ?? 0) : 0],
        tsne: [map.positions[2 * row] ?? 0, map.positions[2 * row + 1] ?? 0],
      };
    }),
    explained: [explained[0] ?? 0, explained[1] ?? 0],
    perplexity,
    divergence: map.divergence,
    overTime,
    chance: classes && chanceOfSame(classes),
    followed: inTurn(indices, classes).slice(0, follow),
  };
}

/** Posterior means of all images at one time. */
interface Encoded extends Points {
  posteriorStd: number;
}

async function encodeAll(
  model: Generator,
  images: ImageBatch,
  t: number,
  signal: AbortSignal,
): Promise<Encoded> {
  const values: number[] = [];
  let stds = 0;
  for await (const part of parts(images, signal)) {
    const { mu, std } = model.encode(part, { t });
    for (const value of mu) values.push(value);
    for (const value of std) stds += value;
  }
  const { count } = images;
  return { count, size: values.length / count, values, posteriorStd: stds / values.length };
}

/** One point an image and time: by image, and for each by time. */
function stack(atTimes: readonly Points[], count: number, size: number): Points {
  const values = new Float64Array(count * atTimes.length * size);
  atTimes.forEach((points, time) => {
    for (let image = 0; image < count; image++) {
      for (let k = 0; k < size; k++) {
        values[(image * atTimes.length + time) * size + k] = points.values[image * size + k]!;
      }
    }
  });
  return { count: count * atTimes.length, size, values };
}

function norm({ size, values }: Points, row: number): number {
  let sum = 0;
  for (let k = 0; k < size; k++) sum += values[row * size + k]! ** 2;
  return Math.sqrt(sum);
}

function chanceOfSame(classes: readonly (string | null)[]): number {
  const labelled = classes.filter((name) => name !== null);
  const counts = new Map<string, number>();
  for (const name of labelled) counts.set(name, (counts.get(name) ?? 0) + 1);
  const same = [...counts.values()].reduce((sum, n) => sum + n * (n - 1), 0);
  return same / (labelled.length * (labelled.length - 1));
}

/** Images in such an order that classes take turns; as they are without classes. */
function inTurn(indices: readonly number[], classes: readonly (string | null)[] | null): number[] {
  const seen = new Map<string | null, number>();
  return indices
    .map((image, at) => {
      const name = classes?.[at] ?? null;
      const round = seen.get(name) ?? 0;
      seen.set(name, round + 1);
      return { image, round: classes === null ? 0 : round };
    })
    .sort((a, b) => a.round - b.round)
    .map(({ image }) => image);
}
