/** Strips and tiles of TIFF files, unpacked. */
import zlib from 'node:zlib';
import { decompressZstd } from 'hyparquet-compressors';
import { errorCode } from '../../files.ts';
import { unpackLzw } from './lzw.ts';
import type { TiffPage } from './tiff-pages.ts';
import { damaged, endsEarly } from './unusable-image.ts';

const NONE = 1;
const LZW = 5;
const DEFLATE = 8;
const OLD_DEFLATE = 32_946;
const PACK_BITS = 32_773;
const ZSTD = 50_000;
const YCBCR = 6;

/** Those that are unpacked here. */
export const TIFF_COMPRESSIONS: readonly number[] = [NONE, LZW, DEFLATE, OLD_DEFLATE, PACK_BITS, ZSTD];

/**
 * The samples of a strip or tile, pixel by pixel, of `rows` rows; of YCbCr with the colour differences repeated.
 *
 * @param together samples of a pixel that lie together
 * @throws UnusableImage when it is damaged or ends early
 */
export function readTiffBlock(
  bytes: Uint8Array,
  page: TiffPage,
  number: number,
  rows: number,
  together: number,
): Uint8Array | Uint16Array {
  const { block, bits, compression, littleEndian, photometric, predictor, subsampling } = page;
  const wide = bits[0] === 16;
  const [across = 1, down = 1] = photometric === YCBCR ? subsampling : [1, 1];
  const isPacked = across !== 1 || down !== 1;
  if (isPacked && ![1, 2, 4].includes(across))
    throw damaged('its colours have a resolution that TIFF does not know');
  if (isPacked && ![1, 2, 4].includes(down))
    throw damaged('its colours have a resolution that TIFF does not know');
  const size = isPacked
    ? Math.ceil(block.width / across) * Math.ceil(rows / down) * (across * down + 2)
    : block.width * rows * together * (wide ? 2 : 1);
  const offset = page.offsets[number]!;
  // Bytes that are not compressed are there, whatever their number is said to be.
  const count = compression === NONE ? size : (page.byteCounts[number] ?? 0);
  if (offset + count > bytes.length) throw endsEarly();
  const data = unpacked(bytes.subarray(offset, offset + count), compression, size);
  if (isPacked) return spreadColours(data, block.width, rows, [across, down]);
  const samples = wide ? readWide(data, littleEndian) : data;
  if (predictor === 2) addDifferences(samples, block.width * together, together);
  return samples;
}

/** @returns `size` bytes of its own */
function unpacked(data: Uint8Array, compression: number, size: number): Uint8Array {
  let result: Uint8Array;
  switch (compression) {
    case NONE:
      return data.slice();
    case LZW: {
      // No code gives more bytes than there are codes.
      if (size > 2 ** 20 + 3000 * data.length) throw endsEarly();
      result = new Uint8Array(size);
      if (data[0] === 0 && (data[1]! & 1) === 1) throw damaged('LZW as TIFF had it before 1992');
      if (unpackLzw(data, result, { symbolBits: 8, highestFirst: true }) < size) throw endsEarly();
      return result;
    }
    case PACK_BITS:
      return unpackBits(data, size);
    case ZSTD:
      result = unpackZstd(data, size);
      break;
    default:
      result = inflate(data, size);
  }
  if (result.length < size) throw endsEarly();
  return result.slice(0, size);
}

function inflate(data: Uint8Array, size: number): Uint8Array {
  try {
    // Some writers fill up the last strip.
    return zlib.inflateSync(data, { maxOutputLength: 2 * size + 2 ** 16 });
  } catch (error) {
    if (errorCode(error) === 'Z_BUF_ERROR') throw endsEarly();
    if (errorCode(error) === 'ERR_BUFFER_TOO_LARGE')
      throw damaged('it holds more pixels than its header says');
    if (errorCode(error) === null) throw error;
    throw damaged('its compressed pixels are damaged');
  }
}

/** How much a frame of zstd says it holds, by which memory is taken for it; null when it does not say. */
function zstdSize(data: Uint8Array): number | null {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (data.length < 14 || view.getUint32(0, true) !== 0xfd2fb528) return null;
  const descriptor = data[4]!;
  const single = (descriptor & 0x20) !== 0;
  const at = 5 + (single ? 0 : 1) + [0, 1, 2, 4][descriptor & 3]!;
  switch (descriptor >> 6) {
    case 0:
      return single ? data[at]! : null;
    case 1:
      return view.getUint16(at, true) + 256;
    case 2:
      return view.getUint32(at, true);
    default:
      return Number(view.getBigUint64(at, true));
  }
}

function unpackZstd(data: Uint8Array, size: number): Uint8Array {
  const told = data.length < 24 ? null : zstdSize(data);
  if (told !== null && told > 2 * size + 2 ** 16) throw damaged('it holds more pixels than its header says');
  try {
    return decompressZstd(data);
  } catch {
    throw damaged('its compressed pixels are damaged');
  }
}

function unpackBits(data: Uint8Array, size: number): Uint8Array {
  // Two bytes give 128 at most.
  if (size > 64 * data.length) throw endsEarly();
  const result = new Uint8Array(size);
  for (let at = 0, to = 0; to < size;) {
    const head = data[at++];
    if (head === undefined) throw endsEarly();
    if (head < 128) {
      const run = data.subarray(at, at + Math.min(head + 1, size - to));
      if (run.length < Math.min(head + 1, size - to)) throw endsEarly();
      result.set(run, to);
      to += run.length;
      at += head + 1;
    } else if (head > 128) {
      const value = data[at++];
      if (value === undefined) throw endsEarly();
      const end = Math.min(size, to + 257 - head);
      result.fill(value, to, end);
      to = end;
    }
  }
  return result;
}

function readWide(data: Uint8Array, little: boolean): Uint16Array {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const result = new Uint16Array(data.length / 2);
  for (let i = 0; i < result.length; i++) result[i] = view.getUint16(2 * i, little);
  return result;
}

function addDifferences(samples: Uint8Array | Uint16Array, perRow: number, together: number): void {
  for (let row = 0; row < samples.length; row += perRow) {
    for (let i = row + together; i < row + perRow; i++) samples[i]! += samples[i - together]!;
  }
}

/** Units of a few brightnesses and two colour differences → all three for each pixel. */
function spreadColours(
  data: Uint8Array,
  width: number,
  rows: number,
  [across, down]: readonly [number, number],
): Uint8Array {
  const result = new Uint8Array(width * rows * 3);
  const units = Math.ceil(width / across);
  const unit = across * down + 2;
  for (let y = 0; y < rows; y++) {
    for (let x = 0; x < width; x++) {
      const from = (Math.floor(y / down) * units + Math.floor(x / across)) * unit;
      const to = (y * width + x) * 3;
      result[to] = data[from + (y % down) * across + (x % across)]!;
      result[to + 1] = data[from + unit - 2]!;
      result[to + 2] = data[from + unit - 1]!;
    }
  }
  return result;
}
