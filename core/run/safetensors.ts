/**
 * Reader and writer of safetensors files: 8 bytes little-endian header length, a JSON header
 * `name → {dtype, shape, data_offsets}`, then the tensors' bytes without gaps.
 * Format: https://huggingface.co/docs/safetensors. Typed arrays are used as they lie in memory, which is
 * little-endian on every platform this program runs on.
 */
import fs from 'node:fs/promises';
import { createHash, type Hash } from 'node:crypto';
import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { readProblem } from '../files.ts';

/** Limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
/** One system call can move less than 2 GiB. */
const CHUNK_BYTES = 64 * 1024 * 1024;

export type TensorData = Float32Array | Int32Array | BigInt64Array | Uint8Array;

export interface NamedTensor<D extends TensorData = TensorData> {
  shape: number[];
  data: D;
}

/** Parameter name → float32 tensor, row by row. */
export type FloatTensors = Record<string, NamedTensor<Float32Array>>;

/** What can be written: float32 tensors, shapes may be read-only. */
export type WritableTensors = Readonly<
  Record<string, { readonly shape: readonly number[]; readonly data: Float32Array }>
>;

export interface SafetensorsFile {
  tensors: Record<string, NamedTensor>;
  metadata: Record<string, string>;
}

const DTYPES = {
  F32: { bytes: 4, make: (b: ArrayBuffer): TensorData => new Float32Array(b) },
  I32: { bytes: 4, make: (b: ArrayBuffer): TensorData => new Int32Array(b) },
  I64: { bytes: 8, make: (b: ArrayBuffer): TensorData => new BigInt64Array(b) },
  U8: { bytes: 1, make: (b: ArrayBuffer): TensorData => new Uint8Array(b) },
} as const;

const natural = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const EntrySchema = v.strictObject({
  dtype: v.string(),
  shape: v.array(natural),
  data_offsets: v.strictTuple([natural, natural]),
});
const MetadataSchema = v.record(v.string(), v.string());

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
 * Reads a whole file.
 *
 * @throws UserError with one sentence for every way in which the file breaks the format
 */
export async function readSafetensors(file: string): Promise<SafetensorsFile> {
  return withFile(file, async (handle) => {
    const { entries, metadata, dataStart } = await readHeader(handle, file);
    const tensors = emptyRecord<NamedTensor>();
    for (const { name, dtype, shape, begin, end } of entries) {
      const buffer = new ArrayBuffer(end - begin);
      await readFully(handle, new Uint8Array(buffer), dataStart + begin, file);
      tensors[name] = { shape, data: DTYPES[dtype].make(buffer) };
    }
    return { tensors, metadata };
  });
}

/** Reads a file in which every tensor must be float32. */
export async function readFloatTensors(file: string): Promise<FloatTensors> {
  const { tensors } = await readSafetensors(file);
  const floats = emptyRecord<NamedTensor<Float32Array>>();
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (!(data instanceof Float32Array)) throw new UserError(`${file}: tensor "${name}" is not float32.`);
    floats[name] = { shape, data };
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
 * Writes float32 tensors in the record's order and flushes them to the disk. The file must not exist yet.
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
  let offset = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    if (name === '__metadata__') throw new Error('a tensor cannot be called __metadata__');
    if (shape.reduce((n, d) => n * d, 1) !== data.length) {
      throw new Error(`tensor ${name}: shape [${shape.join(', ')}] does not hold ${data.length} values`);
    }
    header[name] = { dtype: 'F32', shape, data_offsets: [offset, offset + data.byteLength] };
    offset += data.byteLength;
  }
  let json = Buffer.from(JSON.stringify(header), 'utf8');
  // The reference implementation pads with spaces so that tensors begin at a multiple of 8.
  json = Buffer.concat([json, Buffer.alloc((8 - (json.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));

  const hash = createHash('sha256');
  const handle = await fs.open(file, 'wx');
  try {
    await append(handle, length, hash);
    await append(handle, json, hash);
    for (const { data } of Object.values(tensors)) {
      await append(handle, new Uint8Array(data.buffer, data.byteOffset, data.byteLength), hash);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
  return { bytes: 8 + json.length + offset, sha256: hash.digest('hex') };
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
    if (bytesRead === 0) throw new UserError(`${file} became shorter while it was read.`);
    done += bytesRead;
  }
}

async function readHeader(handle: fs.FileHandle, file: string): Promise<Header> {
  const bad = (what: string): UserError => new UserError(`${file} is not a valid safetensors file: ${what}.`);
  const { size } = await handle.stat();
  if (size < 8) throw bad(`it has ${size} bytes, too few for a header`);
  const lengthBytes = Buffer.alloc(8);
  await readFully(handle, lengthBytes, 0, file);
  const headerLength = lengthBytes.readBigUInt64LE();
  if (headerLength > BigInt(MAX_HEADER_BYTES)) {
    throw bad(`its header claims ${headerLength} bytes, more than the 100 MB the format allows`);
  }
  const headerBytes = Number(headerLength);
  if (8 + headerBytes > size) throw bad(`it ends within its header of ${headerBytes} bytes`);
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
  const twice = repeatedKey(text);
  if (twice !== null) throw bad(`its header has the key "${twice}" twice`);

  const dataStart = 8 + headerBytes;
  const dataBytes = size - dataStart;
  const entries: Entry[] = [];
  let metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(parsed)) {
    if (name === '__metadata__') {
      const checked = v.safeParse(MetadataSchema, value);
      if (!checked.success) throw bad('its __metadata__ holds something that is not text');
      metadata = checked.output;
      continue;
    }
    const checked = v.safeParse(EntrySchema, value);
    if (!checked.success)
      throw bad(`the entry of tensor "${name}" lacks a proper dtype, shape or data_offsets`);
    const { dtype, shape, data_offsets: offsets } = checked.output;
    const [begin, end] = offsets;
    if (!isKnown(dtype)) throw bad(`tensor "${name}" has dtype ${dtype}; only F32, I32, I64 and U8 are read`);
    const expected = shape.reduce((n, d) => n * d, DTYPES[dtype].bytes);
    if (end - begin !== expected) {
      throw bad(`tensor "${name}" needs ${expected} bytes for its shape but its offsets span ${end - begin}`);
    }
    if (end > dataBytes) {
      throw bad(`it ends within tensor "${name}" (${dataBytes} bytes of tensors, ${end} needed)`);
    }
    entries.push({ name, dtype, shape, begin, end });
  }

  let covered = 0;
  for (const { name, begin, end } of [...entries].sort((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin < covered) throw bad(`tensor "${name}" overlaps another one`);
    if (begin > covered) throw bad(`there is a hole of ${begin - covered} bytes before tensor "${name}"`);
    covered = end;
  }
  if (covered !== dataBytes) throw bad(`${dataBytes - covered} bytes after the last tensor belong to none`);
  return { entries, metadata, dataStart };
}

function isKnown(dtype: string): dtype is keyof typeof DTYPES {
  return Object.hasOwn(DTYPES, dtype);
}

/** A record without inherited keys, so that a tensor may have any name (`constructor`, `__proto__`). */
function emptyRecord<T>(): Record<string, T> {
  return Object.create(null) as Record<string, T>;
}

/** The first key that occurs twice in one object of a valid JSON text; JSON.parse keeps the last without a word. */
function repeatedKey(json: string): string | null {
  const open: (Set<string> | null)[] = [];
  const token = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g;
  for (let match = token.exec(json); match !== null; match = token.exec(json)) {
    const text = match[0];
    if (text === '{') open.push(new Set());
    else if (text === '[') open.push(null);
    else if (text === '}' || text === ']') open.pop();
    else if (match[1] !== undefined) {
      const key = String(JSON.parse(text.slice(0, text.length - match[1].length)));
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return null;
}
