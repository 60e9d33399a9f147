/** One image file's bytes → pixels. */
import { decodeBmp } from './bmp.ts';
import { decodeGif } from './gif.ts';
import { imageFormat, notAnImage } from './format.ts';
import { decodeHeic } from './heic.ts';
import { decodeSmallJpeg, readJpegHeader } from './jpeg.ts';
import { upright } from './orientation.ts';
import { decodePngPixels, readPngParts } from './png.ts';
import { decodePnm } from './pnm.ts';
import type { RawImage } from './raw-image.ts';
import { decodeTiffPage, tiffPages } from './tiff.ts';
import type { TiffPage } from './tiff-pages.ts';
import { checkPixels, UnusableImage } from './unusable-image.ts';
import { decodeWithSharp } from './with-sharp.ts';

/** PNGs with more bytes of pixels than this are decoded row by row by libvips. */
const PNG_IN_MEMORY = 64 * 2 ** 20;
/** Up to so many pixels WebAssembly decodes a JPEG faster than libvips, start included. */
const SMALL_JPEG = 384 * 384;

/**
 * Decodes an image file: PNG, JPEG, WebP, AVIF, HEIC, GIF (its first frame), BMP, TIFF (its first page), PBM, PGM or PPM, known by
 * its content and not by its name. The pixels are those Pillow gives (`ImageOps.exif_transpose`, then `L`, `RGB` or
 * `RGBA`); of JPEG and lossy WebP, too, as the same libraries decode them: no value of the fixtures, of 1,500 photographs
 * of 32 × 32 pixels and of eight larger ones differs.
 *
 * - turned upright by the orientation in EXIF, else in XMP;
 * - colour profiles and gamma are passed over, so values are those in the file;
 * - of 16-bit values the upper eight bits count, of grey ones too, where Pillow would cut off at 255; those of a file
 *   that holds none above 4095 have 12 bits, and none above 255, 8 bits;
 * - CMYK becomes RGB by (255 − C) (255 − K) / 255.
 *
 * @param bytes the whole file
 * @returns uint8, height × width × channels: 1 for grey (also a palette that is all grey), 4 (RGBA) when there is
 *   transparency of any kind, else 3
 * @throws UnusableImage with the reason in few words
 */
export async function decodeImage(bytes: Uint8Array): Promise<RawImage> {
  if (bytes.length === 0) throw new UnusableImage('empty file');
  const format = imageFormat(bytes);
  switch (format) {
    case 'PNG': {
      const parts = readPngParts(bytes);
      if (parts.rawBytes > PNG_IN_MEMORY) return decodeWithSharp(bytes);
      return upright(decodePngPixels(parts), parts.orientation);
    }
    case 'JPEG': {
      const header = readJpegHeader(bytes);
      checkPixels(header.width, header.height);
      if (header.width * header.height <= SMALL_JPEG) {
        const image = await decodeSmallJpeg(bytes, header);
        if (image !== null) return upright(image, header.orientation);
      }
      return decodeWithSharp(bytes);
    }
    case 'HEIC':
      return decodeHeic(bytes);
    case 'BMP':
      return decodeBmp(bytes);
    case 'PNM':
      return decodePnm(bytes);
    case 'GIF':
      return decodeGif(bytes);
    case 'WebP':
    case 'AVIF':
      return decodeWithSharp(bytes);
    case 'TIFF': {
      const [page] = tiffPages(bytes) ?? [];
      return page === undefined ? decodeWithSharp(bytes) : decodeTiffPage(bytes, page);
    }
    case null:
      throw new UnusableImage(notAnImage(bytes));
  }
}

/** A page of a file: its number from 1, and how many there are. */
export interface Page {
  number: number;
  of: number;
}

/** An image within a file, or why it cannot be used. */
export interface FoundImage {
  /** Null where the file has no others. */
  page: Page | null;
  image: RawImage | UnusableImage;
}

/**
 * Decodes all images of a file: the pages of a TIFF, of any other format the one that {@link decodeImage} gives.
 *
 * @param bytes the whole file
 */
export async function* decodeImages(bytes: Uint8Array): AsyncGenerator<FoundImage> {
  const pages = pagesOf(bytes);
  if (pages === null) {
    yield { page: null, image: await decodeImage(bytes).catch(unusable) };
    return;
  }
  for (const [i, page] of pages.entries()) {
    const which = { number: i + 1, of: pages.length };
    yield { page: which, image: await decodeTiffPage(bytes, page).catch(unusable) };
  }
}

/** The pages of a TIFF that has several; null for all else. */
export function pagesOf(bytes: Uint8Array): TiffPage[] | null {
  if (imageFormat(bytes) !== 'TIFF') return null;
  const pages = tiffPages(bytes);
  return pages === null || pages.length < 2 ? null : pages;
}

function unusable(error: unknown): UnusableImage {
  if (error instanceof UnusableImage) return error;
  throw error;
}
