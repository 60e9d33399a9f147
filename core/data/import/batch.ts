/** A handful of images at once, from what a source gives to packed pixels: the unit of work of the pool. */
import { createHash } from 'node:crypto';
import { decodeImage } from '../decode/decode.ts';
import type { RawImage } from '../decode/raw-image.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { readImageFile } from '../readers/image-file.ts';
import { prepareImage, type Target } from './prepare.ts';

/** One image as the source gave it: a file to be read, the bytes of one, or pixels. */
export type Input =
  { kind: 'file'; path: string } | { kind: 'encoded'; bytes: Uint8Array } | ({ kind: 'raw' } & RawImage);

/** What is to be done with the images of an import. */
export interface Recipe {
  target: Target;
  /** Images with a shorter side are left out. */
  minSide: number;
}

export interface LeftOut {
  reason: string;
  /** Left out for the smallest side that was asked for. */
  small: boolean;
}

export interface PreparedBatch {
  /** One for each input: why it is left out, or null. */
  leftOut: (LeftOut | null)[];
  /** Pixels of the images that are not left out, one after another. */
  pixels: Uint8Array;
  /** The first {@link HASH_BYTES} of the SHA-256 of each one's pixels, one after another. */
  hashes: Uint8Array;
  /** What it took. */
  milliseconds: number;
}

export const HASH_BYTES = 16;
/** Smaller images hold nothing to learn from. */
const LEAST_SIDE = 8;

/** Reads, decodes, prepares and hashes some images. Those that cannot be used are left out, with the reason. */
export async function prepareBatch(
  inputs: readonly Input[],
  { target, minSide }: Recipe,
): Promise<PreparedBatch> {
  const started = performance.now();
  const perImage = target.size * target.size * target.channels;
  const pixels = new Uint8Array(inputs.length * perImage);
  const hashes = new Uint8Array(inputs.length * HASH_BYTES);
  const leftOut: (LeftOut | null)[] = [];
  let kept = 0;
  for (const input of inputs) {
    const image = await decodeInput(input);
    const reason = 'reason' in image ? { reason: image.reason, small: false } : tooSmall(image, minSide);
    leftOut.push(reason);
    if (reason !== null || 'reason' in image) continue;
    const data = prepareImage(image, target);
    pixels.set(data, kept * perImage);
    hashes.set(createHash('sha256').update(data).digest().subarray(0, HASH_BYTES), kept * HASH_BYTES);
    kept++;
  }
  return {
    leftOut,
    pixels: pixels.subarray(0, kept * perImage),
    hashes: hashes.subarray(0, kept * HASH_BYTES),
    milliseconds: performance.now() - started,
  };
}

/** An input's pixels, or why there are none. */
export async function decodeInput(input: Input): Promise<RawImage | { reason: string }> {
  if (input.kind === 'raw') return input;
  try {
    return await decodeImage(input.kind === 'file' ? readImageFile(input.path) : input.bytes);
  } catch (error) {
    if (error instanceof UnusableImage) return { reason: error.message };
    throw error;
  }
}

/** Why an image of this size is left out; null when it is not. */
export function tooSmall(
  { width, height }: Pick<RawImage, 'width' | 'height'>,
  minSide: number,
): LeftOut | null {
  const side = Math.min(width, height);
  if (side < LEAST_SIDE) {
    const reason = `${width} × ${height} pixels, less than the ${LEAST_SIDE} a side that are needed`;
    return { reason, small: false };
  }
  if (side >= minSide) return null;
  const reason = `${width} × ${height} pixels, less than the ${minSide} a side that were asked for`;
  return { reason, small: true };
}
