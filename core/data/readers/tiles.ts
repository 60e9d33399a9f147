/** One large image cut into squares. */
import path from 'node:path';
import type { Metadata } from 'sharp';
import { UserError } from '../../errors.ts';
import { readProblem } from '../../files.ts';
import { openToRead } from '../../read-file.ts';
import { decodeImage } from '../decode/decode.ts';
import { HEAD_BYTES, imageFormat, notAnImage } from '../decode/format.ts';
import { type Orientation, upright } from '../decode/orientation.ts';
import type { RawImage } from '../decode/raw-image.ts';
import { MAX_PIXELS, UnusableImage } from '../decode/unusable-image.ts';
import { decodeRows, headerWithSharp, orientationOf } from '../decode/with-sharp.ts';
import { MAX_BAND_BYTES, MAX_ROWS, MAX_TILED_PIXELS } from './caps.ts';
import { readImageFile } from './image-file.ts';
import type { ImageSource, SourceItem, SourceRequest } from './source.ts';
import { spread } from './spread.ts';
import { countOf } from './words.ts';

export const DEFAULT_TILE = 64;
const MIN_TILE = 8;
const MAX_TILE = 1024;
/** Rows of tiles that a preview looks at: each costs decoding all rows above it. */
const PREVIEW_ROWS = 4;

/** An image of which stretches of rows can be had, in the orientation it is stored in. */
interface TiledImage {
  width: number;
  height: number;
  orientation: Orientation;
  rows(top: number, height: number): Promise<RawImage>;
}

/**
 * Tiles of one image, row by row; what is left over at the right and at the bottom is not used. An image of more than
 * 128 MB of pixels is decoded in bands of that size.
 *
 * @param tile side and distance in pixels; 64 and the side when left out
 * @throws UserError in one sentence
 */
export async function openTiles(file: string, tile: SourceRequest['tile']): Promise<ImageSource> {
  const name = path.resolve(file);
  const size = tile?.size ?? DEFAULT_TILE;
  const stride = tile?.stride ?? size;
  if (!Number.isInteger(size) || size < MIN_TILE || size > MAX_TILE) {
    throw new UserError(`Tiles can have ${MIN_TILE} to ${MAX_TILE} pixels a side, not ${size}.`);
  }
  if (!Number.isInteger(stride) || stride < 1 || stride > MAX_TILE) {
    throw new UserError(`Tiles can lie 1 to ${MAX_TILE} pixels apart, not ${stride}.`);
  }
  const image = await openImage(name);
  const { width, height, orientation } = image;
  if (Math.min(width, height) < size) {
    throw new UserError(`${name} has ${width} × ${height} pixels, less than one tile of ${size} × ${size}.`, {
      code: 'unreadable',
      file: name,
    });
  }
  const across = Math.floor((width - size) / stride) + 1;
  const down = Math.floor((height - size) / stride) + 1;
  if (across * down > MAX_ROWS) {
    throw new UserError(
      `${name} gives ${countOf(across * down, 'tile')}, too many; put them farther apart.`,
      { code: 'unreadable', file: name },
    );
  }

  const cut = (band: RawImage, top: number, column: number, row: number): SourceItem => {
    const [x, y] = [column * stride, row * stride];
    const part = upright(crop(band, x, y - top, size), orientation);
    return {
      file: `${path.basename(name)} at ${x}, ${y}`,
      className: null,
      content: { kind: 'raw', ...part },
    };
  };
  const first = await image.rows(0, size);
  const rowBytes = width * first.channels;
  // As many rows of tiles at once as have room, one at least.
  const atOnce = Math.max(1, Math.floor((MAX_BAND_BYTES / rowBytes - size) / stride) + 1);
  const apart = stride === size ? '' : `, ${countOf(stride, 'pixel')} apart`;
  return {
    kind: 'tiles',
    description: `An image of ${width} × ${height} pixels, cut into ${countOf(across * down, 'tile')} of ${size} × ${size}${apart}.`,
    total: across * down,
    classNames: null,
    unlabelled: 0,
    shape: { height: size, width: size, channels: first.channels },
    async *items(signal) {
      for (let from = 0; from < down; from += atOnce) {
        signal?.throwIfAborted();
        const to = Math.min(down, from + atOnce);
        const band = await image.rows(from * stride, (to - 1 - from) * stride + size);
        for (let row = from; row < to; row++) {
          for (let column = 0; column < across; column++) {
            signal?.throwIfAborted();
            yield cut(band, from * stride, column, row);
          }
        }
      }
    },
    async preview(count, signal) {
      const items: SourceItem[] = [];
      const rows = spread(down, Math.min(PREVIEW_ROWS, count));
      for (const [i, row] of rows.entries()) {
        signal?.throwIfAborted();
        const band = await image.rows(row * stride, size);
        const share = Math.ceil((count - items.length) / (rows.length - i));
        items.push(...spread(across, share).map((column) => cut(band, row * stride, column, row)));
      }
      return items;
    },
    close: async () => undefined,
  };
}

function crop({ width, channels, data }: RawImage, left: number, top: number, size: number): RawImage {
  const result = new Uint8Array(size * size * channels);
  for (let y = 0; y < size; y++) {
    const from = ((top + y) * width + left) * channels;
    result.set(data.subarray(from, from + size * channels), y * size * channels);
  }
  return { height: size, width: size, channels, data: result };
}

async function openImage(name: string): Promise<TiledImage> {
  try {
    const format = imageFormat(await headOf(name));
    if (format === null) throw new UnusableImage(notAnImage(await headOf(name)));
    if (format === 'BMP' || format === 'PNM' || format === 'HEIC') return await wholeImage(name);
    const metadata = await headerWithSharp(name);
    const { width, height } = metadata;
    if (width * height * 4 <= MAX_BAND_BYTES) return await wholeImage(name);
    return bandedImage(name, metadata);
  } catch (error) {
    throw asUserError(error, name);
  }
}

async function headOf(name: string): Promise<Uint8Array> {
  try {
    const handle = await openToRead(name);
    try {
      const head = new Uint8Array(HEAD_BYTES);
      const { bytesRead } = await handle.read(head, 0, HEAD_BYTES, 0);
      return head.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readProblem(error, name);
  }
}

async function wholeImage(name: string): Promise<TiledImage> {
  const image = await decodeImage(readImageFile(name));
  const { width, height, channels, data } = image;
  return {
    ...{ width, height, orientation: 1 },
    rows: async (top, rows) => ({
      ...{ width, height: rows, channels },
      data: data.subarray(top * width * channels, (top + rows) * width * channels),
    }),
  };
}

function bandedImage(name: string, metadata: Metadata): TiledImage {
  const { width, height, isProgressive } = metadata;
  // The passes of such a file are put together in memory.
  const most = isProgressive ? MAX_PIXELS : MAX_TILED_PIXELS;
  if (width * height > most) {
    const which = isProgressive ? 'an interlaced or progressive image' : 'an image';
    throw new UserError(
      `${name} has ${width} × ${height} pixels, more than the ${most / 1e6} million that ${which} may have to be cut into tiles; cut it in parts first.`,
      { code: 'unreadable', file: name },
    );
  }
  return {
    ...{ width, height, orientation: orientationOf(metadata) },
    async rows(top, rows) {
      try {
        return await decodeRows(name, metadata, { top, height: rows });
      } catch (error) {
        throw asUserError(error, name);
      }
    },
  };
}

function asUserError(error: unknown, name: string): unknown {
  if (!(error instanceof UnusableImage)) return error;
  return new UserError(`${name} cannot be cut into tiles: ${error.message}.`, {
    code: 'unreadable',
    file: name,
  });
}
