import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserError } from '../errors.ts';
import {
  readFloatTensors,
  readSafetensors,
  readTensorShapes,
  type WritableTensors,
  writeSafetensors,
} from './safetensors.ts';

// Written by safetensors 0.8.0 for Python (numpy): values in the test below, metadata format and note.
const FROM_PYTHON = path.join(__dirname, 'testdata', 'from-python.safetensors');

let folder: string;
let serial = 0;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-safetensors-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function fresh(): string {
  return path.join(folder, `${serial++}.safetensors`);
}

function fileOf(header: string | Buffer, data: number | Buffer = 0, claimed?: bigint): string {
  const json = Buffer.from(header);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(claimed ?? BigInt(json.length));
  const file = fresh();
  fs.writeFileSync(file, Buffer.concat([length, json, typeof data === 'number' ? Buffer.alloc(data) : data]));
  return file;
}

const entry = (begin: number, end: number, shape = [(end - begin) / 4], dtype = 'F32'): object => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

describe('reading', () => {
  it('reads what the Python package wrote, bit for bit', async () => {
    const { tensors, metadata } = await readSafetensors(FROM_PYTHON);
    expect(metadata).toEqual({ format: 'pt', note: 'grüße' });
    expect(tensors['encoder.enc.28x28_conv.weight']).toEqual({
      shape: [2, 1, 3, 3],
      data: Float32Array.from({ length: 18 }, (_, i) => i / 7),
    });
    expect(tensors['scalar']).toEqual({ shape: [], data: Float32Array.of(-1.5) });
    expect(tensors['empty']).toEqual({ shape: [0, 3], data: new Float32Array(0) });
    expect(tensors['ints']).toEqual({ shape: [3], data: Int32Array.of(1, -2, 2 ** 31 - 1) });
    expect(tensors['longs']).toEqual({ shape: [2, 1], data: BigInt64Array.of(2n ** 53n + 1n, -(2n ** 62n)) });
    expect(tensors['bytes']).toEqual({ shape: [5], data: Uint8Array.of(0, 1, 2, 3, 4) });
    expect(await readTensorShapes(FROM_PYTHON)).toMatchObject({ longs: [2, 1], scalar: [] });
    await expect(readFloatTensors(FROM_PYTHON)).rejects.toThrow(/is not float32/);
  });

  const good = JSON.stringify({ a: entry(0, 8), b: entry(8, 12) });
  const cases: [string, () => string, RegExp][] = [
    ['a missing file', () => path.join(folder, 'nowhere'), /does not exist/],
    ['a folder', () => folder, /is a folder/],
    [
      'an empty file',
      () => (fs.writeFileSync(path.join(folder, 'empty'), ''), path.join(folder, 'empty')),
      /0 bytes/,
    ],
    ['a header over 100 MB', () => fileOf('{}', 0, 100_000_001n), /100 MB/],
    ['a header of 2^64 − 1 bytes', () => fileOf('{}', 0, 2n ** 64n - 1n), /100 MB/],
    ['a truncated header', () => fileOf('{"a":', 0, 500n), /ends within its header/],
    ['an empty header', () => fileOf(''), /does not begin with/],
    ['a header that is not UTF-8', () => fileOf(Buffer.from([0x7b, 0xff, 0x7d])), /not UTF-8/],
    ['a header with a leading space', () => fileOf(' {}'), /does not begin with/],
    ['a header that is not JSON', () => fileOf('{"a": nope}'), /not JSON/],
    [
      'a tensor twice',
      () => fileOf(`{"a":${JSON.stringify(entry(0, 4))},"a":${JSON.stringify(entry(0, 4))}}`, 4),
      /"a" twice/,
    ],
    [
      'an escaped tensor name twice',
      () => fileOf(`{"a":${JSON.stringify(entry(0, 4))},"\\u0061":1}`, 4),
      /"a" twice/,
    ],
    [
      'a field twice',
      () => fileOf('{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}', 4),
      /"dtype" twice/,
    ],
    ['truncated data', () => fileOf(good, 9), /ends within tensor "b"/],
    ['bytes too many', () => fileOf(good, 13), /1 bytes after the last tensor/],
    ['overlap', () => fileOf(JSON.stringify({ a: entry(0, 8), b: entry(4, 12) }), 12), /"b" overlaps/],
    [
      'two tensors over the same bytes',
      () => fileOf(JSON.stringify({ a: entry(0, 8), b: entry(0, 8) }), 8),
      /overlaps/,
    ],
    [
      'a hole',
      () => fileOf(JSON.stringify({ a: entry(0, 4), b: entry(8, 12) }), 12),
      /hole of 4 bytes before tensor "b"/,
    ],
    ['a shape that does not fit', () => fileOf(JSON.stringify({ a: entry(0, 8, [3]) }), 8), /needs 12 bytes/],
    ['offsets backwards', () => fileOf(JSON.stringify({ a: entry(8, 0, [2]) }), 8), /span -8/],
    ['a negative shape', () => fileOf(JSON.stringify({ a: entry(0, 8, [-2]) }), 8), /lacks a proper/],
    [
      'a shape that overflows',
      () => fileOf(JSON.stringify({ a: entry(0, 8, [2 ** 52, 2 ** 52]) }), 8),
      /needs .* bytes/,
    ],
    ['an unknown dtype', () => fileOf(JSON.stringify({ a: entry(0, 8, [4], 'BF16') }), 8), /dtype BF16/],
    [
      'an inherited dtype',
      () => fileOf(JSON.stringify({ a: entry(0, 8, [4], 'constructor') }), 8),
      /dtype constructor/,
    ],
    ['a tensor without offsets', () => fileOf('{"a":{"dtype":"F32","shape":[1]}}', 4), /lacks a proper/],
    ['metadata that is not text', () => fileOf('{"__metadata__":{"a":1}}'), /__metadata__/],
  ];
  it.each(cases)('refuses %s in one sentence that names the file', async (_, make, message) => {
    const file = make();
    const error: unknown = await readSafetensors(file).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(UserError);
    if (!(error instanceof UserError)) return;
    expect(error.message).toContain(file);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/\.$/);
    expect(error.message).not.toContain('\n');
  });

  it('takes a tensor called like an inherited property', async () => {
    const file = fileOf(
      `{"__proto__":${JSON.stringify(entry(0, 4))},"toString":${JSON.stringify(entry(4, 8))}}`,
      8,
    );
    const { tensors } = await readSafetensors(file);
    expect(Object.keys(tensors)).toEqual(['__proto__', 'toString']);
  });
});

describe('writing', () => {
  it('gives back what was written, and its hash', async () => {
    const value = fc.float({ noNaN: true });
    const tensor = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).chain((shape) => {
      const length = shape.reduce((n, d) => n * d, 1);
      return fc
        .array(value, { minLength: length, maxLength: length })
        .map((values) => ({ shape, data: Float32Array.from(values) }));
    });
    const name = fc
      .string({ maxLength: 12, unit: 'grapheme' })
      .filter((s) => s !== '__metadata__' && s !== '__proto__');
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, tensor, { noNullPrototype: true }), async (tensors) => {
        const file = fresh();
        const { bytes, sha256 } = await writeSafetensors(file, tensors);
        const content = fs.readFileSync(file);
        expect(content.length).toBe(bytes);
        expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
        expect({ ...(await readFloatTensors(file)) }).toEqual(tensors);
      }),
      { numRuns: 50 },
    );
  });

  it('pads the header to a multiple of 8 and keeps the order and the metadata', async () => {
    const file = fresh();
    const tensors: WritableTensors = {
      z: { shape: [2], data: Float32Array.of(1, 2) },
      a: { shape: [1], data: Float32Array.of(3) },
    };
    await writeSafetensors(file, tensors, { format: 'pt' });
    const content = fs.readFileSync(file);
    expect(content.readBigUInt64LE() % 8n).toBe(0n);
    const { tensors: read, metadata } = await readSafetensors(file);
    expect(Object.keys(read)).toEqual(['z', 'a']);
    expect(metadata).toEqual({ format: 'pt' });
  });

  it('writes views of larger arrays, and refuses a shape that does not fit and an existing file', async () => {
    const file = fresh();
    await writeSafetensors(file, { a: { shape: [2], data: new Float32Array([0, 1, 2, 3]).subarray(1, 3) } });
    expect((await readFloatTensors(file))['a']?.data).toEqual(Float32Array.of(1, 2));
    await expect(writeSafetensors(fresh(), { a: { shape: [3], data: new Float32Array(2) } })).rejects.toThrow(
      /does not hold 2 values/,
    );
    await expect(writeSafetensors(file, {})).rejects.toThrow(/EEXIST/);
  });
});
