/**
 * Points of latent space as data: an image, a draw, a saved latent, or what is made of others by arithmetic, variation,
 * breeding, directions and exchange. A point is an expression, so whatever is seen can be saved, undone, used as the end
 * of a path or made again by a command. What it comes to is worked out in `latents.ts`.
 */
import * as v from 'valibot';
import { DrawIdSchema } from '../draws/draw-record.ts';

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const seed = v.pipe(whole, v.maxValue(0xffffffff));
const amount = v.pipe(v.number(), v.finite(), v.minValue(-100), v.maxValue(100));
const text = v.pipe(v.string(), v.minLength(1), v.maxLength(4096));
/** Digits alone are a row's number. */
const rowName = v.pipe(
  text,
  v.check((name) => !/^\d{1,9}$/.test(name), 'digits are the number of a row'),
);

/** Positions of a spatial latent, row by row; a value of 1 takes all of it, 0 nothing. */
const mask = v.pipe(v.array(v.pipe(v.number(), v.minValue(0), v.maxValue(1))), v.maxLength(65_536));

/** Likewise; −1 takes all of it the other way. */
const signedMask = v.pipe(
  v.array(v.pipe(v.number(), v.minValue(-1), v.maxValue(1))),
  v.minLength(1),
  v.maxLength(65_536),
);

/** An image of the run's data set, by its index. */
export interface ImagePoint {
  kind: 'image';
  index: number;
}
/** An image file, brought into the form of the run's data set as an import would. */
export interface FilePoint {
  kind: 'file';
  file: string;
}
/** The sample of this number that `covae sample` draws with the seed. */
export interface SeedPoint {
  kind: 'seed';
  seed: number;
  number: number;
}
/** A sample of a draw that is kept with the run, as it was drawn, by its place. */
export interface DrawnPoint {
  kind: 'drawn';
  draw: string;
  index: number;
}
/** A latent of a file that `covae encode` wrote, by its row, or of one that the window exported, also by its name. */
export interface SavedPoint {
  kind: 'latent';
  file: string;
  row: number | string;
}
/** A latent by its values, encoded at time t. */
export interface ValuesPoint {
  kind: 'values';
  values: number[];
  t: number;
}
/** The image of the data set whose encoding is nearest to a point's; rank 1 is the nearest. */
export interface NeighbourPoint {
  kind: 'neighbour';
  of: KeyPoint;
  rank: number;
}
/** A − B + C. */
export interface SumPoint {
  kind: 'sum';
  a: KeyPoint;
  minus: KeyPoint;
  plus: KeyPoint;
}
/** A point and noise of a seed: √(1 − s²)·z + s·noise, where s = 0 is the point itself and 1 noise alone. */
export interface VariedPoint {
  kind: 'varied';
  of: KeyPoint;
  strength: number;
  seed: number;
}
/** A child: each position is taken from one parent, and a little noise is added. */
export interface ChildPoint {
  kind: 'child';
  parents: KeyPoint[];
  seed: number;
  /** As the strength of {@link VariedPoint}. */
  mutation: number;
}
/** A point moved along named directions, each so many of its standard deviations. */
export interface MovedPoint {
  kind: 'moved';
  of: KeyPoint;
  by: { direction: string; amount: number; mask?: number[] | undefined }[];
}
/** A point whose marked positions come from another. */
export interface ExchangedPoint {
  kind: 'exchanged';
  of: KeyPoint;
  with: KeyPoint;
  mask: number[];
}
/**
 * A point with some positions nudged: one channel of the latent is raised by the amount where the mask is 1, and lowered where it
 * is −1. A vector counts as one position with as many channels as it has numbers.
 */
export interface NudgedPoint {
  kind: 'nudged';
  of: KeyPoint;
  channel: number;
  amount: number;
  mask: number[];
}

export type KeyPoint =
  | ImagePoint
  | FilePoint
  | SeedPoint
  | DrawnPoint
  | SavedPoint
  | ValuesPoint
  | NeighbourPoint
  | SumPoint
  | VariedPoint
  | ChildPoint
  | MovedPoint
  | ExchangedPoint
  | NudgedPoint;

/** How deep expressions may go: a family tree of so many generations. */
export const MAX_DEPTH = 64;

const strength = v.pipe(v.number(), v.minValue(0), v.maxValue(1));
const point = v.lazy((): v.GenericSchema<KeyPoint> => PointShape);

const PointShape: v.GenericSchema<KeyPoint> = v.variant('kind', [
  v.strictObject({ kind: v.literal('image'), index: whole }),
  v.strictObject({ kind: v.literal('file'), file: text }),
  v.strictObject({ kind: v.literal('seed'), seed, number: whole }),
  v.strictObject({ kind: v.literal('drawn'), draw: DrawIdSchema, index: whole }),
  v.strictObject({ kind: v.literal('latent'), file: text, row: v.union([whole, rowName]) }),
  v.strictObject({
    kind: v.literal('values'),
    values: v.pipe(v.array(v.pipe(v.number(), v.finite())), v.minLength(1), v.maxLength(1_000_000)),
    t: v.pipe(v.number(), v.finite(), v.gtValue(0)),
  }),
  v.strictObject({ kind: v.literal('neighbour'), of: point, rank: v.pipe(whole, v.minValue(1)) }),
  v.strictObject({ kind: v.literal('sum'), a: point, minus: point, plus: point }),
  v.strictObject({ kind: v.literal('varied'), of: point, strength, seed }),
  v.strictObject({
    kind: v.literal('child'),
    parents: v.pipe(v.array(point), v.minLength(2), v.maxLength(9)),
    seed,
    mutation: strength,
  }),
  v.strictObject({
    kind: v.literal('moved'),
    of: point,
    by: v.pipe(
      v.array(v.strictObject({ direction: text, amount, mask: v.optional(mask) })),
      v.minLength(1),
      v.maxLength(64),
    ),
  }),
  v.strictObject({ kind: v.literal('exchanged'), of: point, with: point, mask }),
  v.strictObject({
    kind: v.literal('nudged'),
    of: point,
    channel: whole,
    amount,
    mask: signedMask,
  }),
]);

/** Checks an expression, whatever its origin. */
export const KeyPointSchema: v.GenericSchema<KeyPoint> = v.pipe(
  v.custom<KeyPoint>((value) => depthOf(value) <= MAX_DEPTH, 'a point made of too many others'),
  PointShape,
) as v.GenericSchema<KeyPoint>;

/** How deep objects lie within one another; counted before anything else looks inside. */
function depthOf(value: unknown): number {
  let depth = 0;
  let level: unknown[] = [value];
  while (level.length > 0 && depth <= 3 * MAX_DEPTH) {
    level = level.flatMap((item) =>
      typeof item === 'object' && item !== null ? (Object.values(item) as unknown[]) : [],
    );
    level = level.filter((item) => typeof item === 'object' && item !== null);
    depth++;
  }
  // A list of parents counts twice.
  return depth / 2;
}

/** The points that a point is made of directly. */
export function partsOf(of: KeyPoint): KeyPoint[] {
  switch (of.kind) {
    case 'image':
    case 'file':
    case 'seed':
    case 'drawn':
    case 'latent':
    case 'values':
      return [];
    case 'neighbour':
    case 'varied':
    case 'moved':
    case 'nudged':
      return [of.of];
    case 'sum':
      return [of.a, of.minus, of.plus];
    case 'child':
      return of.parents;
    case 'exchanged':
      return [of.of, of.with];
  }
}

/** Whether any part of an expression is of a kind. */
export function involves(of: KeyPoint, kind: KeyPoint['kind']): boolean {
  return of.kind === kind || partsOf(of).some((part) => involves(part, kind));
}

/**
 * A point as a word for people and for the command line, which {@link parsePoint} reads: `3`, `seed:5/2`, `photo.png`,
 * `draw:20260101T120000-seed-0-a1b2/7`, `latents.safetensors#4`, `near:3/1`; what is made of others as JSON.
 */
export function formatPoint(of: KeyPoint): string {
  switch (of.kind) {
    case 'image':
      return String(of.index);
    case 'seed':
      return of.number === 0 ? `seed:${of.seed}` : `seed:${of.seed}/${of.number}`;
    case 'file':
      return isPlainFile(of.file) ? of.file : `file:${of.file}`;
    case 'drawn':
      return `draw:${of.draw}/${of.index}`;
    case 'latent':
      return isPlainLatent(of) ? `${of.file}#${of.row}` : JSON.stringify(of);
    case 'neighbour':
      return of.of.kind === 'image' ? `near:${of.of.index}/${of.rank}` : JSON.stringify(of);
    case 'values':
    case 'sum':
    case 'varied':
    case 'child':
    case 'moved':
    case 'exchanged':
    case 'nudged':
      return JSON.stringify(of);
  }
}

/** The shortest beginning that ends as such a file does is the file. */
function isPlainLatent({ file, row }: SavedPoint): boolean {
  const read = parsePoint(`${file}#${row}`);
  return read?.kind === 'latent' && read.file === file && read.row === row;
}

function isPlainFile(file: string): boolean {
  const read = parsePoint(file);
  return read?.kind === 'file' && read.file === file;
}

/** The point that a word names, see {@link formatPoint}; null for none. Anything with a dot or a slash is a file. */
export function parsePoint(word: string): KeyPoint | null {
  const trimmed = word.trim();
  if (/^\d{1,9}$/.test(trimmed)) return { kind: 'image', index: Number(trimmed) };
  const image = /^image:(\d{1,9})$/.exec(trimmed)?.[1];
  if (image !== undefined) return { kind: 'image', index: Number(image) };
  const drawn = /^seed:(\d{1,10})(?:\/(\d{1,9}))?$/.exec(trimmed);
  if (drawn !== null) {
    const asked = { kind: 'seed', seed: Number(drawn[1]), number: Number(drawn[2] ?? 0) };
    return checked(asked);
  }
  const near = /^near:(\d{1,9})(?:\/(\d{1,6}))?$/.exec(trimmed);
  if (near !== null) {
    const of = { kind: 'image', index: Number(near[1]) };
    return checked({ kind: 'neighbour', of, rank: Number(near[2] ?? 1) });
  }
  const kept = /^draw:([\w-]{1,100})\/(\d{1,6})$/.exec(trimmed);
  if (kept !== null) return checked({ kind: 'drawn', draw: kept[1], index: Number(kept[2]) });
  if (trimmed.startsWith('{')) {
    try {
      return checked(JSON.parse(trimmed));
    } catch {
      return null;
    }
  }
  const saved = /^(.+?\.(?:safetensors|npz))(?:#(.+))?$/i.exec(trimmed);
  if (saved?.[1] !== undefined) {
    const row = saved[2] ?? '0';
    return checked({ kind: 'latent', file: saved[1], row: /^\d{1,9}$/.test(row) ? Number(row) : row });
  }
  if (trimmed.startsWith('file:')) return checked({ kind: 'file', file: trimmed.slice('file:'.length) });
  return /[./\\~]/.test(trimmed) ? { kind: 'file', file: trimmed } : null;
}

function checked(value: unknown): KeyPoint | null {
  const found = v.safeParse(KeyPointSchema, value);
  return found.success ? found.output : null;
}

/** What {@link parsePoint} reads, for sentences. */
export const POINT_WORDS =
  'an image of the data set by its number (3), a draw (seed:5), a kept sample (draw:ID/7), an image file (photo.png), a saved latent (z.safetensors#0, saved.safetensors#name) or a neighbour (near:3/1)';

/** A point in words, for captions: `image 3`, `sample 2 of seed 5`. */
export function pointWords(of: KeyPoint): string {
  switch (of.kind) {
    case 'image':
      return `image ${of.index}`;
    case 'file':
      return of.file.replace(/^.*[/\\]/, '');
    case 'seed':
      return of.number === 0 ? `seed ${of.seed}` : `seed ${of.seed}, sample ${of.number}`;
    case 'drawn':
      return `sample ${of.index} of a kept draw`;
    case 'latent':
      return `${of.file.replace(/^.*[/\\]/, '')}, ${typeof of.row === 'number' ? `row ${of.row}` : of.row}`;
    case 'values':
      return 'a saved latent';
    case 'neighbour':
      return `neighbour ${of.rank} of ${pointWords(of.of)}`;
    case 'sum':
      return `${pointWords(of.a)} − ${pointWords(of.minus)} + ${pointWords(of.plus)}`;
    case 'varied':
      return `a variation of ${pointWords(of.of)}`;
    case 'child':
      return `a child of ${of.parents.map(pointWords).join(' and ')}`;
    case 'moved':
      return `${pointWords(of.of)}, moved along ${of.by.map(({ direction }) => direction).join(', ')}`;
    case 'exchanged':
      return `${pointWords(of.of)} with a part of ${pointWords(of.with)}`;
    case 'nudged':
      return `${pointWords(of.of)}, nudged`;
  }
}
