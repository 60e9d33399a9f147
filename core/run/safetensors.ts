/**
 * Reader and writer of safetensors files: 8 bytes little-endian header length, a JSON header
 * `name → {dtype, shape, data_offsets}`, then the tensors' bytes without gaps.
 * Format: https://huggingface.co/docs/safetensors. Typed arrays are used as they lie in memory, which is
 * little-endian on every platform this program runs on.
 */
import type fs from 'node:fs/promises';
import { createHash, type Hash } from 'node:crypto';
import { elementCount } from '../shape.ts';
import { UserError } from '../errors.ts';
import { fillNewFile, readProblem } from '../files.ts';
import { openToRead } from '../read-file.ts';
import { DTYPES, HalfFloats, type TensorData } from './safetensors-dtypes.ts';
import {
  CHUNK_BYTES,
  emptyRecord,
  LONE_SURROGATE,
  MAX_HEADER_BYTES,
  quoted,
  readFully,
  readHeader,
} from './safetensors-header.ts';

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
      readonly data: Float32Array | Int32Array | BigInt64Array | Uint8Array | HalfFloats;
    }
  >
>;

export interface SafetensorsFile {
  tensors: Record<string, NamedTensor>;
  metadata: Record<string, string>;
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
  if (data instanceof HalfFloats) return 'F16';
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
    const handle = await openToRead(file);
    try {
      return await use(handle);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw readProblem(error, file);
  }
}
