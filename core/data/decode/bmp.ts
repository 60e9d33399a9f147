/** BMP files of Windows and OS/2: 1 to 32 bits, palettes, bit fields, run lengths. */
import { lookUp, makePalette } from './palette.ts';
import type { RawImage } from './raw-image.ts';
import { checkPixels, damaged, endsEarly, UnusableImage } from './unusable-image.ts';

const FILE_HEADER = 14;
const CORE_HEADER = 12;
const INFO_HEADER = 40;
/** An image of run lengths may have so many pixels that are told by nothing. */
const MAX_JUMPED = 1_000_000;

const Compression = {
  none: 0,
  rle8: 1,
  rle4: 2,
  bitFields: 3,
  jpeg: 4,
  png: 5,
  alphaBitFields: 6,
} as const;

interface Header {
  width: number;
  height: number;
  topDown: boolean;
  bits: number;
  compression: number;
  /** Red, green, blue, alpha; 0 where there is none. */
  masks: [number, number, number, number];
  /** Offsets in the file. */
  palette: number;
  paletteColours: number;
  paletteEntryBytes: 3 | 4;
  pixels: number;
}

/**
 * Decodes a BMP file. The fourth byte of 32-bit pixels is opacity only where the header says so by a mask; a palette
 * that is all grey gives one channel.
 *
 * @throws UnusableImage with the reason
 */
export function decodeBmp(bytes: Uint8Array): RawImage {
  const header = readHeader(bytes);
  const { width, height, bits } = header;
  if (bits <= 8) {
    const indices = readIndices(bytes, header);
    if (!header.topDown) flipRows(indices, width);
    const bytesAt = bytes.subarray(header.palette, header.pixels);
    const { paletteColours, paletteEntryBytes } = header;
    const count = Math.min(paletteColours, Math.floor(bytesAt.length / paletteEntryBytes));
    const colours = new Uint8Array(count * 3);
    for (let i = 0; i < count; i++) {
      for (let c = 0; c < 3; c++) colours[3 * i + c] = bytesAt[i * paletteEntryBytes + 2 - c]!;
    }
    return lookUp(indices, height, width, makePalette(colours));
  }
  return readColours(bytes, header);
}

function readHeader(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < FILE_HEADER + 4) throw endsEarly();
  const size = view.getUint32(FILE_HEADER, true);
  if (bytes.length < FILE_HEADER + size) throw endsEarly();
  const old = size === CORE_HEADER;
  const width = old ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = old ? view.getUint16(20, true) : view.getInt32(22, true);
  const height = Math.abs(signedHeight);
  checkPixels(width, height);
  const bits = view.getUint16(old ? 24 : 28, true);
  const compression = size >= INFO_HEADER ? view.getUint32(30, true) : Compression.none;
  const colours = size >= INFO_HEADER ? view.getUint32(46, true) : 0;
  const header: Header = {
    ...{ width, height, topDown: signedHeight < 0, bits, compression },
    masks: bits === 16 ? [0x7c00, 0x3e0, 0x1f, 0] : [0xff0000, 0xff00, 0xff, 0],
    palette: FILE_HEADER + size,
    paletteColours: bits <= 8 ? (colours === 0 ? 1 << bits : Math.min(colours, 1 << bits)) : 0,
    paletteEntryBytes: old ? 3 : 4,
    pixels: view.getUint32(10, true),
  };
  checkForm(header, size);
  if (compression === Compression.bitFields || compression === Compression.alphaBitFields) {
    // Later headers hold the masks; the first had them put behind it.
    const alpha = size >= 56 || compression === Compression.alphaBitFields;
    const masks = FILE_HEADER + INFO_HEADER;
    if (bytes.length < masks + (alpha ? 16 : 12)) throw endsEarly();
    header.masks = [0, 4, 8, 12].map((offset) =>
      offset < 12 || alpha ? view.getUint32(masks + offset, true) : 0,
    ) as Header['masks'];
  }
  return header;
}

function checkForm({ bits, compression }: Header, size: number): void {
  if (compression === Compression.jpeg || compression === Compression.png) {
    throw new UnusableImage('a BMP with a JPEG or PNG inside, which is not read; save it as PNG');
  }
  const allowed: Readonly<Record<number, readonly number[]>> = {
    [Compression.none]: [1, 2, 4, 8, 16, 24, 32],
    [Compression.rle8]: [8],
    [Compression.rle4]: [4],
    [Compression.bitFields]: [16, 32],
    [Compression.alphaBitFields]: [16, 32],
  };
  if (!(allowed[compression]?.includes(bits) ?? false) || (size === CORE_HEADER && bits > 24)) {
    throw damaged('its header names a form that BMP does not have');
  }
}

/** Indices row by row in the file's order of rows. */
function readIndices(bytes: Uint8Array, header: Header): Uint8Array {
  const { width, height, bits, compression, pixels } = header;
  if (compression !== Compression.none) return readRuns(bytes.subarray(pixels), header);
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  // The last row's filling may be missing.
  if (bytes.length < pixels + rowBytes * (height - 1) + Math.ceil((width * bits) / 8)) throw endsEarly();
  const indices = new Uint8Array(width * height);
  const mask = (1 << bits) - 1;
  for (let y = 0, to = 0; y < height; y++) {
    const row = pixels + y * rowBytes;
    for (let x = 0; x < width; x++) {
      const bit = x * bits;
      indices[to++] = (bytes[row + (bit >> 3)]! >> (8 - bits - (bit & 7))) & mask;
    }
  }
  return indices;
}

/** Run lengths; pixels that are jumped over have index 0. */
function readRuns(data: Uint8Array, { width, height, compression }: Header): Uint8Array {
  // Two bytes give 255 pixels at most; only jumps give more, and then of nothing.
  if (width * height > MAX_JUMPED + 128 * data.length) throw endsEarly();
  const indices = new Uint8Array(width * height);
  const half = compression === Compression.rle4;
  let [x, y, at] = [0, 0, 0];
  const put = (index: number): void => {
    if (x < width && y < height) indices[y * width + x] = index;
    x++;
  };
  const nibble = (byte: number, i: number): number => (half ? (i & 1 ? byte & 15 : byte >> 4) : byte);
  while (y < height) {
    const [count, value] = [data[at], data[at + 1]];
    if (count === undefined || value === undefined) {
      // Without its end mark, but with its last pixel.
      if (y === height - 1 && x >= width) break;
      throw endsEarly();
    }
    at += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(nibble(value, i));
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      if (at + 2 > data.length) throw endsEarly();
      x += data[at]!;
      y += data[at + 1]!;
      at += 2;
    } else {
      const length = half ? Math.ceil(value / 2) : value;
      if (at + length > data.length) throw endsEarly();
      for (let i = 0; i < value; i++) put(nibble(data[at + (half ? i >> 1 : i)]!, i));
      at += length + (length & 1);
    }
  }
  return indices;
}

function readColours(bytes: Uint8Array, { width, height, bits, topDown, masks, pixels }: Header): RawImage {
  const pixelBytes = bits / 8;
  const rowBytes = Math.ceil((width * bits) / 32) * 4;
  if (bytes.length < pixels + rowBytes * (height - 1) + width * pixelBytes) throw endsEarly();
  const channels = masks[3] === 0 ? 3 : 4;
  const fields = masks.slice(0, channels).map(fieldOf);
  const data = new Uint8Array(width * height * channels);
  for (let y = 0, to = 0; y < height; y++) {
    let from = pixels + (topDown ? y : height - 1 - y) * rowBytes;
    for (let x = 0; x < width; x++, from += pixelBytes) {
      const low = bytes[from]! | (bytes[from + 1]! << 8);
      const value = bits === 16 ? low : low | (bytes[from + 2]! << 16);
      const whole = bits === 32 ? (value | (bytes[from + 3]! << 24)) >>> 0 : value;
      for (const { mask, shift, most } of fields) {
        data[to++] =
          most === 255 ? (whole & mask) >>> shift : Math.floor((((whole & mask) >>> shift) * 255) / most);
      }
    }
  }
  return { height, width, channels, data };
}

/** @throws UnusableImage when a mask is empty or has gaps */
function fieldOf(mask: number): { mask: number; shift: number; most: number } {
  const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
  const most = mask >>> shift;
  if (most === 0 || (most & (most + 1)) !== 0) throw damaged('its colour masks have gaps');
  return { mask, shift, most };
}

function flipRows(pixels: Uint8Array, width: number): void {
  for (let top = 0, bottom = pixels.length - width; top < bottom; top += width, bottom -= width) {
    const row = pixels.slice(top, top + width);
    pixels.copyWithin(top, bottom, bottom + width);
    pixels.set(row, bottom);
  }
}
