/** Where a zip archive lies within a file: other bytes may stand before it and behind it. (PKWARE APPNOTE 6.3.10, 4.3.) */
import type { RandomBytes } from './bytes.ts';

const CENTRAL = 0x02014b50;
const END = 0x06054b50;
const END_64 = 0x06064b50;
const LOCATOR_64 = 0x07064b50;
const END_BYTES = 22;
const END_64_BYTES = 56;
const LOCATOR_BYTES = 20;
const MAX_COMMENT = 0xffff;
/** So far from its end a file is looked through for an archive; a downloaded page behind one is much smaller. */
const MAX_TRAILING = 64 * 2 ** 20;

export interface ZipPlace {
  /** What the archive's offsets count from. */
  start: number;
  /** Behind its comment. */
  end: number;
  /** Where the comment begins, counted from `start`. */
  comment: number;
  /** Where the table of contents begins, counted from `start`. */
  directory: number;
}

/**
 * Finds the archive by the record at its end, which says where the table of contents lies.
 *
 * @param far look for it further back than a comment can be long
 * @returns null when no record fits what lies before it
 */
export async function findZip(file: RandomBytes, far: boolean): Promise<ZipPlace | null> {
  const last = Math.max(0, file.size - MAX_COMMENT - END_BYTES);
  const near = await findIn(file, last, file.size);
  if (near.found || !far) return near.place;
  const stop = Math.max(0, file.size - MAX_TRAILING);
  for (let to = last; to > stop; to -= MAX_COMMENT) {
    // Records that begin before `to` may end behind it.
    const { found, place } = await findIn(file, Math.max(0, to - MAX_COMMENT), to + END_BYTES - 1);
    if (found) return place;
  }
  return null;
}

/** `found`: there is an end record, whether it fits or not. */
async function findIn(
  file: RandomBytes,
  from: number,
  to: number,
): Promise<{ found: boolean; place: ZipPlace | null }> {
  const bytes = Buffer.from(await file.read(from, Math.min(to, file.size) - from));
  let found = false;
  let trailing: ZipPlace | null = null;
  let empty: ZipPlace | null = null;
  for (let i = bytes.length - END_BYTES; i >= 0; i--) {
    if (bytes.readUInt32LE(i) !== END) continue;
    found = true;
    const one = await placeOf(file, from + i, bytes.subarray(i, i + END_BYTES));
    if (one === null) continue;
    // A comment may hold what looks like a record: the one that ends with the file is the true one.
    if (one.isEmpty) empty ??= one.start === 0 ? one : null;
    else if (one.end === file.size) return { found, place: one };
    else trailing ??= one;
  }
  return { found, place: trailing ?? empty };
}

async function placeOf(
  file: RandomBytes,
  at: number,
  record: Buffer,
): Promise<(ZipPlace & { isEmpty: boolean }) | null> {
  const end = at + END_BYTES + record.readUInt16LE(20);
  const isPart = record.readUInt16LE(4) !== 0;
  if (isPart || end > file.size) return null;
  let size = record.readUInt32LE(12);
  let offset = record.readUInt32LE(16);
  let behind = at;
  const large = await end64(file, at);
  if (large === undefined) return null;
  if (large !== null) ({ size, offset, at: behind } = large);
  const directory = behind - size;
  const isEmpty = size === 0;
  if (!isEmpty && (await signature(file, directory)) !== CENTRAL) {
    // Something else may lie between the table and its end.
    return (await signature(file, offset)) === CENTRAL
      ? { start: 0, end, comment: at + END_BYTES, directory: offset, isEmpty }
      : null;
  }
  const start = directory - offset;
  return start < 0 ? null : { start, end, comment: at + END_BYTES - start, directory: offset, isEmpty };
}

/** The record of zip64; null when there is none, undefined when it is damaged. */
async function end64(
  file: RandomBytes,
  end: number,
): Promise<{ at: number; size: number; offset: number } | null | undefined> {
  const locator = Buffer.from(await file.read(Math.max(0, end - LOCATOR_BYTES), LOCATOR_BYTES));
  if (locator.length < LOCATOR_BYTES || locator.readUInt32LE(0) !== LOCATOR_64) return null;
  const told = Number(locator.readBigUInt64LE(8));
  for (const at of [told, end - LOCATOR_BYTES - END_64_BYTES]) {
    if (at < 0 || at >= end || (await signature(file, at)) !== END_64) continue;
    const record = Buffer.from(await file.read(at, END_64_BYTES));
    if (record.length < END_64_BYTES) continue;
    return { at, size: Number(record.readBigUInt64LE(40)), offset: Number(record.readBigUInt64LE(48)) };
  }
  return undefined;
}

async function signature(file: RandomBytes, at: number): Promise<number> {
  if (at < 0 || at + 4 > file.size) return 0;
  return Buffer.from(await file.read(at, 4)).readUInt32LE(0);
}

/** Marks that may stand before the first file: of an archive that was, or might have been, in several parts. */
const PART_MARKS = [0x08074b50, 0x30304b50];

/**
 * Bytes before the archive's first file that are no part of it.
 *
 * @param first where the first file begins
 */
export async function bytesBefore(file: RandomBytes, first: number): Promise<number> {
  return first === 4 && PART_MARKS.includes(await signature(file, 0)) ? 0 : first;
}
