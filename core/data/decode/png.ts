/** PNG files (https://www.w3.org/TR/png-3/), read here because starting libvips costs more than decoding a small one. */
import zlib from 'node:zlib';
import { crc32 } from '../../crc32.ts';
import { errorCode } from '../../files.ts';
import { exifOrientation, type Orientation, xmpOrientation } from './orientation.ts';
import { lookUp, makePalette, type Palette } from './palette.ts';
import type { RawImage } from './raw-image.ts';
import { checkPixels, damaged, endsEarly, MAX_PIXEL_BYTES, UnusableImage } from './unusable-image.ts';
import { narrowed } from './wide.ts';

const SAMPLES: Readonly<Partial<Record<number, 1 | 2 | 3 | 4>>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };
const DEPTHS: Readonly<Partial<Record<number, readonly number[]>>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
};

/** First column and row, and distances between columns and rows, of Adam7's seven passes. */
const ADAM7 = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const;

/** What a PNG's chunks say, with its pixels still compressed. */
export interface PngParts {
  width: number;
  height: number;
  /** Bits a sample. */
  depth: number;
  /** 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA. */
  colourType: number;
  interlaced: boolean;
  palette: Uint8Array | null;
  transparency: Uint8Array | null;
  orientation: Orientation;
  compressed: Uint8Array[];
  /** Bytes of the pixels when they are not compressed, with a byte for each row's filter. */
  rawBytes: number;
}

/**
 * Reads the chunks of a PNG file. Whatever follows the pixels may be missing.
 *
 * @throws UnusableImage when a chunk that matters is damaged, or the image has too many pixels
 */
export function readPngParts(bytes: Uint8Array): PngParts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let parts: PngParts | null = null;
  let exif: Orientation | null = null;
  let xmp: Orientation | null = null;
  for (let at = 8; at + 8 <= bytes.length;) {
    const length = view.getUint32(at);
    const type = Buffer.from(bytes.buffer, bytes.byteOffset + at + 4, 4).toString('latin1');
    const end = at + 8 + length;
    const data = bytes.subarray(at + 8, end);
    if (parts === null && type === 'CgBI') {
      throw new UnusableImage(
        "a PNG in Apple's form for iPhones (CgBI), which is not read; save it as an ordinary PNG",
      );
    }
    if (parts === null && type !== 'IHDR') throw damaged('a PNG without a header');
    if (type === 'IEND') break;
    if (data.length < length) {
      // A half IDAT is of use to say what is missing, anything else is not.
      if (type === 'IDAT') parts?.compressed.push(data);
      break;
    }
    const whole = end + 4 <= bytes.length;
    if ('IHDR PLTE IDAT tRNS'.includes(type)) {
      if (whole && crc32(bytes.subarray(at + 4, end)) !== view.getUint32(end)) {
        throw damaged(`its ${type} chunk has a wrong checksum`);
      }
    }
    if (type === 'IHDR') parts ??= readHeader(data);
    else if (parts !== null) {
      if (type === 'IDAT') parts.compressed.push(data);
      else if (type === 'PLTE') parts.palette = data;
      else if (type === 'tRNS') parts.transparency = data;
      else if (type === 'eXIf') exif = exifOrientation(data);
      else if (type === 'iTXt') xmp ??= xmpOrientation(xmpOf(data));
    }
    at = end + 4;
  }
  if (parts === null || parts.compressed.length === 0) throw endsEarly();
  if (parts.colourType === 3 && parts.palette === null) throw damaged('it has no palette');
  parts.orientation = exif ?? xmp ?? 1;
  return parts;
}

const XMP_KEYWORD = Buffer.from('XML:com.adobe.xmp\0');
const MAX_XMP_BYTES = 2 ** 24;

/** The XMP data of an international text; nothing when it is another text, or damaged. */
function xmpOf(data: Uint8Array): Uint8Array {
  const text = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  const none = new Uint8Array();
  if (!text.subarray(0, XMP_KEYWORD.length).equals(XMP_KEYWORD)) return none;
  const isCompressed = text[XMP_KEYWORD.length] === 1;
  // Behind the language and the translated keyword, each ended by a zero.
  const language = text.indexOf(0, XMP_KEYWORD.length + 2);
  const keyword = language < 0 ? -1 : text.indexOf(0, language + 1);
  if (keyword < 0) return none;
  const value = text.subarray(keyword + 1);
  if (!isCompressed) return value;
  try {
    return zlib.inflateSync(value, { maxOutputLength: MAX_XMP_BYTES });
  } catch {
    return none;
  }
}

function readHeader(data: Uint8Array): PngParts {
  if (data.length !== 13) throw damaged('its header has a wrong length');
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const width = view.getUint32(0);
  const height = view.getUint32(4);
  const [depth, colourType, compression, filter, interlace] = [8, 9, 10, 11, 12].map((i) => data[i]!);
  checkPixels(width, height);
  if (
    depth === undefined ||
    colourType === undefined ||
    !DEPTHS[colourType]?.includes(depth) ||
    compression !== 0 ||
    filter !== 0 ||
    interlace === undefined ||
    interlace > 1
  ) {
    throw damaged('its header names a form that PNG does not have');
  }
  const parts = {
    ...{ width, height, depth, colourType, interlaced: interlace === 1 },
    ...{ palette: null, transparency: null, orientation: 1, compressed: [], rawBytes: 0 },
  } satisfies PngParts;
  const rawBytes = passes(parts).reduce((sum, pass) => sum + pass.rows * (1 + pass.rowBytes), 0);
  if (rawBytes > MAX_PIXEL_BYTES + height) {
    const megabytes = MAX_PIXEL_BYTES / 1e6;
    throw new UnusableImage(
      `${width} × ${height} pixels of ${depth} bits a value, more than the ${megabytes} MB allowed; save it with 8 bits`,
    );
  }
  return { ...parts, rawBytes };
}

interface Pass {
  columns: number;
  rows: number;
  rowBytes: number;
  placed: readonly [x: number, y: number, stepX: number, stepY: number];
}

function passes(parts: Pick<PngParts, 'width' | 'height' | 'depth' | 'colourType' | 'interlaced'>): Pass[] {
  const bits = parts.depth * (SAMPLES[parts.colourType] ?? 1);
  return (parts.interlaced ? ADAM7 : ([[0, 0, 1, 1]] as const))
    .map((placed): Pass => {
      const [x, y, stepX, stepY] = placed;
      const columns = Math.max(0, Math.ceil((parts.width - x) / stepX));
      const rows = Math.max(0, Math.ceil((parts.height - y) / stepY));
      return { columns, rows, rowBytes: Math.ceil((columns * bits) / 8), placed };
    })
    .filter(({ columns, rows }) => columns > 0 && rows > 0);
}

/**
 * Decodes the pixels. Grey stays one channel; 16 bits are brought to eight by `narrowed`; a palette that is all grey
 * gives one channel; transparency of any kind gives RGBA.
 *
 * @throws UnusableImage when they are damaged or incomplete
 */
export function decodePngPixels(parts: PngParts): RawImage {
  const raw = inflate(parts);
  const { width, height, depth, colourType } = parts;
  const samples = SAMPLES[colourType] ?? 1;
  // As many bytes as samples, scaled to eight bits (or the index it is); 16-bit ones as they are.
  const pixels = new (depth === 16 ? Uint16Array : Uint8Array)(width * height * samples);
  const filterDistance = Math.max(1, (depth * samples) >> 3);
  const scale = colourType === 3 || depth >= 8 ? 1 : 255 / ((1 << depth) - 1);
  let at = 0;
  for (const { columns, rows, rowBytes, placed } of passes(parts)) {
    const [firstX, firstY, stepX, stepY] = placed;
    let above: Uint8Array = new Uint8Array(rowBytes);
    for (let row = 0; row < rows; row++) {
      const filter = raw[at]!;
      const line = raw.subarray(at + 1, at + 1 + rowBytes);
      at += 1 + rowBytes;
      unfilter(filter, line, above, filterDistance);
      above = line;
      let to = ((firstY + row * stepY) * width + firstX) * samples;
      if (depth === 8 && stepX === 1) {
        pixels.set(line, to);
        continue;
      }
      for (let column = 0; column < columns; column++, to += (stepX - 1) * samples) {
        for (let sample = 0; sample < samples; sample++, to++) {
          const index = column * samples + sample;
          if (depth === 8) pixels[to] = line[index]!;
          else if (depth === 16) pixels[to] = (line[2 * index]! << 8) | line[2 * index + 1]!;
          else {
            const bit = index * depth;
            const value = (line[bit >> 3]! >> (8 - depth - (bit & 7))) & ((1 << depth) - 1);
            pixels[to] = value * scale;
          }
        }
      }
    }
  }
  if (!(pixels instanceof Uint16Array)) return inColour(parts, pixels, pixels);
  const { data, bits } = narrowed(pixels, samples, colourType === 4 ? 1 : Math.min(3, samples));
  return { ...inColour(parts, data, pixels), bits };
}

/**
 * Pixels as samples of the file's colour type → the channels that callers get.
 *
 * @param exact the samples among which a transparent colour is looked for
 */
function inColour(parts: PngParts, pixels: Uint8Array, exact: Uint8Array | Uint16Array): RawImage {
  const { width, height, colourType, transparency } = parts;
  if (colourType === 3) return lookUp(pixels, height, width, paletteOf(parts));
  if (colourType === 6) return { height, width, channels: 4, data: pixels };
  const samples = SAMPLES[colourType] ?? 1;
  if (colourType !== 4 && transparency === null) {
    return { height, width, channels: samples === 3 ? 3 : 1, data: pixels };
  }
  const clear = colourType === 4 ? null : clearColour(parts);
  const colours = colourType === 4 ? 1 : samples;
  const data = new Uint8Array(width * height * 4);
  for (let from = 0, to = 0; to < data.length; from += samples, to += 4) {
    let isClear = clear !== null;
    for (let c = 0; c < 3; c++) {
      const sample = colours === 3 ? from + c : from;
      data[to + c] = pixels[sample]!;
      if (clear !== null && exact[sample] !== clear[colours === 3 ? c : 0]!) isClear = false;
    }
    data[to + 3] = colourType === 4 ? pixels[from + 1]! : isClear ? 0 : 255;
  }
  return { height, width, channels: 4, data };
}

function paletteOf({ palette, transparency }: PngParts): Palette {
  return makePalette(palette ?? new Uint8Array(), transparency ?? new Uint8Array());
}

/** The one transparent colour, its samples scaled as the pixels are. */
function clearColour({ transparency, depth, colourType }: PngParts): number[] {
  const samples = SAMPLES[colourType] ?? 1;
  if (transparency === null || transparency.length < 2 * samples)
    throw damaged('its tRNS chunk is too short');
  return Array.from({ length: samples }, (_, i) => {
    const [high, low] = [transparency[2 * i]!, transparency[2 * i + 1]!];
    if (depth === 16) return (high << 8) | low;
    const most = (1 << depth) - 1;
    return ((low & most) * 255) / most;
  });
}

function inflate({ compressed, rawBytes }: PngParts): Uint8Array {
  const [first] = compressed;
  const data = compressed.length === 1 && first !== undefined ? first : Buffer.concat(compressed);
  let raw: Uint8Array;
  try {
    raw = zlib.inflateSync(data, { maxOutputLength: rawBytes });
  } catch (error) {
    switch (errorCode(error)) {
      case 'Z_BUF_ERROR':
        throw endsEarly();
      case 'ERR_BUFFER_TOO_LARGE':
        throw damaged('it holds more pixels than its header says');
      case 'Z_DATA_ERROR':
      case 'Z_NEED_DICT':
        throw damaged('its compressed pixels are damaged');
      default:
        throw error;
    }
  }
  if (raw.length < rawBytes) throw damaged('it holds fewer pixels than its header says');
  return raw;
}

/** Undoes a row's filter in place. `distance`: bytes from a sample to the one of the pixel before. */
function unfilter(filter: number, line: Uint8Array, above: Uint8Array, distance: number): void {
  const length = line.length;
  switch (filter) {
    case 0:
      return;
    case 1:
      for (let i = distance; i < length; i++) line[i]! += line[i - distance]!;
      return;
    case 2:
      for (let i = 0; i < length; i++) line[i]! += above[i]!;
      return;
    case 3:
      for (let i = 0; i < distance && i < length; i++) line[i]! += above[i]! >> 1;
      for (let i = distance; i < length; i++) line[i]! += (line[i - distance]! + above[i]!) >> 1;
      return;
    case 4:
      for (let i = 0; i < distance && i < length; i++) line[i]! += above[i]!;
      for (let i = distance; i < length; i++) {
        const a = line[i - distance]!;
        const b = above[i]!;
        const c = above[i - distance]!;
        const pa = Math.abs(b - c);
        const pb = Math.abs(a - c);
        const pc = Math.abs(a + b - c - c);
        line[i]! += pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
      }
      return;
    default:
      throw damaged('a row has a filter that PNG does not know');
  }
}
