/**
 * Reader and writer of safetensors files: 8 bytes little-endian header length, a JSON header
 * `name → {dtype, shape, data_offsets}`, then the tensors' bytes without gaps.
 * Format: https://huggingface.co/docs/safetensors. Typed arrays are used as they lie in memory, which is
 * little-endian on every platform this program runs on.
 */
import fs from 'node:fs/promises';
import { createHash, type Hash } from 'node:crypto';
import * as v from 'valibot';
import { elementCount } from '../shape.ts';
import { UserError } from '../errors.ts';
import { fillNewFile, readProblem } from '../files.ts';
import { countOf } from '../words.ts';

/** Limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
/** Half of a character outside the basic plane; no UTF-8 can hold it. */
const LONE_SURROGATE = /\p{Surrogate}/u;
/** One system call can move less than 2 GiB. */
const CHUNK_BYTES = 64 * 1024 * 1024;

export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

export interface NamedTensor<D extends TensorData = TensorData> {
  shape: number[];
  data: D;
}

/** Parameter name → float32 tensor, row by row. */
export type FloatTensors = Record<string, NamedTensor<Float32Array>>;

/** What can be written; shapes may be read-only. */
export type WritableTensors = Readonly<
  Record<
    string,
    {
      readonly shape: readonly number[];
      readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
    }
  >
>;

export interface SafetensorsFile {
  tensors: Record<string, NamedTensor>;
  metadata: Record<string, string>;
}

/** The dtypes that are read. Half precision becomes float32, which holds each of its values. */
const DTYPES = {
  BOOL: { bytes: 1, make: (b: ArrayBuffer): TensorData => new Uint8Array(b) },
  U8: { bytes: 1, make: (b: ArrayBuffer): TensorData => new Uint8Array(b) },
  I8: { bytes: 1, make: (b: ArrayBuffer): TensorData => new Int8Array(b) },
  U16: { bytes: 2, make: (b: ArrayBuffer): TensorData => new Uint16Array(b) },
  I16: { bytes: 2, make: (b: ArrayBuffer): TensorData => new Int16Array(b) },
  F16: { bytes: 2, make: (b: ArrayBuffer): TensorData => fromHalf(new Uint16Array(b)) },
  BF16: { bytes: 2, make: (b: ArrayBuffer): TensorData => fromBrainFloat(new Uint16Array(b)) },
  U32: { bytes: 4, make: (b: ArrayBuffer): TensorData => new Uint32Array(b) },
  I32: { bytes: 4, make: (b: ArrayBuffer): TensorData => new Int32Array(b) },
  F32: { bytes: 4, make: (b: ArrayBuffer): TensorData => new Float32Array(b) },
  U64: { bytes: 8, make: (b: ArrayBuffer): TensorData => new BigUint64Array(b) },
  I64: { bytes: 8, make: (b: ArrayBuffer): TensorData => new BigInt64Array(b) },
  F64: { bytes: 8, make: (b: ArrayBuffer): TensorData => new Float64Array(b) },
} as const;

/** Dtypes that the format has besides, for an honest sentence. */
const UNREAD_DTYPES = new Set(
  'F4 F6_E2M3 F6_E3M2 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ C64'.split(' '),
);

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

/**
 * Reads a file, or the tensors of it that are wanted.
 *
 * @param wanted which names to read; the whole header is checked in any case
 * @throws UserError with one sentence for every way in which the file breaks the format
 */
export async function readSafetensors(
  file: string,
  wanted: (name: string) => boolean = () => true,
): Promise<SafetensorsFile> {
  return withFile(file, async (handle) => {
    const { entries, metadata, dataStart } = await readHeader(handle, file);
    const tensors = emptyRecord<NamedTensor>();
    for (const { name, dtype, shape, begin, end } of entries) {
      if (!wanted(name)) continue;
      const buffer = new ArrayBuffer(end - begin);
      await readFully(handle, new Uint8Array(buffer), dataStart + begin, file);
      tensors[name] = { shape, data: DTYPES[dtype].make(buffer) };
    }
    return { tensors, metadata };
  });
}

/**
 * As {@link readSafetensors}, every wanted tensor as float32: F16 and BF16 exactly, F64 rounded.
 *
 * @throws UserError also for a tensor of whole numbers
 */
export async function readFloatTensors(
  file: string,
  wanted?: (name: string) => boolean,
): Promise<FloatTensors> {
  const { tensors } = await readSafetensors(file, wanted);
  const floats = emptyRecord<NamedTensor<Float32Array>>();
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (data instanceof Float32Array) floats[name] = { shape, data };
    else if (data instanceof Float64Array) floats[name] = { shape, data: Float32Array.from(data) };
    else
      throw new UserError(`${file}: tensor ${quoted(name)} does not hold floating-point numbers.`, {
        code: 'unreadable',
        file,
      });
  }
  return floats;
}

/** Names and shapes, without reading the tensors. */
export async function readTensorShapes(file: string): Promise<Record<string, number[]>> {
  return withFile(file, async (handle) => {
    const shapes = emptyRecord<number[]>();
    for (const { name, shape } of (await readHeader(handle, file)).entries) shapes[name] = shape;
    return shapes;
  });
}

/**
 * Writes tensors and flushes them to the disk. The wider types come first, each type in the record's order, so
 * that every tensor lies at a multiple of its item size, as PyTorch's reader needs it. The file must not exist yet.
 *
 * @returns size and SHA-256 (hex) of what was written
 * @throws the file system's own error, for the caller to put in words
 */
export async function writeSafetensors(
  file: string,
  tensors: WritableTensors,
  metadata: Readonly<Record<string, string>> = {},
): Promise<{ bytes: number; sha256: string }> {
  const header = emptyRecord<unknown>();
  if (Object.keys(metadata).length > 0) header['__metadata__'] = metadata;
  const ordered = Object.entries(tensors).sort(
    ([, a], [, b]) => b.data.BYTES_PER_ELEMENT - a.data.BYTES_PER_ELEMENT,
  );
  let offset = 0;
  for (const [name, { shape, data }] of ordered) {
    if (name === '__metadata__') throw new Error('a tensor cannot be called __metadata__');
    if (elementCount(shape) !== data.length) {
      throw new Error(`tensor ${name}: shape [${shape.join(', ')}] does not hold ${data.length} values`);
    }
    header[name] = { dtype: dtypeOf(data), shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  for (const text of [...Object.keys(header), ...Object.entries(metadata).flat()]) {
    if (LONE_SURROGATE.test(text)) throw new Error(`${quoted(text)} holds half a character`);
  }
  let json = Buffer.from(JSON.stringify(header), 'utf8');
  // The reference implementation pads with spaces so that tensors begin at a multiple of 8.
  json = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  if (json.length > MAX_HEADER_BYTES) throw new Error('the names are longer than the format allows');
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));

  const hash = createHash('sha256');
  await fillNewFile(file, async (handle) => {
    await append(handle, length, hash);
    await append(handle, json, hash);
    for (const [, { data }] of ordered) {
      await append(handle, new Uint8Array(data.buffer, data.byteOffset, data.byteLength), hash);
    }
  });
  return { bytes: 8 + json.length + offset, sha256: hash.digest('hex') };
}

function dtypeOf(data: WritableTensors[string]['data']): keyof typeof DTYPES {
  if (data instanceof Float32Array) return 'F32';
  if (data instanceof BigInt64Array) return 'I64';
  return data instanceof Int32Array ? 'I32' : 'U8';
}

async function append(handle: fs.FileHandle, bytes: Uint8Array, hash: Hash): Promise<void> {
  for (let done = 0; done < bytes.length;) {
    const chunk = bytes.subarray(done, done + CHUNK_BYTES);
    const { bytesWritten } = await handle.write(chunk);
    hash.update(chunk.subarray(0, bytesWritten));
    done += bytesWritten;
  }
}

async function withFile<T>(file: string, use: (handle: fs.FileHandle) => Promise<T>): Promise<T> {
  try {
    const handle = await fs.open(file, 'r');
    try {
      return await use(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readProblem(error, file);
  }
}

async function readFully(
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

async function readHeader(handle: fs.FileHandle, file: string): Promise<Header> {
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

function isKnown(dtype: string): dtype is keyof typeof DTYPES {
  return Object.hasOwn(DTYPES, dtype);
}

/** A record without inherited keys, so that a tensor may have any name (`constructor`, `__proto__`). */
function emptyRecord<T>(): Record<string, T> {
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
function quoted(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 120)}…` : name);
}

/** IEEE half precision: 1 sign, 5 exponent, 10 fraction bits. */
function fromHalf(bits: Uint16Array): Float32Array {
  return Float32Array.from(bits, (half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 0x1f;
    const fraction = half & 0x3ff;
    if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
    if (exponent === 0) return sign * fraction * 2 ** -24;
    return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  });
}

/** bfloat16: the upper half of a float32. */
function fromBrainFloat(bits: Uint16Array): Float32Array {
  return new Float32Array(Uint32Array.from(bits, (upper) => upper << 16).buffer);
}
