/** Changes that know nothing of a format. */
import type { Random } from '../random.ts';

/** Numbers at which sizes, counts and offsets go wrong. */
export const EDGES: readonly number[] = [
  0, 1, 2, 3, 4, 7, 8, 15, 16, 31, 32, 63, 64, 100, 127, 128, 255, 256, 257, 511, 512, 1023, 1024, 4095, 4096,
  32_767, 32_768, 65_535, 65_536, 65_537, 1_000_000, 16_777_215, 16_777_216, 0x7fffffff, 0x80000000,
  0xfffffffe, 0xffffffff,
];

export type Mutator = (bytes: Uint8Array, random: Random) => Uint8Array;

/** A number for a field that holds `old`: an edge, near it, a multiple, or anything. */
export function otherNumber(old: number, random: Random): number {
  switch (random.below(5)) {
    case 0:
      return old + random.pick([-2, -1, 1, 2, 8, 255, 256]);
    case 1:
      return old * random.pick([2, 3, 16, 256, -1]);
    case 2:
      return random.bits();
    default:
      return random.pick(EDGES);
  }
}

/** Writes a whole number, cut to the field's width. Nothing when the field lies outside. */
export function writeNumber(
  bytes: Uint8Array,
  at: number,
  value: number,
  width: 1 | 2 | 4 | 8,
  little: boolean,
): void {
  if (at < 0 || at + width > bytes.length) return;
  let rest = BigInt.asUintN(8 * width, BigInt(Math.trunc(value)));
  for (let i = 0; i < width; i++) {
    bytes[little ? at + i : at + width - 1 - i] = Number(rest & 255n);
    rest >>= 8n;
  }
}

/** Reads what {@link writeNumber} writes; 0 outside. */
export function readNumber(bytes: Uint8Array, at: number, width: 1 | 2 | 4 | 8, little: boolean): number {
  if (at < 0 || at + width > bytes.length) return 0;
  let value = 0n;
  for (let i = 0; i < width; i++)
    value = (value << 8n) | BigInt(bytes[little ? at + width - 1 - i : at + i]!);
  return Number(value);
}

export function joined(...parts: Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

/** `bytes` with the stretch from `start` to `end` replaced. */
export function spliced(bytes: Uint8Array, start: number, end: number, by: Uint8Array): Uint8Array {
  return joined(bytes.subarray(0, start), by, bytes.subarray(end));
}

/** One to four changes at random places: bits, bytes, numbers, stretches cut, doubled, moved or made up. */
export const mutateBytes: Mutator = (bytes, random) => {
  let result: Uint8Array = bytes.slice();
  for (let times = random.between(1, 4); times > 0; times--) result = changedOnce(result, random);
  return result;
};

function changedOnce(bytes: Uint8Array, random: Random): Uint8Array {
  if (bytes.length === 0) return random.bytes(random.below(16));
  // Headers come first, and in some formats last; most of what can go wrong is there.
  const reach = random.pick([32, 128, 1024, bytes.length]);
  const fromEnd = random.chance(0.15);
  const place = random.below(Math.min(reach, bytes.length));
  const at = fromEnd ? bytes.length - 1 - place : place;
  const length = Math.min(random.pick([1, 2, 4, 8, 16, 64, 512]), bytes.length - at);
  switch (random.below(9)) {
    case 0:
      bytes[at]! ^= 1 << random.below(8);
      return bytes;
    case 1:
      bytes[at] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
      return bytes;
    case 2:
    case 3: {
      const width = random.pick([1, 2, 4, 8] as const);
      const little = random.chance(0.5);
      writeNumber(bytes, at, otherNumber(readNumber(bytes, at, width, little), random), width, little);
      return bytes;
    }
    case 4:
      return bytes.slice(0, at);
    case 5:
      return spliced(bytes, at, at + length, new Uint8Array());
    case 6:
      return spliced(bytes, at, at, bytes.slice(at, at + length));
    case 7: {
      const from = random.below(bytes.length);
      return spliced(bytes, at, at + length, bytes.slice(from, from + length));
    }
    default:
      return spliced(bytes, at, at + length, random.bytes(length));
  }
}

/** Changes a list of records: drops, doubles, exchanges, moves or empties one. */
export function mutateList<T>(items: readonly T[], random: Random): T[] {
  const list = [...items];
  if (list.length === 0) return list;
  const at = random.below(list.length);
  const other = random.below(list.length);
  switch (random.below(6)) {
    case 0:
      list.splice(at, 1);
      break;
    case 1:
      list.splice(other, 0, list[at]!);
      break;
    case 2:
      [list[at], list[other]] = [list[other]!, list[at]!];
      break;
    case 3:
      list.splice(at);
      break;
    case 4:
      list.push(...list.slice(at));
      break;
    default: {
      const many = random.pick([10, 100, 1000]);
      for (let i = 0; i < many; i++) list.splice(at, 0, list[at]!);
    }
  }
  return list;
}
