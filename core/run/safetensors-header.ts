/** The header of a safetensors file, held against the format and the file's size before anything else is read. */
import type fs from 'node:fs/promises';
import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { countOf } from '../words.ts';
import { DTYPES, isKnown, UNREAD_DTYPES } from './safetensors-dtypes.ts';

/** Limit of the reference implementation. */
export const MAX_HEADER_BYTES = 100_000_000;
/** Half of a character outside the basic plane; no UTF-8 can hold it. */
export const LONE_SURROGATE = /\p{Surrogate}/u;
/** One system call can move less than 2 GiB. */
export const CHUNK_BYTES = 64 * 1024 * 1024;

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
/** Other keys are passed over, as the Python package does. */
const EntrySchema = v.object({
  dtype: v.string(),
  shape: v.array(v.pipe(v.number(), v.integer(), v.minValue(0))),
  data_offsets: v.strictTuple([natural, natural]),
});

interface Entry {
  name: string;
  dtype: keyof typeof DTYPES;
  shape: number[];
  begin: number;
  end: number;
}

interface Header {
  entries: Entry[];
  metadata: Record<string, string>;
  /** Position of the first tensor byte in the file. */
  dataStart: number;
}

/** Reads until the array is full. @throws UserError when the file ends before */
export async function readFully(
  handle: fs.FileHandle,
  into: Uint8Array,
  position: number,
  file: string,
): Promise<void> {
  for (let done = 0; done < into.length;) {
    const length = Math.min(CHUNK_BYTES, into.length - done);
    const { bytesRead } = await handle.read(into, done, length, position + done);
    if (bytesRead === 0) {
      throw new UserError(`${file} became shorter while it was read.`, { code: 'unreadable', file });
    }
    done += bytesRead;
  }
}

/** Of `version https://git-lfs.github.com/spec/v1`; as a length it would be far too large. */
const LFS_POINTER_START = 'version ';

/** @throws UserError in one sentence for every way in which the header breaks the format */
export async function readHeader(handle: fs.FileHandle, file: string): Promise<Header> {
  const bad = (what: string): UserError =>
    new UserError(`${file} is not a valid safetensors file: ${what}.`, { code: 'unreadable', file });
  const { size } = await handle.stat();
  if (size < 8) throw bad(`it has ${countOf(size, 'byte')}, too few for a header`);
  const lengthBytes = Buffer.alloc(8);
  await readFully(handle, lengthBytes, 0, file);
  if (lengthBytes.toString('latin1') === LFS_POINTER_START) {
    throw bad('it may be a pointer of Git LFS; run "git lfs pull" in its repository');
  }
  const headerLength = lengthBytes.readBigUInt64LE();
  if (headerLength > BigInt(MAX_HEADER_BYTES)) {
    throw bad(`its header claims ${countOf(headerLength, 'byte')}, more than the 100 MB the format allows`);
  }
  const headerBytes = Number(headerLength);
  if (8 + headerBytes > size) throw bad(`it ends within its header of ${countOf(headerBytes, 'byte')}`);
  const raw = new Uint8Array(headerBytes);
  await readFully(handle, raw, 8, file);

  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(raw);
  } catch {
    throw bad('its header is not UTF-8');
  }
  if (!text.startsWith('{')) throw bad('its header does not begin with {');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw bad('its header is not JSON');
  }
  if (typeof parsed !== 'object' || parsed === null) throw bad('its header is not a JSON object');
  const problem = hiddenProblem(text);
  if (problem !== null) throw bad(`its header ${problem}`);

  const dataStart = 8 + headerBytes;
  const dataBytes = size - dataStart;
  const entries: Entry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (name === '__metadata__') {
      const texts = textRecord(value);
      if (texts === null) throw bad('its __metadata__ is not an object of texts');
      metadata = texts;
    } else {
      entries.push(readEntry(file, name, value, dataBytes, bad));
    }
  }

  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) throw bad(`tensor ${quoted(name)} overlaps another one`);
    if (begin > covered) {
      throw bad(`there is a hole of ${countOf(begin - covered, 'byte')} before tensor ${quoted(name)}`);
    }
    covered = end;
  }
  const beyond = dataBytes - covered;
  if (beyond > 0) throw bad(`it goes on for ${countOf(beyond, 'byte')} after the last tensor`);
  return { entries, metadata, dataStart };
}

function readEntry(
  file: string,
  name: string,
  value: unknown,
  dataBytes: number,
  bad: (what: string) => UserError,
): Entry {
  const tensor = `tensor ${quoted(name)}`;
  const checked = v.safeParse(EntrySchema, value);
  if (!checked.success) throw bad(`the entry of ${tensor} lacks a proper dtype, shape or data_offsets`);
  const { dtype, shape, data_offsets: offsets } = checked.output;
  const [begin, end] = offsets;
  if (!isKnown(dtype)) {
    if (UNREAD_DTYPES.has(dtype)) {
      throw new UserError(`${file} cannot be read: ${tensor} has dtype ${quoted(dtype)}; save it as F32.`, {
        code: 'unreadable',
        file,
      });
    }
    throw bad(`${tensor} has dtype ${quoted(dtype)}, which the format does not have`);
  }
  const expected = shape.every(Number.isSafeInteger) ? bytesOf(shape, DTYPES[dtype].bytes) : null;
  if (expected === null) throw bad(`${tensor} has a shape whose size overflows`);
  if (BigInt(end) - BigInt(begin) !== expected) {
    throw bad(
      `${tensor} needs ${countOf(expected, 'byte')} for its shape but its offsets span ${end - begin}`,
    );
  }
  if (end > dataBytes) {
    throw bad(`it ends within ${tensor} (${countOf(dataBytes, 'byte')} of tensors, ${end} needed)`);
  }
  return { name, dtype, shape, begin, end };
}

/** The object of texts that this is; null when it is something else. */
function textRecord(value: unknown): Record<string, string> | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const texts = emptyRecord<string>();
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== 'string') return null;
    texts[key] = text;
  }
  return texts;
}

/** Size of a tensor; null when it, or a product on the way to it, does not fit 64 bits, as in the Python package. */
function bytesOf(shape: readonly number[], itemBytes: number): bigint | null {
  let product = 1n;
  for (const factor of [...shape, itemBytes]) {
    product *= BigInt(factor);
    if (product >= 2n ** 64n) return null;
  }
  return product;
}

/** A record without inherited keys, so that a tensor may have any name (`constructor`, `__proto__`). */
export function emptyRecord<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

/**
 * What JSON.parse passes over in a valid JSON text: a key given twice (it keeps the last), half a character in an
 * escape, and numbers other than plain whole ones, which alone a header may hold. null when there is nothing.
 */
function hiddenProblem(json: string): string | null {
  const open: (Set<string> | null)[] = [];
  for (let at = 0; at < json.length; at++) {
    const character = json.charAt(at);
    if (character === '{') open.push(new Set());
    else if (character === '[') open.push(null);
    else if (character === '}' || character === ']') open.pop();
    else if (character === '"') {
      const end = endOfString(json, at);
      const isKey = /\s*:/y;
      isKey.lastIndex = end;
      const raw = json.slice(at, end);
      const text = raw.includes('\\') ? String(JSON.parse(raw)) : raw.slice(1, -1);
      if (LONE_SURROGATE.test(text)) return `has half a character in ${quoted(text)}`;
      const keys = open.at(-1);
      if (keys && isKey.test(json)) {
        if (keys.has(text)) return `has the key ${quoted(text)} twice`;
        keys.add(text);
      }
      at = end - 1;
    } else if (/[-0-9]/.test(character)) {
      const number = NUMBER.exec(json.slice(at, at + 400))?.[0] ?? character;
      if (!/^\d+$/.test(number))
        return `has the number ${number.slice(0, 40)}, where only whole ones from 0 on may stand`;
      at += number.length - 1;
    }
  }
  return null;
}

const NUMBER = /^[-+.0-9eE]+/;

/** Position after the closing quote of the string that begins at `start` of a valid JSON text. */
function endOfString(json: string, start: number): number {
  for (let at = start + 1; ; at++) {
    const code = json.charCodeAt(at);
    if (code === 0x22) return at + 1;
    if (code === 0x5c) at++;
  }
}

/** A name from a file, fit for a sentence: escaped, and not longer than a line. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}
