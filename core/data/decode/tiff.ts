/** Pages of TIFF files. What is compressed as photographs or faxes are is left to libvips. */
import { cmykToRgb, labToRgb, ycbcrToRgb } from './colours.ts';
import { upright } from './orientation.ts';
import type { RawImage } from './raw-image.ts';
import { readTiffBlock, TIFF_COMPRESSIONS } from './tiff-blocks.ts';
import { readTiffPages, type TiffPage, tooManyChannels } from './tiff-pages.ts';
import { checkPixels, damaged, UnusableImage } from './unusable-image.ts';
import { decodeWithSharp } from './with-sharp.ts';
import { narrowed } from './wide.ts';

const WHITE_IS_ZERO = 0;
const BLACK_IS_ZERO = 1;
const RGB = 2;
const PALETTE = 3;
const CMYK = 5;
const YCBCR = 6;
const CIE_LAB = 8;
const ICC_LAB = 9;

/** Colours of each kind of pixel, without opacity and other extra samples. */
const COLOURS: Readonly<Partial<Record<number, 1 | 3 | 4>>> = {
  ...{ [WHITE_IS_ZERO]: 1, [BLACK_IS_ZERO]: 1, [RGB]: 3, [PALETTE]: 1, [CMYK]: 4 },
  ...{ [YCBCR]: 3, [CIE_LAB]: 3, [ICC_LAB]: 3 },
};

/**
 * The pages of a file that are images of their own; null where its directories are left to libvips to refuse.
 */
export function tiffPages(bytes: Uint8Array): TiffPage[] | null {
  try {
    const pages = readTiffPages(bytes);
    return pages.length === 0 ? null : pages;
  } catch (error) {
    if (error instanceof UnusableImage) return null;
    throw error;
  }
}

/**
 * Decodes one page, turned upright; YCbCr and Lab become RGB as in Pillow, and of several extra samples the first that is
 * opacity is kept.
 *
 * @throws UnusableImage with the reason
 */
export async function decodeTiffPage(bytes: Uint8Array, page: TiffPage): Promise<RawImage> {
  checkPixels(page.width, page.height);
  if (!isReadHere(page)) {
    const { photometric, bits } = page;
    const colours = COLOURS[photometric];
    if (colours !== undefined && bits.length > Math.max(4, colours + 1)) throw tooManyChannels(bits.length);
    return decodeWithSharp(bytes, page.index);
  }
  return upright(inColour(page, readSamples(bytes, page)), page.orientation);
}

function isReadHere({
  compression,
  photometric,
  bits,
  sampleFormat,
  fillOrder,
  predictor,
  ...page
}: TiffPage): boolean {
  const colours = COLOURS[photometric];
  const samples = bits.length;
  const [depth] = bits;
  if (colours === undefined || !TIFF_COMPRESSIONS.includes(compression) || page.offsets.length === 0)
    return false;
  if (bits.some((other) => other !== depth) || sampleFormat > 1 || fillOrder !== 1) return false;
  if (depth !== 8 && (depth !== 16 || ![WHITE_IS_ZERO, BLACK_IS_ZERO, RGB].includes(photometric)))
    return false;
  if (predictor !== 1 && predictor !== 2) return false;
  if (photometric === YCBCR) return samples === 3 && page.chunky;
  return colours === 1 && photometric !== PALETTE ? samples <= 2 : samples === colours || photometric === RGB;
}

/** The samples of all pixels, pixel by pixel; of YCbCr with the colour differences repeated. */
function readSamples(bytes: Uint8Array, page: TiffPage): Uint8Array | Uint16Array {
  const { width, height, bits, block, chunky, offsets } = page;
  const samples = bits.length;
  const wide = bits[0] === 16;
  if (block.width < 1 || block.height < 1) throw damaged('its header says that its parts are empty');
  // Before memory is taken for them.
  checkPixels(block.width, block.height);
  const [across, down] = [Math.ceil(width / block.width), Math.ceil(height / block.height)];
  const planes = chunky ? 1 : samples;
  const together = chunky ? samples : 1;
  if (offsets.length < across * down * planes) throw damaged('it does not say where all its pixels are');
  const result = wide ? new Uint16Array(width * height * samples) : new Uint8Array(width * height * samples);
  for (let plane = 0; plane < planes; plane++) {
    for (let row = 0; row < down; row++) {
      for (let column = 0; column < across; column++) {
        const number = (plane * down + row) * across + column;
        const [left, top] = [column * block.width, row * block.height];
        // A last strip may be shorter, a tile never is.
        const rows = block.width === width ? Math.min(block.height, height - top) : block.height;
        const part = readTiffBlock(bytes, page, number, rows, together);
        const columns = Math.min(block.width, width - left);
        for (let y = 0; y < Math.min(rows, height - top); y++) {
          const from = y * block.width * together;
          const to = ((top + y) * width + left) * samples + plane;
          if (together === samples) result.set(part.subarray(from, from + columns * samples), to);
          else for (let x = 0; x < columns; x++) result[to + x * samples] = part[from + x]!;
        }
      }
    }
  }
  return result;
}

function inColour(page: TiffPage, samples: Uint8Array | Uint16Array): RawImage {
  const { width, height, photometric, bits, extraSamples } = page;
  const colours = COLOURS[photometric]!;
  const count = bits.length;
  const isInverted = photometric === WHITE_IS_ZERO;
  if (isInverted) {
    const most = samples instanceof Uint16Array ? 65_535 : 255;
    for (let i = 0; i < samples.length; i += count) samples[i] = most - samples[i]!;
  }
  if (samples instanceof Uint16Array) {
    const { data, bits: significant } = narrowed(samples, count, colours);
    return { ...withOpacity(page, data, colours), bits: significant };
  }
  switch (photometric) {
    case PALETTE:
      return lookUpWide(page, samples);
    case CMYK:
      return cmykToRgb(samples, height, width);
    case YCBCR:
      return { height, width, channels: 3, data: ycbcrToRgb(samples, page) };
    case CIE_LAB:
    case ICC_LAB:
      return { height, width, channels: 3, data: labToRgb(samples, photometric === CIE_LAB) };
    default:
      return extraSamples.length === 0 && count === colours
        ? { height, width, channels: colours as 1 | 3, data: samples }
        : withOpacity(page, samples, colours);
  }
}

/** Colours of 16 bits, all reds first; as Pillow has it their upper eight bits count. */
function lookUpWide({ width, height, palette }: TiffPage, indices: Uint8Array): RawImage {
  if (palette === null || palette.length < 3) throw damaged('it has no palette');
  const colours = Math.floor(palette.length / 3);
  const data = new Uint8Array(indices.length * 3);
  for (let i = 0; i < indices.length; i++) {
    if (indices[i]! >= colours) continue;
    for (let c = 0; c < 3; c++) data[3 * i + c] = palette[c * colours + indices[i]!]! >> 8;
  }
  return { height, width, channels: 3, data };
}

/** Grey or RGB with the first extra sample that is opacity; without one where there is none. */
function withOpacity(
  { width, height, bits, extraSamples }: TiffPage,
  samples: Uint8Array,
  colours: 1 | 3 | 4,
): RawImage {
  const count = bits.length;
  const kinds = Array.from(
    { length: count - colours },
    (_, i) => extraSamples[i] ?? (extraSamples.length === 0 ? 2 : 0),
  );
  const found = kinds.findIndex((kind) => kind === 1 || kind === 2);
  const channels = found < 0 ? (colours as 1 | 3) : 4;
  if (channels === count) return { height, width, channels, data: unmultiplied(samples, kinds[found] === 1) };
  const data = new Uint8Array(width * height * channels);
  for (let from = 0, to = 0; to < data.length; from += count, to += channels) {
    for (let c = 0; c < Math.min(3, channels); c++) data[to + c] = samples[colours === 1 ? from : from + c]!;
    if (found >= 0) data[to + 3] = samples[from + colours + found]!;
  }
  return { height, width, channels, data: unmultiplied(data, kinds[found] === 1) };
}

/** Colours that were multiplied by their opacity as they were before. */
function unmultiplied(data: Uint8Array, isMultiplied: boolean): Uint8Array {
  if (!isMultiplied) return data;
  for (let i = 0; i < data.length; i += 4) {
    const alpha = data[i + 3]!;
    if (alpha === 0 || alpha === 255) continue;
    for (let c = 0; c < 3; c++) data[i + c] = Math.min(255, Math.floor((data[i + c]! * 255) / alpha));
  }
  return data;
}
