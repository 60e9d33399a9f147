/**
 * Members of tar archives that were stored without their holes. (GNU tar manual, appendix D.2: `oldgnu` and the formats
 * 0.0, 0.1 and 1.0 of pax.)
 */
import { octalOrBinary } from './tar-numbers.ts';

const BLOCK = 512;

/** A stretch of the file that is stored; all else is zeros. */
export interface SparseRun {
  /** In the file. */
  offset: number;
  length: number;
  /** In the stored data. */
  at: number;
}

/** What an extended header says of a sparse file: for 0.0 in repeated records, for 0.1 in one. */
export interface SparseRecords {
  /** The map lies before the data (1.0). */
  mapInData: boolean;
  /** Offsets and lengths by turns; null when the header has none. */
  numbers: readonly string[] | null;
  /** Size of the whole file. */
  size: string | undefined;
  name: string | undefined;
}

/** @returns null when the records tell of no sparse file */
export function sparseRecords(
  records: ReadonlyMap<string, string>,
  runs: readonly string[],
): SparseRecords | null {
  const map = records.get('GNU.sparse.map');
  const mapInData = records.get('GNU.sparse.major') === '1';
  const isOld = records.has('GNU.sparse.numblocks') || map !== undefined;
  if (!mapInData && !isOld) return null;
  return {
    mapInData,
    numbers: mapInData ? null : map === undefined ? runs : map.split(',').filter((number) => number !== ''),
    size: records.get('GNU.sparse.realsize') ?? records.get('GNU.sparse.size'),
    name: records.get('GNU.sparse.name'),
  };
}

/** Offsets and lengths by turns from a part of an old GNU header; `ended` by an empty one. */
export function oldSparseNumbers(bytes: Uint8Array, count: number): { numbers: string[]; ended: boolean } {
  const numbers: string[] = [];
  for (let i = 0; i < count; i++) {
    const entry = bytes.subarray(24 * i, 24 * (i + 1));
    if (entry[12] === 0) return { numbers, ended: true };
    for (const field of [entry.subarray(0, 12), entry.subarray(12)])
      numbers.push(String(octalOrBinary(field)));
  }
  return { numbers, ended: false };
}

/**
 * The stored stretches of a file. GNU tar begins each with a block of its own.
 *
 * @param packed stored bytes
 * @param size of the file
 * @returns null when they do not fit
 */
export function sparseRuns(numbers: readonly string[], packed: number, size: number): SparseRun[] | null {
  const values = numbers.map((number) => (/^\d+$/.test(number) ? Number(number) : NaN));
  if (values.length % 2 !== 0 || !values.every((value) => Number.isSafeInteger(value))) return null;
  const runs: SparseRun[] = [];
  let at = 0;
  let end = 0;
  for (let i = 0; i < values.length; i += 2) {
    const [offset, length] = [values[i]!, values[i + 1]!];
    if (offset < end || offset + length > size) return null;
    end = offset + length;
    if (length > 0) runs.push({ offset, length, at });
    at += Math.ceil(length / BLOCK) * BLOCK;
  }
  return at <= Math.ceil(packed / BLOCK) * BLOCK ? runs : null;
}

/** Stored bytes that hold the first `length` bytes of the file. */
export function storedFor(runs: readonly SparseRun[], length: number): number {
  let stored = 0;
  for (const run of runs) {
    if (run.offset < length) stored = run.at + Math.min(run.length, length - run.offset);
  }
  return stored;
}

/** The first `length` bytes of the file. */
export function withHoles(runs: readonly SparseRun[], stored: Uint8Array, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (const { offset, length: some, at } of runs) {
    if (offset < length) bytes.set(stored.subarray(at, at + Math.min(some, length - offset)), offset);
  }
  return bytes;
}
