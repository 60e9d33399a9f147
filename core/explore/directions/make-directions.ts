/** Makes directions of a run and keeps them in its folder: images are chosen and encoded, ways between them found and measured. */
import type { PackedDataset } from '../../data/packed.ts';
import { UserError } from '../../errors.ts';
import { runFolder } from '../../library.ts';
import type { Features } from '../../metrics/moments.ts';
import type { OutputOptions } from '../../output.ts';
import { checkOutput } from '../../output.ts';
import { weightsHash } from '../../run/checkpoint-hash.ts';
import { countOf } from '../../words.ts';
import { reencodingIndex } from '../../schedule/time-steps.ts';
import type { TimePoint } from '../api.ts';
import { encodeDataset } from '../neighbours/encodings.ts';
import { drawInCalls, type ModelNow } from '../parts.ts';
import { timeOf } from '../points/latents.ts';
import { rowOf, stacked } from '../points/vectors.ts';
import { checkIndices, type RunSupplies } from '../run-supplies.ts';
import {
  activeDimensions,
  classDirections,
  componentDirections,
  type FoundDirection,
  groupDirection,
} from './make.ts';
import type { DirectionFacts } from './direction-facts.ts';
import type { DirectionOrder, Group } from './direction-order.ts';
import { directionFile, saveDirection } from './store.ts';

export interface MakeDirectionsOptions extends OutputOptions {
  home: string;
  modelNow: ModelNow;
  supplies: RunSupplies;
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

export interface MadeDirections {
  /** Those that change the picture most first. */
  directions: DirectionFacts[];
  /** Dimensions of the latent that are in use (Burda et al. 2016), and all there are. */
  activeDimensions: number;
  dimensions: number;
}

const USUAL_IMAGES = 2000;
const GOLDEN = (Math.sqrt(5) - 1) / 2;
/** Pictures that the change along a direction is measured on. */
const LOOKS = 8;

/**
 * Makes directions and saves them.
 *
 * @throws UserError in one sentence: a group without images, no classes, a name that is taken; the signal's reason when aborted
 */
export async function makeDirections(
  order: DirectionOrder,
  options: MakeDirectionsOptions,
): Promise<MadeDirections> {
  const { home, modelNow, supplies, force } = options;
  const { manifest, step } = await modelNow();
  const folder = runFolder(home, manifest.id);
  if (order.make.kind === 'groups') checkOutput(directionFile(folder, order.name), { force });
  return supplies.withDataset(async (dataset) => {
    const at: TimePoint = order.at ?? { timeIndex: reencodingIndex(manifest.config.objective) };
    const weights = order.weights ?? 'ema';
    const chosen = await imagesFor(order, dataset);
    const checkpoint = await weightsHash(folder, step, weights);
    const { signal, onProgress } = options;
    const asked = { at, weights, indices: chosen.indices, checkpoint, signal, onProgress };
    const encodings = await encodeDataset(modelNow, dataset, asked);
    const found = chosen.find(encodings);
    const made: { facts: DirectionFacts; values: Float32Array }[] = [];
    for (const { direction, ...told } of found) {
      const change = await changeAlong(direction.values, encodings, at, weights, options);
      const { deviation, explained } = direction;
      const facts: DirectionFacts = {
        ...told,
        ...{ run: manifest.id, step, t: timeOf(await modelNow(), at), weights },
        ...{ images: encodings.count, deviation, explained, change, createdAt: new Date().toISOString() },
      };
      made.push({ facts, values: direction.values });
    }
    made.sort((a, b) => b.facts.change - a.facts.change);
    if (order.make.kind === 'components') {
      made.forEach(({ facts }, i) => (facts.name = numbered(order.name, i + 1)));
    }
    for (const { facts } of made) checkOutput(directionFile(folder, facts.name), { force });
    for (const direction of made) await saveDirection(folder, direction, { force });
    return {
      directions: made.map(({ facts }) => facts),
      activeDimensions: activeDimensions(encodings),
      dimensions: encodings.size,
    };
  });
}

type Told = Pick<DirectionFacts, 'name' | 'kind' | 'words'>;

/** Which images are encoded, and what is found in their encodings. */
interface Chosen {
  indices: Uint32Array;
  find: (encodings: Features) => (Told & { direction: FoundDirection })[];
}

async function imagesFor({ name, make, images }: DirectionOrder, dataset: PackedDataset): Promise<Chosen> {
  const some = spread(dataset.count, images ?? USUAL_IMAGES);
  if (make.kind === 'components') {
    return {
      indices: some,
      find: (encodings) =>
        componentDirections(encodings, make.count).map((direction, i) => ({
          direction,
          name: numbered(name, i + 1),
          kind: 'component',
          words: `a principal component of ${encodings.count} encodings`,
        })),
    };
  }
  const { classes = [] } = dataset.record;
  if (make.kind === 'classes') {
    const labels = await labelsOf(dataset);
    return {
      indices: some,
      find: (encodings) => {
        const own = Array.from(some, (image) => labels[image] ?? classes.length);
        return classDirections(encodings, own, classes.length).flatMap((direction, label) =>
          direction === null
            ? []
            : [
                {
                  direction,
                  name: classDirectionName(name, classes[label] ?? String(label)),
                  kind: 'class' as const,
                  words: `from all other classes to ${classes[label] ?? label}`,
                },
              ],
        );
      },
    };
  }
  const [from, to] = [await imagesOf(make.from, dataset), await imagesOf(make.to, dataset)];
  const all = Uint32Array.from(new Set([...some, ...from, ...to])).sort();
  const rows = new Map([...all].map((image, row) => [image, row]));
  const rowsOf = (group: readonly number[]): number[] => group.map((image) => rows.get(image) ?? 0);
  return {
    indices: all,
    find: (encodings) => [
      {
        direction: groupDirection(encodings, rowsOf(from), rowsOf(to)),
        name,
        kind: 'groups',
        words: `from ${groupWords(make.from, from.length)} to ${groupWords(make.to, to.length)}`,
      },
    ],
  };
}

function groupWords(group: Group, count: number): string {
  if ('label' in group) return `class ${group.label}`;
  return count === 1 ? `image ${group.indices[0] ?? 0}` : countOf(count, 'image');
}

/** Images of a class at most, spread over all there are. */
const MOST_OF_A_CLASS = 1000;

async function imagesOf(group: Group, dataset: PackedDataset): Promise<number[]> {
  if ('indices' in group) {
    checkIndices(dataset, group.indices);
    if (group.indices.length > 0) return group.indices;
    throw new UserError('A group has no images; choose at least one for each.');
  }
  const labels = await labelsOf(dataset);
  const { classes = [], name } = dataset.record;
  const named = classes.indexOf(group.label);
  const label = named >= 0 ? named : /^\d+$/.test(group.label) ? Number(group.label) : -1;
  if (label < 0 || label >= classes.length) {
    throw new UserError(
      `Data set "${name}" has no class "${group.label}"; it has ${classes.slice(0, 20).join(', ')}.`,
      {
        code: 'not-found',
      },
    );
  }
  const own: number[] = [];
  labels.forEach((value, image) => {
    if (value === label) own.push(image);
  });
  if (own.length === 0)
    throw new UserError(`Class "${group.label}" of "${name}" has no images; choose another.`);
  return Array.from(spread(own.length, MOST_OF_A_CLASS), (place) => own[place] ?? 0);
}

async function labelsOf(dataset: PackedDataset): Promise<Uint8Array | Uint16Array> {
  const labels = await dataset.labels();
  if (labels !== null) return labels;
  throw new UserError(
    `Data set "${dataset.record.name}" has no labels; choose images by their numbers, or take principal components.`,
  );
}

/**
 * So many numbers of 0 … count − 1 at most, evenly spread: one of each stretch of the same length, at a place within it that
 * goes by the golden ratio. At equal distances there would be few classes of a data set whose classes take turns.
 */
export function spread(count: number, most: number): Uint32Array {
  const wanted = Math.min(count, most);
  return Uint32Array.from({ length: wanted }, (_, i) =>
    Math.floor(((i + ((i * GOLDEN) % 1)) * count) / wanted),
  );
}

/** A name for one of several, in bounds. */
function numbered(name: string, number: number): string {
  return `${name.slice(0, 60)}-${number}`;
}

function classDirectionName(name: string, className: string): string {
  const plain = className.replace(/[^\p{L}\p{N} ._-]+/gu, '-').slice(0, 30);
  return `${name.slice(0, 32)}-${plain}`.trim();
}

/** Mean absolute change of a pixel from −1 to +1 standard deviation, black 0 and white 1, over some of the images. */
async function changeAlong(
  direction: Float32Array,
  encodings: Features,
  at: TimePoint,
  weights: 'ema' | 'raw',
  { modelNow, signal }: MakeDirectionsOptions,
): Promise<number> {
  const { count, size, values } = encodings;
  const rows = Array.from(spread(count, LOOKS), (row) => rowOf(values, row, size));
  const both = [-1, 1].flatMap((amount) =>
    rows.map((row) => row.map((value, i) => value + amount * direction[i]!)),
  );
  const z = stacked(both, size);
  const { images } = await drawInCalls(modelNow, (model) => model.decodeCalls(z, at, { weights }), signal);
  const half = images.data.length / 2;
  let sum = 0;
  for (let i = 0; i < half; i++) sum += Math.abs(images.data[i]! - images.data[half + i]!);
  return sum / half / 255;
}
