/** A handful of images at once, from what a source gives to packed pixels: the unit of work of the pool. */
import { createHash } from 'node:crypto';
import { sentenceOf } from '../../errors.ts';
import { decodeImage } from '../decode/decode.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import type { RawImage } from '../readers/source.ts';
import { prepareImage, type Target } from './prepare.ts';

/** One image as the source gave it. */
export type Input = { kind: 'encoded'; bytes: Uint8Array } | ({ kind: 'raw' } & RawImage);

/** What is to be done with the images of an import. */
export interface Recipe {
  target: Target;
  /** Images with a shorter side are left out. */
  minSide: number;
}

/** What became of one image: its size as it was, or why it is left out. */
export type Outcome = { width: number; height: number; leftOut: null } | { leftOut: LeftOut };

export interface LeftOut {
  reason: string;
  /** Left out for the smallest side that was asked for. */
  small: boolean;
}

export interface PreparedBatch {
  /** One for each input. */
  outcomes: Outcome[];
  /** Pixels of the images that are not left out, one after another. */
  pixels: Uint8Array;
  /** The first {@link HASH_BYTES} of the SHA-256 of each one's pixels, one after another. */
  hashes: Uint8Array;
}

export const HASH_BYTES = 16;
/** Smaller images hold nothing to learn from. */
const LEAST_SIDE = 8;

/** Decodes, prepares and hashes some images. Those that cannot be used are left out, with the reason. */
export async function prepareBatch(inputs: readonly Input[], recipe: Recipe): Promise<PreparedBatch> {
  const { size, channels } = recipe.target;
  const perImage = size * size * channels;
  const pixels = new Uint8Array(inputs.length * perImage);
  const hashes = new Uint8Array(inputs.length * HASH_BYTES);
  const outcomes: Outcome[] = [];
  let kept = 0;
  for (const input of inputs) {
    const { outcome, data } = await prepareOne(input, recipe);
    outcomes.push(outcome);
    if (data === null) continue;
    pixels.set(data, kept * perImage);
    hashes.set(createHash('sha256').update(data).digest().subarray(0, HASH_BYTES), kept * HASH_BYTES);
    kept++;
  }
  return {
    outcomes,
    pixels: pixels.subarray(0, kept * perImage),
    hashes: hashes.subarray(0, kept * HASH_BYTES),
  };
}

/** Decodes and prepares one image; `data` is null when it is left out. */
export async function prepareOne(
  input: Input,
  { target, minSide }: Recipe,
): Promise<{ outcome: Outcome; data: Uint8Array | null }> {
  try {
    const image = input.kind === 'raw' ? input : await decodeImage(input.bytes);
    const { width, height } = image;
    const side = Math.min(width, height);
    const least = Math.max(LEAST_SIDE, minSide);
    if (side < least) {
      const reason =
        side < LEAST_SIDE
          ? `${width} × ${height} pixels, less than the ${LEAST_SIDE} a side that are needed`
          : `${width} × ${height} pixels, less than the ${minSide} a side that were asked for`;
      return { outcome: { leftOut: { reason, small: side >= LEAST_SIDE } }, data: null };
    }
    return { outcome: { width, height, leftOut: null }, data: prepareImage(image, target) };
  } catch (error) {
    if (!(error instanceof UnusableImage)) throw error;
    return { outcome: { leftOut: { reason: sentenceOf(error), small: false } }, data: null };
  }
}
