/** One decoded image → the packed pixels of a data set. Pillow's arithmetic throughout, so that it can be held against. */
import type { RawImage } from '../decode/raw-image.ts';
import { type Plane, resample, resampleBilinear } from './resample.ts';
import type { ImportSettings } from './settings.ts';
import { roundHalfEven } from '../../rounding.ts';

/** What every image of a data set becomes. */
export interface Target extends Pick<ImportSettings, 'fit' | 'padColour' | 'background'> {
  /** Side in pixels. */
  size: number;
  channels: 1 | 3;
}

type Colour = readonly [number, number, number];

/**
 * Brings an image into a data set's form, in this order: transparency is laid on the background; colours become grey
 * by the luma of Rec. 601 where one channel is asked for; cut, distorted or laid on a square; resampled with a
 * Lanczos kernel. An image that has the form already stays as it is. With `celeba` the image must be of CelebA's size.
 *
 * @returns size × size × channels bytes; may be `image.data` itself
 */
export function prepareImage(image: RawImage, target: Target): Uint8Array {
  const { size, channels, fit } = target;
  const flat = inChannels(flatten(image, parseColour(target.background)), channels);
  if (fit === 'celeba') return face(flat, size);
  if (flat.width === size && flat.height === size) return flat.data;
  if (fit === 'stretch') return resample(flat, size, size, [0, 0, flat.width, flat.height]).data;
  return fit === 'crop' ? crop(flat, size) : pad(flat, size, parseColour(target.padColour));
}

/** The largest square in the middle, as Pillow's `ImageOps.fit`. */
function crop(image: Plane, size: number): Uint8Array {
  const { width, height } = image;
  const side = Math.min(width, height);
  const left = (width - side) * 0.5;
  const top = (height - side) * 0.5;
  return resample(image, size, size, [left, top, left + side, top + side]).data;
}

/** Size of CelebA's aligned images, and the square that the reference keeps of one. */
export const CELEBA = { width: 178, height: 218, left: 15, top: 40, side: 148 } as const;

/** The reference's cut of a face, then torchvision's `Resize` (its datamodules/celeba64_datamodule.py, `CropCelebA64`). */
function face({ width, channels, data }: Plane, size: number): Uint8Array {
  const { left, top, side } = CELEBA;
  const line = side * channels;
  const cut = new Uint8Array(side * line);
  for (let row = 0; row < side; row++) {
    const from = ((top + row) * width + left) * channels;
    cut.set(data.subarray(from, from + line), row * line);
  }
  return resampleBilinear({ width: side, height: side, channels, data: cut }, size, size).data;
}

/** The whole image in the middle of a coloured square, as Pillow's `ImageOps.pad`. */
function pad(image: Plane, size: number, colour: Colour): Uint8Array {
  const { width, height, channels } = image;
  const inner = { width: size, height: size };
  if (width > height) inner.height = Math.max(1, roundHalfEven((height / width) * size));
  if (height > width) inner.width = Math.max(1, roundHalfEven((width / height) * size));
  const { data } = resample(image, inner.width, inner.height, [0, 0, width, height]);
  const result = filled(size, channels, colour);
  const left = roundHalfEven((size - inner.width) * 0.5);
  const top = roundHalfEven((size - inner.height) * 0.5);
  const line = inner.width * channels;
  for (let row = 0; row < inner.height; row++) {
    result.set(data.subarray(row * line, (row + 1) * line), ((top + row) * size + left) * channels);
  }
  return result;
}

function filled(size: number, channels: 1 | 3, colour: Colour): Uint8Array {
  const result = new Uint8Array(size * size * channels);
  if (channels === 1) return result.fill(luma(...colour));
  for (let i = 0; i < result.length; i++) result[i] = colour[i % 3]!;
  return result;
}

/** An image without transparency: what there is of it is laid on white. */
export function laidOnWhite(image: RawImage): Plane {
  return flatten(image, [255, 255, 255]);
}

function flatten({ height, width, channels, data }: RawImage, background: Colour): Plane {
  if (channels !== 4) return { height, width, channels, data };
  const result = new Uint8Array(width * height * 3);
  for (let from = 0, to = 0; from < data.length; from += 4, to += 3) {
    const alpha = data[from + 3]!;
    for (let c = 0; c < 3; c++) {
      const sum = data[from + c]! * alpha + background[c]! * (255 - alpha) + 128;
      result[to + c] = ((sum >> 8) + sum) >> 8;
    }
  }
  return { height, width, channels: 3, data: result };
}

/** An image in grey, or in colour. Of a grey image that is stored as colours, grey has the same values. */
export function inChannels(image: Plane, channels: 1 | 3): Plane {
  if (image.channels === channels) return image;
  const { width, height, data } = image;
  const pixels = width * height;
  const result = new Uint8Array(pixels * channels);
  for (let i = 0; i < pixels; i++) {
    if (channels === 1) result[i] = luma(data[3 * i]!, data[3 * i + 1]!, data[3 * i + 2]!);
    else result[3 * i] = result[3 * i + 1] = result[3 * i + 2] = data[i]!;
  }
  return { width, height, channels, data: result };
}

/** 0.299 R + 0.587 G + 0.114 B in 16-bit fixed point. */
function luma(red: number, green: number, blue: number): number {
  return (red * 19595 + green * 38470 + blue * 7471 + 0x8000) >> 16;
}

/** `#rrggbb` → red, green, blue. */
export function parseColour(text: string): Colour {
  const value = Number.parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}
