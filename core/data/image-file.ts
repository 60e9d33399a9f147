/** Image files: finding them in a folder, and turning one into pixels. */
import fs from 'node:fs/promises';
import sharp from 'sharp';
import { MAX_PIXELS, UnusableImage } from './decode/unusable-image.ts';

export { listFiles } from './readers/list-files.ts';
export { UnusableImage };

/** Smaller images hold nothing to learn from. */
export const MIN_SIDE = 8;

export interface TargetShape {
  /** Side of the square result, in pixels. */
  size: number;
  channels: 1 | 3;
}

/**
 * Decodes a PNG or JPEG file, known by its content and not by its name, to size × size × channels bytes.
 *
 * In this order: turned upright by its EXIF orientation; converted to sRGB by its colour profile; transparency
 * laid on white; the largest square in the middle, resampled with a Lanczos kernel (a = 3) that is widened when
 * the image shrinks, or left alone when it has the size already; for one channel the luma of Rec. 601,
 * 0.299 R + 0.587 G + 0.114 B.
 *
 * @throws UnusableImage with the reason
 */
export async function decodeImageFile(file: string, target: TargetShape): Promise<Uint8Array> {
  await checkSignature(file);
  try {
    // Only the header is read here, so the limit is not needed yet, and the sentence can tell the size.
    const { width, height } = await sharp(file, { limitInputPixels: false }).metadata();
    checkSize(width, height);
    const options = { limitInputPixels: MAX_PIXELS, failOn: 'error', sequentialRead: true } as const;
    return await toPixels(sharp(file, options), target);
  } catch (error) {
    if (error instanceof UnusableImage) throw error;
    const text = error instanceof Error ? error.message : String(error);
    throw new UnusableImage(`damaged or truncated (${(text.split('\n').at(-1) ?? text).trim()})`);
  }
}

/** Resamples raw pixels the way {@link decodeImageFile} does. */
export async function resamplePixels(
  pixels: Uint8Array,
  shape: { height: number; width: number; channels: 1 | 3 },
  target: TargetShape,
): Promise<Uint8Array> {
  const same = shape.height === target.size && shape.width === target.size;
  if (same && shape.channels === target.channels) return pixels;
  return toPixels(sharp(pixels, { raw: shape }), target);
}

async function toPixels(image: sharp.Sharp, { size, channels }: TargetShape): Promise<Uint8Array> {
  const { data, info } = await image
    .autoOrient()
    .flatten({ background: '#ffffff' })
    .resize(size, size, { fit: 'cover', position: 'centre', kernel: 'lanczos3', fastShrinkOnLoad: false })
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const have = info.channels;
  if (info.width !== size || info.height !== size || (have !== 1 && have !== 3)) {
    throw new Error(`decoded to ${info.width} × ${info.height} × ${have}`);
  }
  if (have === channels) return new Uint8Array(data);
  const result = new Uint8Array(size * size * channels);
  for (let i = 0; i < size * size; i++) {
    if (channels === 1) {
      const [r = 0, g = 0, b = 0] = data.subarray(3 * i, 3 * i + 3);
      result[i] = Math.round((299 * r + 587 * g + 114 * b) / 1000);
    } else {
      result.fill(data[i] ?? 0, 3 * i, 3 * i + 3);
    }
  }
  return result;
}

function checkSize(width: number, height: number): void {
  if (width * height > MAX_PIXELS) {
    throw new UnusableImage(`${width} × ${height} pixels, more than the ${MAX_PIXELS / 1e6} million allowed`);
  }
  if (Math.min(width, height) < MIN_SIDE) {
    throw new UnusableImage(`${width} × ${height} pixels, less than the ${MIN_SIDE} a side that are needed`);
  }
}

const PNG_SIGNATURE = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
const JPEG_SIGNATURE = Buffer.from([0xff, 0xd8, 0xff]);

async function checkSignature(file: string): Promise<void> {
  const start = Buffer.alloc(8);
  let length: number;
  try {
    const handle = await fs.open(file, 'r');
    try {
      ({ bytesRead: length } = await handle.read(start, 0, 8, 0));
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new UnusableImage(`cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
  if (length === 0) throw new UnusableImage('empty file');
  if (start.equals(PNG_SIGNATURE) || start.subarray(0, 3).equals(JPEG_SIGNATURE)) return;
  throw new UnusableImage('not a PNG or JPEG image');
}
