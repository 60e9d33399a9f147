/** What the directories of a TIFF file say (https://www.itu.int/itudoc/itu-t/com16/tiff-fx/docs/tiff6.pdf), BigTIFF too. */
import { countOf } from '../../words.ts';
import { type Orientation, xmpOrientation } from './orientation.ts';
import { damaged, endsEarly, UnusableImage } from './unusable-image.ts';

/** One page's directory. Numbers are as the file has them; what it leaves out has the value that TIFF gives it then. */
export interface TiffPage {
  /** Its place among all directories of the file, those that are no pages too. */
  index: number;
  littleEndian: boolean;
  width: number;
  height: number;
  /** Bits of each sample of a pixel. */
  bits: readonly number[];
  /** 1: whole numbers without a sign. */
  sampleFormat: number;
  compression: number;
  photometric: number;
  predictor: number;
  fillOrder: number;
  /** True when the samples of a pixel lie together. */
  chunky: boolean;
  /** 0 unknown, 1 opacity that colours are multiplied by, 2 opacity. */
  extraSamples: readonly number[];
  /** Width and height of a tile, or of a strip of rows. */
  block: { width: number; height: number };
  offsets: readonly number[];
  byteCounts: readonly number[];
  palette: readonly number[] | null;
  orientation: Orientation;
  /** Of YCbCr: pixels across and down for each pair of colour differences. */
  subsampling: readonly number[];
  referenceBlackWhite: readonly number[];
  coefficients: readonly number[];
}

/** A file of more pages is taken for a damaged one. */
const MAX_PAGES = 65_536;
const SIZES: Readonly<Partial<Record<number, 1 | 2 | 4 | 8>>> = {
  ...{
    1: 1,
    2: 1,
    3: 2,
    4: 4,
    5: 8,
    6: 1,
    7: 1,
    8: 2,
    9: 4,
    10: 8,
    11: 4,
    12: 8,
    13: 4,
    16: 8,
    17: 8,
    18: 8,
  },
};
const RATIONALS = [5, 10];
/** Bits of a page's kind: a smaller version of another page, and the mask of one. */
const REDUCED_OR_MASK = 0b101;

/**
 * The pages of a file, without smaller versions and masks of others, in their order.
 *
 * @throws UnusableImage when a directory cannot be read
 */
export function readTiffPages(bytes: Uint8Array): TiffPage[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) throw endsEarly();
  const little = view.getUint16(0) === 0x4949;
  const big = view.getUint16(2, little) === 43;
  const pages: TiffPage[] = [];
  const seen = new Set<number>();
  let index = 0;
  for (let at = big ? offsetAt(view, 8, little) : view.getUint32(4, little); at !== 0;) {
    if (seen.has(at) || seen.size >= MAX_PAGES) throw damaged('its pages lead in a circle');
    seen.add(at);
    const directory = new Directory(view, at, little, big);
    if (index === 0 || (directory.number(254, 0) & REDUCED_OR_MASK) === 0) {
      if (index === 0 || directory.number(255, 1) !== 2) pages.push(pageOf(directory, index, bytes));
    }
    index++;
    at = directory.next;
  }
  return pages;
}

function offsetAt(view: DataView, at: number, little: boolean): number {
  if (at + 8 > view.byteLength) throw endsEarly();
  return Number(view.getBigUint64(at, little));
}

/** The entries of one directory. */
class Directory {
  readonly little: boolean;
  readonly next: number;
  readonly #view: DataView;
  readonly #big: boolean;
  readonly #entries = new Map<number, number>();

  constructor(view: DataView, at: number, little: boolean, big: boolean) {
    this.#view = view;
    this.little = little;
    this.#big = big;
    const [countBytes, entryBytes] = big ? [8, 20] : [2, 12];
    if (at + countBytes > view.byteLength) throw endsEarly();
    const count = big ? offsetAt(view, at, little) : view.getUint16(at, little);
    const end = at + countBytes + count * entryBytes;
    if (count > 65_535 || end > view.byteLength) throw endsEarly();
    for (let i = 0; i < count; i++) {
      const entry = at + countBytes + i * entryBytes;
      const tag = view.getUint16(entry, little);
      if (!this.#entries.has(tag)) this.#entries.set(tag, entry);
    }
    // Some writers leave the last link out.
    if (end + (big ? 8 : 4) > view.byteLength) this.next = 0;
    else this.next = big ? offsetAt(view, end, little) : view.getUint32(end, little);
  }

  /** The numbers of an entry; null when there is none. @throws UnusableImage when they lie behind the end */
  numbers(tag: number): number[] | null {
    const found = this.#place(tag);
    if (found === null) return null;
    const { kind, count, at, size } = found;
    const view = this.#view;
    const little = this.little;
    return Array.from({ length: count }, (_, i) => {
      const place = at + i * size;
      if (RATIONALS.includes(kind)) return view.getUint32(place, little) / view.getUint32(place + 4, little);
      if (kind === 11) return view.getFloat32(place, little);
      if (kind === 12) return view.getFloat64(place, little);
      if (size === 1) return view.getUint8(place);
      if (size === 2) return view.getUint16(place, little);
      return size === 4 ? view.getUint32(place, little) : Number(view.getBigUint64(place, little));
    });
  }

  number(tag: number, otherwise: number): number {
    return this.numbers(tag)?.[0] ?? otherwise;
  }

  /** The bytes of an entry, null when there is none. */
  bytes(tag: number): Uint8Array | null {
    const found = this.#place(tag);
    const { buffer, byteOffset } = this.#view;
    return found === null ? null : new Uint8Array(buffer, byteOffset + found.at, found.count * found.size);
  }

  #place(tag: number): { kind: number; count: number; at: number; size: number } | null {
    const entry = this.#entries.get(tag);
    if (entry === undefined) return null;
    const view = this.#view;
    const kind = view.getUint16(entry + 2, this.little);
    const size = SIZES[kind];
    if (size === undefined) return null;
    const count = this.#big ? offsetAt(view, entry + 4, this.little) : view.getUint32(entry + 4, this.little);
    const inside = this.#big ? 8 : 4;
    const value = entry + 4 + inside;
    let at = value;
    if (count * size > inside) {
      at = this.#big ? offsetAt(view, value, this.little) : view.getUint32(value, this.little);
    }
    if (at + count * size > view.byteLength) throw endsEarly();
    return { kind, count, at, size };
  }
}

function pageOf(directory: Directory, index: number, bytes: Uint8Array): TiffPage {
  const width = directory.number(256, 0);
  const height = directory.number(257, 0);
  const samples = directory.number(277, 1);
  if (samples < 1 || samples > 65_535) throw damaged(`its header says ${countOf(samples, 'channel')}`);
  const bits = directory.numbers(258) ?? [1];
  const isTiled = directory.numbers(322) !== null;
  const block = isTiled
    ? { width: directory.number(322, 0), height: directory.number(323, 0) }
    : { width, height: Math.min(height, directory.number(278, height)) };
  const offsets = directory.numbers(isTiled ? 324 : 273) ?? [];
  const told = directory.numbers(isTiled ? 325 : 279);
  const compression = directory.number(259, 1);
  if (told === null && (offsets.length !== 1 || compression !== 1))
    throw damaged('it does not say where its pixels are');
  const orientation = directory.number(274, 0);
  const xmp = directory.bytes(700);
  const isUpright = orientation >= 1 && orientation <= 8;
  return {
    index,
    littleEndian: directory.little,
    ...{ width, height, compression, block, offsets },
    // Left out by old writers.
    byteCounts: told ?? [bytes.length - offsets[0]!],
    bits:
      bits.length >= samples ? bits.slice(0, samples) : Array.from({ length: samples }, () => bits[0] ?? 1),
    sampleFormat: directory.number(339, 1),
    photometric: directory.number(262, -1),
    predictor: directory.number(317, 1),
    fillOrder: directory.number(266, 1),
    chunky: directory.number(284, 1) === 1 || samples === 1,
    extraSamples: directory.numbers(338) ?? [],
    palette: directory.numbers(320),
    orientation: isUpright
      ? (orientation as Orientation)
      : ((orientation === 0 && xmp !== null ? xmpOrientation(xmp) : null) ?? 1),
    subsampling: directory.numbers(530) ?? [2, 2],
    referenceBlackWhite: directory.numbers(532) ?? [0, 255, 128, 255, 128, 255],
    coefficients: directory.numbers(529) ?? [0.299, 0.587, 0.114],
  };
}

/** The reason for an image of so many channels. */
export function tooManyChannels(channels: number): UnusableImage {
  return new UnusableImage(
    `${countOf(channels, 'channel')}, of which 1 to 4 are read; save three of them as PNG`,
  );
}
