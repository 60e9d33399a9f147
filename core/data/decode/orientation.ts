/** EXIF orientation: reading it, and turning pixels upright. */
import type { RawImage } from './raw-image.ts';

/** EXIF's numbers 1 to 8; 1 is upright. */
export type Orientation = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8;

const ORIENTATION_TAG = 0x0112;
const SHORT = 3;

/**
 * The orientation that EXIF data holds; null when it holds none or is damaged.
 *
 * @param exif a TIFF structure, without the `Exif\0\0` that JPEG puts before it
 */
export function exifOrientation(exif: Uint8Array): Orientation | null {
  const view = new DataView(exif.buffer, exif.byteOffset, exif.byteLength);
  if (view.byteLength < 14) return null;
  const order = view.getUint16(0);
  if (order !== 0x4949 && order !== 0x4d4d) return null;
  const little = order === 0x4949;
  const directory = view.getUint32(4, little);
  if (directory + 2 > view.byteLength) return null;
  const entries = view.getUint16(directory, little);
  for (let i = 0; i < entries; i++) {
    const entry = directory + 2 + 12 * i;
    if (entry + 12 > view.byteLength) return null;
    if (view.getUint16(entry, little) !== ORIENTATION_TAG) continue;
    const value = view.getUint16(entry + 2, little) === SHORT ? view.getUint16(entry + 8, little) : 1;
    return value >= 1 && value <= 8 ? (value as Orientation) : 1;
  }
  return null;
}

/**
 * The orientation that XMP data holds, which counts where EXIF data holds none; null when it holds none either. What is
 * looked for is what Pillow looks for.
 */
export function xmpOrientation(xmp: Uint8Array): Orientation | null {
  const text = Buffer.from(xmp.buffer, xmp.byteOffset, xmp.byteLength).toString('latin1');
  const found = Number(/tiff:Orientation(?:="|>)([0-9])/.exec(text)?.[1] ?? 0);
  return found >= 1 && found <= 8 ? (found as Orientation) : null;
}

/** Turns and mirrors an image so that it stands upright. The image itself when it does already. */
export function upright(image: RawImage, orientation: Orientation): RawImage {
  if (orientation === 1) return image;
  const { height, width, channels, data } = image;
  const swapped = orientation >= 5;
  const result = new Uint8Array(data.length);
  const [newHeight, newWidth] = swapped ? [width, height] : [height, width];
  // Where the first pixel of the result lies in the image, and how far apart its neighbours are there.
  const right = [2, 3, 7, 8].includes(orientation) ? -1 : 1;
  const down = [3, 4, 6, 7].includes(orientation) ? -1 : 1;
  const start = (right < 0 ? width - 1 : 0) + (down < 0 ? (height - 1) * width : 0);
  const [stepX, stepY] = swapped ? [down * width, right] : [right, down * width];
  let to = 0;
  for (let y = 0; y < newHeight; y++) {
    for (let x = 0; x < newWidth; x++) {
      const from = (start + x * stepX + y * stepY) * channels;
      for (let c = 0; c < channels; c++) result[to++] = data[from + c]!;
    }
  }
  return { height: newHeight, width: newWidth, channels, data: result };
}
