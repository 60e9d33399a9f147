/** A handful of images at once, from what a source gives to packed pixels: the unit of work of the pool. */
import { createHash } from 'node:crypto';
import { decodeImage, decodeImages, type FoundImage, type Page } from '../decode/decode.ts';
import type { RawImage } from '../decode/raw-image.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import type { SignificantBits } from '../decode/wide.ts';
import { readImageFile } from '../readers/image-file.ts';
import { CELEBA, prepareImage, type Target } from './prepare.ts';
import { MIN_SIDE } from '../readers/caps.ts';

/** One image as the source gave it: a file to be read, the bytes of one, or pixels. */
export type Input =
  | { kind: 'file'; path: string | Uint8Array }
  | { kind: 'encoded'; bytes: Uint8Array }
  | ({ kind: 'raw' } & RawImage);

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

/** Where an image of a batch is from. */
export interface Found {
  /** Place of its input in the batch. */
  input: number;
  /** Null where its file has no other images. */
  page: Page | null;
  /** Of a file of 16 bits a value: as how many they were read. */
  bits?: SignificantBits;
}

export interface PreparedBatch {
  /** One for each image, in the order of the inputs. */
  found: Found[];
  /** One for each image: why it is left out, or null. */
  leftOut: (LeftOut | null)[];
  /** Pixels of the images that are not left out, one after another. */
  pixels: Uint8Array;
  /** The first {@link HASH_BYTES} of the SHA-256 of each one's pixels, one after another. */
  hashes: Uint8Array;
  /** What it took. */
  milliseconds: number;
}

export const HASH_BYTES = 16;
/** What the images of one file may take in memory, once they are prepared. */
const MAX_FILE_BYTES = 2 ** 29;
/** Reads, decodes, prepares and hashes some images. Those that cannot be used are left out, with the reason. */
export async function prepareBatch(
  inputs: readonly Input[],
  { target, minSide }: Recipe,
): Promise<PreparedBatch> {
  const started = performance.now();
  const perImage = target.size * target.size * target.channels;
  const most = Math.max(1, Math.floor(MAX_FILE_BYTES / perImage));
  let pixels = new Uint8Array(inputs.length * perImage);
  let hashes = new Uint8Array(inputs.length * HASH_BYTES);
  const found: Found[] = [];
  const leftOut: (LeftOut | null)[] = [];
  let kept = 0;
  for (const [i, input] of inputs.entries()) {
    let ofInput = 0;
    for await (const { page, image } of imagesOf(input)) {
      const isUnusable = image instanceof UnusableImage;
      found.push({ input: i, page, ...(!isUnusable && image.bits !== undefined && { bits: image.bits }) });
      if (++ofInput > most) {
        const reason = `the file has more images than the ${most.toLocaleString('en-US')} of this size allowed; split it`;
        leftOut.push({ reason, small: false });
        break;
      }
      const reason = isUnusable ? { reason: image.message, small: false } : unfit(image, minSide, target.fit);
      leftOut.push(reason);
      if (reason !== null || isUnusable) continue;
      const data = prepareImage(image, target);
      pixels = withRoom(pixels, (kept + 1) * perImage);
      hashes = withRoom(hashes, (kept + 1) * HASH_BYTES);
      pixels.set(data, kept * perImage);
      hashes.set(createHash('sha256').update(data).digest().subarray(0, HASH_BYTES), kept * HASH_BYTES);
      kept++;
    }
  }
  return {
    ...{ found, leftOut },
    pixels: pixels.subarray(0, kept * perImage),
    hashes: hashes.subarray(0, kept * HASH_BYTES),
    milliseconds: performance.now() - started,
  };
}

/** The bytes, with others behind them where they are too few. */
function withRoom(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (length <= bytes.length) return bytes;
  const more = new Uint8Array(Math.max(length, 2 * bytes.length));
  more.set(bytes);
  return more;
}

/** All images of an input, each decoded when it is asked for. */
export async function* imagesOf(input: Input): AsyncGenerator<FoundImage> {
  if (input.kind === 'raw') {
    yield { page: null, image: input };
    return;
  }
  let bytes: Uint8Array;
  try {
    bytes = input.kind === 'file' ? readImageFile(input.path) : input.bytes;
  } catch (error) {
    if (!(error instanceof UnusableImage)) throw error;
    yield { page: null, image: error };
    return;
  }
  yield* decodeImages(bytes);
}

/** The pixels of an input's first image, or why there are none. */
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
export function unfit(
  { width, height }: Pick<RawImage, 'width' | 'height'>,
  minSide: number,
  fit: Target['fit'],
): LeftOut | null {
  if (fit === 'celeba' && (width !== CELEBA.width || height !== CELEBA.height)) {
    const reason = `${width} × ${height} pixels, not the ${CELEBA.width} × ${CELEBA.height} of CelebA's aligned images`;
    return { reason, small: false };
  }
  const side = Math.min(width, height);
  if (side < MIN_SIDE) {
    const reason = `${width} × ${height} pixels, less than the ${MIN_SIDE} a side that are needed`;
    return { reason, small: false };
  }
  if (side >= minSide) return null;
  const reason = `${width} × ${height} pixels, less than the ${minSide} a side that were asked for`;
  return { reason, small: true };
}
