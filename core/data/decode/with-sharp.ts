/** Decoding by libvips. */
import sharp from 'sharp';
import { type Orientation, upright, xmpOrientation } from './orientation.ts';
import type { RawImage } from './raw-image.ts';
import { cmykToRgb } from './colours.ts';
import { checkPixels, damaged, endsEarly, MAX_PIXELS, UnusableImage } from './unusable-image.ts';
import { narrowed } from './wide.ts';
import { countOf } from '../../words.ts';

/** A stretch of whole rows. */
export interface Rows {
  top: number;
  height: number;
}

/**
 * Decodes an image that libvips knows and turns it upright. Colour profiles are passed over; 16 bits are brought to eight
 * by `narrowed`.
 *
 * @param page number of the page of those that there are
 * @throws UnusableImage with the reason
 */
export async function decodeWithSharp(bytes: Uint8Array, page = 0): Promise<RawImage> {
  return told(async () => {
    // Only the header is read here, so the limit is not needed yet, and the sentence can tell the size.
    const which = page === 0 ? {} : { page };
    const metadata = await sharp(bytes, { limitInputPixels: false, ...which }).metadata();
    checkPixels(metadata.width, metadata.height);
    const image = sharp(bytes, { ...OPTIONS, ...which, limitInputPixels: MAX_PIXELS });
    if (metadata.orientation !== undefined) return pixelsOf(image.autoOrient(), metadata, true);
    return upright(await pixelsOf(image, metadata, true), orientationOf(metadata));
  });
}

/** The orientation by EXIF, else by XMP. */
export function orientationOf({ format, orientation, xmp }: sharp.Metadata): Orientation {
  if (orientation !== undefined)
    return orientation >= 1 && orientation <= 8 ? (orientation as Orientation) : 1;
  // AVIF is turned by its decoder.
  return (xmp === undefined || format === 'heif' ? null : xmpOrientation(xmp)) ?? 1;
}

/** What the header of an image file says, without decoding it. @throws UnusableImage */
export async function headerWithSharp(file: string): Promise<sharp.Metadata> {
  return told(() => sharp(file, { limitInputPixels: false }).metadata());
}

/**
 * Decodes some rows of a large image file as {@link decodeWithSharp} does, but not turned upright. Memory is that of the
 * rows; the time that of the rows above, too.
 *
 * @throws UnusableImage with the reason
 */
export async function decodeRows(file: string, metadata: sharp.Metadata, rows: Rows): Promise<RawImage> {
  const region = { left: 0, width: metadata.width, ...rows };
  return told(() =>
    pixelsOf(sharp(file, { ...OPTIONS, limitInputPixels: false }).extract(region), metadata, false),
  );
}

const OPTIONS = { failOn: 'error', sequentialRead: true, ignoreIcc: true } as const;

/** Has errors of libvips told as reasons. */
async function told<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UnusableImage) throw error;
    throw reasonOf(error instanceof Error ? error.message : String(error));
  }
}

/** What libvips and the libraries below it say of data that ends early, and of forms they do not have. */
const ENDS_EARLY =
  /premature end|Unexpected end|Read error|Seek error|Not enough data|out of (?:data|order)|unable to read (?:rest|data)/i;
const NOT_READ =
  /not implemented|unsupported (?:colou?r|tiff|bit)|not a whole number of bytes|not supported/i;

/** Their messages name functions and scan lines; a reason says what a person can see or do. */
function reasonOf(message: string): UnusableImage {
  const last = message.trim().split('\n').at(-1) ?? message;
  if (ENDS_EARLY.test(last)) return endsEarly();
  if (NOT_READ.test(last)) return new UnusableImage('of a form that is not read; save it as PNG');
  return damaged(
    /corrupt header|unsupported image format/.test(message)
      ? 'its header cannot be read'
      : 'its pixels cannot be decoded',
  );
}

async function pixelsOf(
  image: sharp.Sharp,
  { space, depth, channels, format }: sharp.Metadata,
  isWhole: boolean,
): Promise<RawImage> {
  if (depth !== 'uchar' && depth !== 'ushort' && depth !== 'char') {
    throw new UnusableImage(
      'pixels that are not whole numbers of 1 to 16 bits; save it with 8 or 16 bits a value',
    );
  }
  const wide = depth === 'ushort' && space !== 'cmyk';
  if (space === 'cmyk') image.pipelineColourspace('cmyk').toColourspace('cmyk');
  // Grey with opacity would lose it as grey.
  else if (channels === 1) image.toColourspace(wide ? 'grey16' : 'b-w');
  else image.toColourspace(wide ? 'rgb16' : 'srgb');
  const { data, info } = await image
    .raw({ depth: wide ? 'ushort' : 'uchar' })
    .toBuffer({ resolveWithObject: true });
  const { height, width } = info;
  const found = info.channels;
  if (space === 'cmyk' && found === 4) return cmykToRgb(data, height, width);
  if (space === 'cmyk' || (found !== 1 && found !== 3 && found !== 4)) {
    throw new UnusableImage(`${countOf(found, 'channel')}, of which 1 to 4 are read; save it as PNG`);
  }
  if (!wide) return { height, width, channels: found, data };
  const values = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  // Parts of an image are alike whatever is in them, and AVIF says how many bits it has.
  if (!isWhole || format === 'heif') {
    return { height, width, channels: found, data: Uint8Array.from(values, (value) => value >> 8) };
  }
  const { data: pixels, bits } = narrowed(values, found, found === 4 ? 3 : found);
  return { height, width, channels: found, data: pixels, bits };
}
