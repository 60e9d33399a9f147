/** Image files: chunks, segments, blocks and directories, with lengths and checksums repaired. */
import zlib from 'node:zlib';
import { crc32 } from '../../core/crc32.ts';
import type { Random } from '../random.ts';
import {
  joined,
  mutateBytes,
  mutateList,
  type Mutator,
  otherNumber,
  readNumber,
  writeNumber,
} from './bytes.ts';

interface Chunk {
  type: string;
  data: Uint8Array;
}

const PNG_SIGNATURE = 8;

/** PNG: chunks in another order, number or form, their lengths and CRCs right; or pixels packed anew. */
export const mutatePng: Mutator = (bytes, random) => {
  let chunks = pngChunks(bytes);
  if (chunks.length === 0) return mutateBytes(bytes, random);
  for (let times = random.between(1, 3); times > 0; times--) chunks = changedPng(chunks, random);
  return joined(bytes.subarray(0, PNG_SIGNATURE), ...chunks.map(pngChunk));
};

function changedPng(chunks: Chunk[], random: Random): Chunk[] {
  const at = random.below(chunks.length);
  const chunk = chunks[at];
  if (chunk === undefined) return chunks;
  const changed = (data: Uint8Array, type = chunk.type): Chunk[] => chunks.with(at, { type, data });
  switch (random.below(6)) {
    case 0:
      return mutateList(chunks, random);
    case 1: {
      const index = chunks.findIndex(({ type }) => type === 'IHDR');
      const header = chunks[index];
      if (header === undefined) return chunks;
      const data = header.data.slice();
      const [place, width] = random.pick([
        [0, 4],
        [4, 4],
        [8, 1],
        [9, 1],
        [10, 1],
        [11, 1],
        [12, 1],
      ] as const);
      writeNumber(data, place, otherNumber(readNumber(data, place, width, false), random), width, false);
      return chunks.with(index, { ...header, data });
    }
    case 2: {
      // The filters and pixels themselves.
      const packed = joined(...chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data));
      let pixels: Uint8Array;
      try {
        pixels = zlib.inflateSync(packed, { maxOutputLength: 2 ** 22 });
      } catch {
        return chunks;
      }
      const data = new Uint8Array(zlib.deflateSync(mutateBytes(pixels, random)));
      const first = chunks.findIndex(({ type }) => type === 'IDAT');
      return [...chunks.filter(({ type }) => type !== 'IDAT').toSpliced(first, 0, { type: 'IDAT', data })];
    }
    case 3:
      return changed(
        chunk.data,
        random.pick(['IHDR', 'PLTE', 'IDAT', 'IEND', 'tRNS', 'eXIf', 'acTL', 'CgBI', 'zzzz']),
      );
    default:
      return changed(mutateBytes(chunk.data, random));
  }
}

export function pngChunks(bytes: Uint8Array): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = PNG_SIGNATURE; at + 12 <= bytes.length;) {
    const length = readNumber(bytes, at, 4, false);
    if (at + 12 + length > bytes.length) break;
    const type = Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1');
    chunks.push({ type, data: bytes.slice(at + 8, at + 8 + length) });
    at += 12 + length;
  }
  return chunks;
}

function pngChunk({ type, data }: Chunk): Uint8Array {
  const chunk = new Uint8Array(12 + data.length);
  writeNumber(chunk, 0, data.length, 4, false);
  chunk.set(Buffer.from(type.padEnd(4).slice(0, 4), 'latin1'), 4);
  chunk.set(data, 8);
  writeNumber(chunk, 8 + data.length, crc32(chunk.subarray(4, 8 + data.length)), 4, false);
  return chunk;
}

/** JPEG: segments in another order, number or form, their lengths right; what follows the scan header may change, too. */
export const mutateJpeg: Mutator = (bytes, random) => {
  const { segments, rest } = jpegSegments(bytes);
  if (segments.length === 0) return mutateBytes(bytes, random);
  let changed = segments;
  for (let times = random.between(1, 3); times > 0; times--) {
    const at = random.below(changed.length);
    const segment = changed[at];
    if (segment === undefined) break;
    if (random.chance(0.3)) changed = mutateList(changed, random);
    else if (random.chance(0.2))
      changed = changed.with(at, { ...segment, marker: random.between(0xc0, 0xfe) });
    else
      changed = changed.with(at, { ...segment, data: mutateBytes(segment.data, random).subarray(0, 65_533) });
  }
  const scan = random.chance(0.3) ? mutateBytes(rest, random) : rest;
  return joined(Uint8Array.of(0xff, 0xd8), ...changed.map(jpegSegment), scan);
};

interface Segment {
  marker: number;
  data: Uint8Array;
}

function jpegSegments(bytes: Uint8Array): { segments: Segment[]; rest: Uint8Array } {
  const segments: Segment[] = [];
  let at = 2;
  while (at + 4 <= bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    const length = readNumber(bytes, at + 2, 2, false);
    if (length < 2 || at + 2 + length > bytes.length) break;
    segments.push({ marker, data: bytes.slice(at + 4, at + 2 + length) });
    at += 2 + length;
    if (marker === 0xda) break;
  }
  return { segments, rest: bytes.slice(at) };
}

function jpegSegment({ marker, data }: Segment): Uint8Array {
  const head = Uint8Array.of(0xff, marker, 0, 0);
  writeNumber(head, 2, data.length + 2, 2, false);
  return joined(head, data);
}

/** WebP, a RIFF file: chunks in another order, number or form, all lengths right. */
export const mutateWebp: Mutator = (bytes, random) => {
  let chunks: Chunk[] = [];
  for (let at = 12; at + 8 <= bytes.length;) {
    const length = readNumber(bytes, at + 4, 4, true);
    if (at + 8 + length > bytes.length) break;
    const type = Buffer.from(bytes.subarray(at, at + 4)).toString('latin1');
    chunks.push({ type, data: bytes.slice(at + 8, at + 8 + length) });
    at += 8 + length + (length % 2);
  }
  if (chunks.length === 0) return mutateBytes(bytes, random);
  for (let times = random.between(1, 3); times > 0; times--) {
    const at = random.below(chunks.length);
    const chunk = chunks[at];
    if (chunk === undefined) break;
    chunks = random.chance(0.4)
      ? mutateList(chunks, random)
      : chunks.with(at, { ...chunk, data: mutateBytes(chunk.data, random) });
  }
  const body = chunks.map(({ type, data }) => {
    const head = new Uint8Array(8);
    head.set(Buffer.from(type, 'latin1'));
    writeNumber(head, 4, data.length, 4, true);
    return joined(head, data, new Uint8Array(data.length % 2));
  });
  const result = joined(bytes.subarray(0, 12), ...body);
  writeNumber(result, 4, result.length - 8, 4, true);
  return result;
};

/** Fields of a fixed place: where, how wide; the last number says little-endian. */
type Field = readonly [at: number, width: 1 | 2 | 4 | 8];

/** A mutator that mostly changes fields of a header, and now and then anything. */
export function mutateFields(fields: readonly Field[], little: boolean): Mutator {
  return (bytes, random) => {
    if (random.chance(0.3)) return mutateBytes(bytes, random);
    const result = bytes.slice();
    for (let times = random.between(1, 3); times > 0; times--) {
      const [at, width] = random.pick(fields);
      writeNumber(result, at, otherNumber(readNumber(result, at, width, little), random), width, little);
    }
    return random.chance(0.2) ? result.slice(0, random.below(result.length + 1)) : result;
  };
}

export const mutateBmp = mutateFields(
  [
    [2, 4],
    [10, 4],
    [14, 4],
    [18, 4],
    [22, 4],
    [26, 2],
    [28, 2],
    [30, 4],
    [34, 4],
    [46, 4],
    [50, 4],
    [54, 4],
  ],
  true,
);

/** GIF: screen and frame sizes, colour tables and the blocks of packed pixels. */
export const mutateGif: Mutator = (bytes, random) => {
  const frames: Field[] = [
    [6, 2],
    [8, 2],
    [10, 1],
    [11, 1],
  ];
  for (let at = 13; at + 10 < bytes.length; at++) {
    if (bytes[at] !== 0x2c) continue;
    frames.push([at + 1, 2], [at + 3, 2], [at + 5, 2], [at + 7, 2], [at + 9, 1], [at + 10, 1], [at + 11, 1]);
  }
  return mutateFields(frames, true)(bytes, random);
};

/** TIFF: entries of its directories, each with another tag, type, count or value; BigTIFF as bytes. */
export const mutateTiff: Mutator = (bytes, random) => {
  const little = bytes[0] === 0x49;
  if (readNumber(bytes, 2, 2, little) !== 42) return mutateBytes(bytes, random);
  const start = readNumber(bytes, 4, 4, little);
  const entries = readNumber(bytes, start, 2, little);
  const fields: Field[] = [
    [4, 4],
    [start, 2],
    [start + 2 + 12 * entries, 4],
  ];
  for (let i = 0; i < Math.min(entries, 64); i++) {
    const at = start + 2 + 12 * i;
    fields.push([at, 2], [at + 2, 2], [at + 4, 4], [at + 8, 4], [at + 8, 2]);
    // Values that lie elsewhere.
    const offset = readNumber(bytes, at + 8, 4, little);
    if (offset + 4 <= bytes.length) fields.push([offset, 4], [offset, 2]);
  }
  return mutateFields(fields, little)(bytes, random);
};

/** PNM: the numbers of its header as text. */
export const mutatePnm: Mutator = (bytes, random) => {
  if (random.chance(0.3)) return mutateBytes(bytes, random);
  const head = Buffer.from(bytes.subarray(0, 40)).toString('latin1');
  const numbers = [...head.matchAll(/\d+/g)].slice(0, 4);
  if (numbers.length === 0) return mutateBytes(bytes, random);
  const { 0: old, index } = random.pick(numbers);
  const text = random.pick([
    String(otherNumber(Number(old), random)),
    '9'.repeat(30),
    '',
    '-1',
    '1.5',
    `# ${old}`,
  ]);
  return joined(bytes.subarray(0, index), Buffer.from(text, 'latin1'), bytes.subarray(index + old.length));
};
