/** Archives: headers of zip and tar, with checksums repaired, and what lies in a gzip stream. */
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

type Field = readonly [at: number, width: 1 | 2 | 4 | 8];

const LOCAL = [
  [4, 2],
  [6, 2],
  [8, 2],
  [14, 4],
  [18, 4],
  [22, 4],
  [26, 2],
  [28, 2],
] as const;
const CENTRAL = [
  ...([
    [4, 2],
    [6, 2],
    [8, 2],
    [10, 2],
    [16, 4],
    [20, 4],
    [24, 4],
    [28, 2],
    [30, 2],
    [32, 2],
  ] as const),
  ...([
    [34, 2],
    [38, 4],
    [42, 4],
  ] as const),
] as const;
const END = [
  [4, 2],
  [6, 2],
  [8, 2],
  [10, 2],
  [12, 4],
  [16, 4],
  [20, 2],
] as const;
const END64 = [
  [4, 8],
  [16, 4],
  [24, 8],
  [32, 8],
  [40, 8],
  [48, 8],
] as const;
const LOCATOR64 = [
  [4, 4],
  [8, 8],
  [16, 4],
] as const;
const SIGNATURES: ReadonlyMap<number, readonly Field[]> = new Map<number, readonly Field[]>([
  [0x04034b50, LOCAL],
  [0x02014b50, CENTRAL],
  [0x06054b50, END],
  [0x06064b50, END64],
  [0x07064b50, LOCATOR64],
]);

/** Zip, and with it npz: fields of its headers, names, and whole entries of the table of contents. */
export const mutateZip: Mutator = (bytes, random) => {
  const headers = zipHeaders(bytes);
  if (headers.length === 0 || random.chance(0.2)) return mutateBytes(bytes, random);
  let result: Uint8Array = bytes.slice();
  for (let times = random.between(1, 3); times > 0; times--) {
    const { at, fields, signature } = random.pick(headers);
    if (signature === 0x02014b50 && random.chance(0.3)) {
      // Doubled or dropped entries move what follows, which the end record is told.
      result = withOtherContents(result, random);
      break;
    }
    if (random.chance(0.3)) {
      const name = signature === 0x04034b50 ? at + 30 : at + 46;
      const text = random.pick([
        '../',
        '/etc/',
        'C:\\',
        '\0',
        '\\',
        '//',
        'train/',
        '\xff\xfe',
        '.npy',
        'CON',
      ]);
      result.set(
        Buffer.from(text, 'latin1').subarray(0, Math.max(0, result.length - name)),
        Math.min(name, result.length),
      );
      continue;
    }
    const [place, width] = random.pick(fields);
    writeNumber(
      result,
      at + place,
      otherNumber(readNumber(result, at + place, width, true), random),
      width,
      true,
    );
  }
  return random.chance(0.3) ? repairedZip(result, random) : result;
};

function zipHeaders(bytes: Uint8Array): { at: number; signature: number; fields: readonly Field[] }[] {
  const headers = [];
  for (let at = 0; at + 4 <= bytes.length && headers.length < 400; at++) {
    if (bytes[at] !== 0x50 || bytes[at + 1] !== 0x4b) continue;
    const signature = readNumber(bytes, at, 4, true);
    const fields = SIGNATURES.get(signature);
    if (fields !== undefined) headers.push({ at, signature, fields });
  }
  return headers;
}

function withOtherContents(bytes: Uint8Array, random: Random): Uint8Array {
  const headers = zipHeaders(bytes);
  const central = headers.filter(({ signature }) => signature === 0x02014b50);
  const end = headers.findLast(({ signature }) => signature === 0x06054b50);
  const [first] = central;
  if (first === undefined || end === undefined) return bytes;
  const entries = central.map(({ at }, i) => bytes.slice(at, central[i + 1]?.at ?? end.at));
  const changed = mutateList(entries, random);
  const tail = bytes.slice(end.at);
  const contents = joined(...changed);
  writeNumber(tail, 8, changed.length, 2, true);
  writeNumber(tail, 10, changed.length, 2, true);
  writeNumber(tail, 12, contents.length, 4, true);
  return joined(bytes.subarray(0, first.at), contents, tail);
}

/** Changes the stored bytes of an entry and makes its checksum right again, so that its reader sees them. */
function repairedZip(bytes: Uint8Array, random: Random): Uint8Array {
  const result = bytes.slice();
  const entries = zipHeaders(result).filter(({ signature }) => signature === 0x02014b50);
  if (entries.length === 0) return result;
  const { at } = random.pick(entries);
  const local = readNumber(result, at + 42, 4, true);
  const size = readNumber(result, at + 20, 4, true);
  const start =
    local + 30 + readNumber(result, local + 26, 2, true) + readNumber(result, local + 28, 2, true);
  if (size === 0 || start + size > result.length || readNumber(result, at + 10, 2, true) !== 0) return result;
  const data = result.subarray(start, start + size);
  data.set(mutateBytes(data, random).subarray(0, size));
  for (const place of [at + 16, local + 14]) writeNumber(result, place, crc32(data), 4, true);
  return result;
}

const BLOCK = 512;

/** Tar: fields of its headers with the checksum right, and whole blocks. */
export const mutateTar: Mutator = (bytes, random) => {
  if (random.chance(0.15)) return mutateBytes(bytes, random);
  let blocks: Uint8Array[] = Array.from({ length: Math.ceil(bytes.length / BLOCK) }, (_, i) =>
    bytes.slice(BLOCK * i, BLOCK * (i + 1)),
  );
  for (let times = random.between(1, 3); times > 0; times--) {
    const headers = blocks.flatMap((block, i) => (isTarHeader(block) ? [i] : []));
    if (headers.length === 0 || random.chance(0.2)) {
      blocks = mutateList(blocks, random);
      continue;
    }
    const at = random.pick(headers);
    blocks = blocks.with(at, changedHeader(blocks[at]!, random));
  }
  return joined(...blocks);
};

function isTarHeader(block: Uint8Array): boolean {
  return block.length === BLOCK && Buffer.from(block.subarray(257, 262)).toString('latin1') === 'ustar';
}

function changedHeader(block: Uint8Array, random: Random): Uint8Array {
  const header = Buffer.from(block);
  const size = otherNumber(parseInt(header.toString('latin1', 124, 136), 8) || 0, random);
  switch (random.below(6)) {
    case 0:
      header.write(Math.abs(size).toString(8).padStart(11, '0').slice(-11) + '\0', 124, 'latin1');
      break;
    case 1:
      // Base 256, as GNU tar writes what does not fit.
      header[124] = random.pick([0x80, 0xff]);
      writeNumber(header, 128, size, 8, false);
      break;
    case 2:
      header.write(
        random.pick(['0', '1', '2', '3', '5', '7', 'L', 'K', 'S', 'x', 'g', 'N', '\0', 'Z']),
        156,
        'latin1',
      );
      break;
    case 3:
      header.write(
        random.pick(['../up.png', '/root.png', 'a\0b', '', 'train/x.png', './././x']),
        0,
        'latin1',
      );
      break;
    case 4:
      // Where old GNU headers keep the map of a sparse file.
      for (const at of [386, 398, 483]) {
        if (random.chance(0.5))
          header.write(Math.abs(otherNumber(512, random)).toString(8).slice(-11), at, 'latin1');
      }
      break;
    default:
      header.set(mutateBytes(header.subarray(0, 345), random).subarray(0, 345));
  }
  header.fill(' ', 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return new Uint8Array(header);
}

/** Gzip: its header, or what it holds, changed by that format's own mutator. */
export function mutateGzip(inner: Mutator): Mutator {
  return (bytes, random) => {
    if (random.chance(0.3)) return mutateBytes(bytes, random);
    let data: Uint8Array;
    try {
      data = zlib.gunzipSync(bytes, { maxOutputLength: 2 ** 24 });
    } catch {
      return mutateBytes(bytes, random);
    }
    const packed = zlib.gzipSync(inner(new Uint8Array(data), random));
    if (random.chance(0.1)) return joined(packed, packed);
    return new Uint8Array(random.chance(0.15) ? packed.subarray(0, random.below(packed.length)) : packed);
  };
}
