import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { elementCount } from '../shape.ts';
import { UserError } from '../errors.ts';
import { trials } from '../test-trials.ts';
import { DTYPES, HalfFloats } from './safetensors-dtypes.ts';
import {
  readFloatTensors,
  readSafetensors,
  readTensorShapes,
  type WritableTensors,
  writeSafetensors,
} from './safetensors.ts';

// The files there are made by testdata/make_fixtures.py with safetensors 0.8 for Python, but for from-covae,
// which this writer made and that package has read (`make_fixtures.py check`).
const TESTDATA = path.join(__dirname, 'testdata');
const FROM_PYTHON = path.join(TESTDATA, 'dtypes.safetensors');
const FROM_COVAE = path.join(TESTDATA, 'from-covae.safetensors');

const VerdictsSchema = v.object({
  files: v.record(v.string(), v.object({ file: v.string(), python: v.nullable(v.string()) })),
});
const verdicts = v.parse(
  VerdictsSchema,
  JSON.parse(fs.readFileSync(path.join(TESTDATA, 'verdicts.json'), 'utf8')),
).files;

let folder: string;
let serial = 0;
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'covae-safetensors-'));
});
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }));

function fresh(): string {
  return path.join(folder, `${serial++}.safetensors`);
}

function fileOf(content: Uint8Array): string {
  const file = fresh();
  fs.writeFileSync(file, content);
  return file;
}

async function refusal(file: string): Promise<string | null> {
  const error: unknown = await readSafetensors(file).then(
    () => null,
    (e: unknown) => e,
  );
  if (error === null) return null;
  expect(error).toBeInstanceOf(UserError);
  if (!(error instanceof UserError)) return null;
  // One sentence that names the file.
  expect(error.message).toContain(file);
  expect(error.message).toMatch(/\.$/);
  expect(error.message).not.toContain('\n');
  return error.message;
}

describe('reading what the Python package wrote', () => {
  it('gives every value bit for bit', async () => {
    const { tensors, metadata } = await readSafetensors(FROM_PYTHON);
    expect({ ...metadata }).toEqual({ format: 'pt', note: 'grüße' });
    const f32 = Float32Array.of(0.1, -2.5, 3e38, -0);
    const f16 = [1, 65504, 2 ** -14, 2 ** -14 - 2 ** -24, 2 ** -24, -0, Infinity, -Infinity, -1.0009765625];
    expect({ ...tensors }).toEqual({
      f32: { shape: [2, 2], data: f32 },
      'f32.special': { shape: [4], data: Float32Array.of(Infinity, -Infinity, NaN, 1e-45) },
      f16: { shape: [9], data: Float32Array.from(f16) },
      bf16: {
        shape: [7],
        data: Float32Array.of(1, -3.140625, 3.3895313892515355e38, 2 ** -126, 2 ** -133, -0, Infinity),
      },
      f64: { shape: [3], data: Float64Array.of(0.1, -1e-300, 2 ** 53 + 2) },
      'i64.scalar': { shape: [], data: BigInt64Array.of(2n ** 53n + 1n) },
      i64: { shape: [2, 1], data: BigInt64Array.of(-(2n ** 62n), 7n) },
      i32: { shape: [3], data: Int32Array.of(1, -2, 2 ** 31 - 1) },
      i16: { shape: [2], data: Int16Array.of(-32768, 5) },
      i8: { shape: [2], data: Int8Array.of(-128, 127) },
      u8: { shape: [2], data: Uint8Array.of(0, 255) },
      bool: { shape: [3], data: Uint8Array.of(1, 0, 1) },
      'zero-d': { shape: [], data: Float32Array.of(-1.5) },
      empty: { shape: [0, 3], data: new Float32Array(0) },
      'empty.in.the.middle': { shape: [2, 0, 3], data: new Float32Array(0) },
      'encoder.enc.28x28_conv.weight': {
        shape: [2, 1, 3, 3],
        data: Float32Array.from({ length: 18 }, (_, i) => i / 7),
      },
    });
  });

  it('gives floating-point tensors as float32, and refuses others', async () => {
    const floats = await readFloatTensors(FROM_PYTHON, (name) => /^(f|bf)/.test(name));
    expect(Object.keys(floats).sort()).toEqual(['bf16', 'f16', 'f32', 'f32.special', 'f64']);
    expect(floats['f64']?.data).toEqual(Float32Array.of(0.1, -0, 2 ** 53));
    await expect(readFloatTensors(FROM_PYTHON)).rejects.toThrow(
      /tensor "i64(\.scalar)?" does not hold floating/,
    );
  });

  it('gives names and shapes alone, and the wanted tensors alone', async () => {
    expect(await readTensorShapes(FROM_PYTHON)).toMatchObject({
      i64: [2, 1],
      'i64.scalar': [],
      empty: [0, 3],
    });
    const { tensors } = await readSafetensors(FROM_PYTHON, (name) => name === 'i8');
    expect(Object.keys(tensors)).toEqual(['i8']);
  });

  it('writes the nearest half of each number, of two equally near the even one, as numpy does', () => {
    const finite = Uint16Array.from({ length: 0x10000 }, (_, bits) => bits).filter(
      (bits) => ((bits >> 10) & 0x1f) !== 0x1f,
    );
    const read = DTYPES.F16.make(finite.slice().buffer) as Float32Array;
    expect(new Uint16Array(HalfFloats.nearestTo(read))).toEqual(finite);
    // numpy.float32([...]).astype(numpy.float16).view(numpy.uint16)
    const given = [1 / 3, -0.1, 1.00048828125, 1.00146484375, 65519, 2 ** -25, 1.5 * 2 ** -25, 6.1e-5, -0];
    const bits = [0x3555, 0xae66, 0x3c00, 0x3c02, 0x7bff, 0x0000, 0x0001, 0x03ff, 0x8000];
    expect([...HalfFloats.nearestTo(Float32Array.from(given))]).toEqual(bits);
    for (const value of [65520, -1e9, Infinity, NaN]) {
      expect(() => HalfFloats.nearestTo(Float32Array.of(value))).toThrow(RangeError);
    }
  });

  it('agrees with the reader on each half-precision number', async () => {
    // All 65,536 bit patterns, against the definition by way of text: sign, exponent, fraction.
    const bits = Uint16Array.from({ length: 65_536 }, (_, i) => i);
    const header = '{"a":{"dtype":"F16","shape":[65536],"data_offsets":[0,131072]}}';
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(header.length));
    const file = fileOf(Buffer.concat([length, Buffer.from(header), new Uint8Array(bits.buffer)]));
    const values = (await readFloatTensors(file))['a']?.data ?? new Float32Array();
    expect(values.length).toBe(65_536);
    const sorted = [...values.subarray(0, 0x7c01)];
    // Positive numbers are ordered as their bits, without gaps larger than one unit in the last place.
    for (let i = 1; i < 0x7c00; i++) {
      const step = sorted[i]! - sorted[i - 1]!;
      expect(step).toBe(2 ** (Math.max(1, (i - 1) >> 10) - 25));
    }
    expect(sorted[0x7c00]).toBe(Infinity);
    for (let i = 0; i < 0x7c01; i++) expect(values[0x8000 + i]).toBe(-sorted[i]!);
    for (let i = 0x7c01; i < 0x8000; i++) expect(values[i]).toBeNaN();
  });
});

describe('a file that breaks the format', () => {
  /** What the Python package takes although the format forbids it, or what it could read but this program cannot. */
  const stricter: Record<string, RegExp> = {
    'leading space': /does not begin with \{/,
    'leading newline': /does not begin with \{/,
    'a tensor twice': /has the key "a" twice/,
    'a tensor twice, one escaped': /has the key "a" twice/,
    'a key of the metadata twice': /has the key "a" twice/,
    'metadata null': /__metadata__/,
    'tensor a list': /entry of tensor "a"/,
    'dimension beyond the exact integers beside a zero': /shape whose size overflows/,
    float8: / cannot be read: tensor "a" has dtype "F8_E4M3"; save it as F32/,
    float4: /dtype "F4"; save it as F32/,
    complex: /dtype "C64"; save it as F32/,
  };

  it.each(Object.entries(verdicts))(
    'is judged as the Python package judges it, or stricter: %s',
    async (name, { file, python }) => {
      const message = await refusal(fileOf(Buffer.from(file, 'base64')));
      const reason = stricter[name];
      if (reason !== undefined) {
        expect(python, 'a difference that is gone').toBeNull();
        expect(message).toMatch(reason);
      } else if (python === null) {
        expect(message).toBeNull();
      } else {
        expect(message).not.toBeNull();
      }
    },
  );

  it.each<[string, RegExp]>([
    ['empty file', /has 0 bytes, too few/],
    ['only a length', /ends within its header of 2 bytes/],
    ['header over 100 MB', /claims 100,000,001 bytes, more than the 100 MB/],
    ['header of 2^64 - 1 bytes', /claims 18,446,744,073,709,551,615 bytes/],
    ['header longer than the file', /ends within its header of 500 bytes/],
    ['not UTF-8', /not UTF-8/],
    ['a list', /does not begin with \{/],
    ['not JSON', /not JSON/],
    ['NaN', /not JSON/],
    ['number too large for a double', /has the number 1e999, where only whole ones/],
    ['shape 1.0', /has the number 1\.0, where only whole ones/],
    ['shape negative', /has the number -1,/],
    ['escaped surrogate alone', /half a character/],
    ['a tensor twice, the first wrong', /has the key "a" twice/],
    ['dtype twice', /has the key "dtype" twice/],
    ['metadata twice', /has the key "__metadata__" twice/],
    ['metadata of a number', /__metadata__ is not an object of texts/],
    ['metadata a list', /__metadata__ is not an object of texts/],
    ['no offsets', /entry of tensor "a" lacks/],
    ['dtype in lower case', /dtype "f32", which the format does not have/],
    ['dtype inherited', /dtype "constructor", which the format does not have/],
    ['shape too large', /needs 8 bytes for its shape but its offsets span 4/],
    ['shape overflows', /shape whose size overflows/],
    ['shape overflows before a zero', /shape whose size overflows/],
    ['offsets reversed', /span -4/],
    ['offsets beyond the file', /needs 4 bytes .* span 8/],
    ['offsets far beyond the file', /ends within tensor "a"/],
    ['overlap', /tensor "b" overlaps/],
    ['same bytes', /overlaps/],
    ['hole', /hole of 4 bytes before tensor "b"/],
    ['truncated by a byte', /ends within tensor "b" \(11 bytes of tensors, 12 needed\)/],
    ['a byte too many', /goes on for 1 byte after the last tensor/],
  ])('is refused for its reason: %s', async (name, reason) => {
    expect(await refusal(fileOf(Buffer.from(verdicts[name]?.file ?? '', 'base64')))).toMatch(reason);
  });

  it('is refused when it is cut short anywhere, or longer', async () => {
    const whole = fs.readFileSync(FROM_PYTHON);
    expect(await refusal(fileOf(whole))).toBeNull();
    for (let length = 0; length < whole.length; length += 7) {
      expect(await refusal(fileOf(whole.subarray(0, length))), `${length} bytes`).not.toBeNull();
    }
    expect(await refusal(fileOf(Buffer.concat([whole, Buffer.alloc(1)])))).not.toBeNull();
  });

  it('never throws anything but one sentence, whatever byte of the header is changed', async () => {
    const whole = fs.readFileSync(FROM_COVAE);
    const headerEnd = 8 + Number(whole.readBigUInt64LE());
    await fc.assert(
      fc.asyncProperty(fc.nat(headerEnd - 1), fc.nat(255), async (at, byte) => {
        const changed = Buffer.from(whole);
        changed[at] = byte;
        await refusal(fileOf(changed));
      }),
      trials(300),
    );
  });

  it('is refused when Git LFS has not brought it', async () => {
    const pointer = Buffer.from('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 9\n');
    expect(await refusal(fileOf(pointer))).toMatch(
      /is not a valid safetensors file: it may be a pointer of Git LFS; run "git lfs pull" in its repository\.$/,
    );
  });

  it('is refused when there is none, or a folder', async () => {
    expect(await refusal(path.join(folder, 'nowhere'))).toMatch(/does not exist/);
    expect(await refusal(folder)).toMatch(/is a folder/);
  });

  it('with a header of megabytes is judged in reasonable time', async () => {
    const text = '{"__metadata__":{"a":"' + '\\"{}: '.repeat(2_000_000) + '"},"b":1.5}';
    const length = Buffer.alloc(8);
    length.writeBigUInt64LE(BigInt(text.length));
    expect(await refusal(fileOf(Buffer.concat([length, Buffer.from(text)])))).toMatch(/the number 1\.5/);
  });
});

describe('writing', () => {
  const fixture: WritableTensors = {
    'encoder.weight': { shape: [1, 2], data: Float32Array.of(0.5, -2) },
    'main.3.num_batches_tracked': { shape: [], data: BigInt64Array.of(12n) },
    empty: { shape: [0, 3], data: new Float32Array(0) },
    bytes: { shape: [3], data: Uint8Array.of(1, 2, 3) },
    ints: { shape: [1], data: Int32Array.of(-7) },
    'zero-d': { shape: [], data: Float32Array.of(Math.fround(0.1)) },
  };

  it('makes the very bytes that the Python package has read', async () => {
    const file = fresh();
    await writeSafetensors(file, fixture, { format: 'pt', note: 'grüße "quoted"' });
    expect(fs.readFileSync(file).equals(fs.readFileSync(FROM_COVAE))).toBe(true);
    const { tensors, metadata } = await readSafetensors(FROM_COVAE);
    expect({ ...tensors }).toEqual(fixture);
    expect({ ...metadata }).toEqual({ format: 'pt', note: 'grüße "quoted"' });
  });

  it('gives back what was written, and its hash', async () => {
    const tensor = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }).chain((shape) => {
      const length = elementCount(shape);
      const size = { minLength: length, maxLength: length };
      return fc
        .oneof(fc.float32Array(size), fc.int32Array(size), fc.bigInt64Array(size), fc.uint8Array(size))
        .map((data) => ({ shape, data }));
    });
    const name = fc
      .string({
        maxLength: 12,
        unit: fc.oneof(
          fc.constantFrom('"', '\\', '\n', '{', ':'),
          fc.string({ unit: 'grapheme', maxLength: 1 }),
        ),
      })
      .filter((s) => s !== '__metadata__' && s !== '__proto__');
    const metadata = fc.dictionary(name, fc.string({ unit: 'grapheme' }), { noNullPrototype: true });
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(name, tensor, { noNullPrototype: true }),
        metadata,
        async (tensors, notes) => {
          const file = fresh();
          const { bytes, sha256 } = await writeSafetensors(file, tensors, notes);
          const content = fs.readFileSync(file);
          expect(content.length).toBe(bytes);
          expect(createHash('sha256').update(content).digest('hex')).toBe(sha256);
          expect(content.readBigUInt64LE() % 8n).toBe(0n);
          const read = await readSafetensors(file);
          expect({ ...read.tensors }).toEqual(tensors);
          expect({ ...read.metadata }).toEqual(notes);
        },
      ),
      trials(100),
    );
  });

  it('keeps the order within a type, wider types first', async () => {
    const file = fresh();
    const one = (data: Float32Array | BigInt64Array) => ({ shape: [1], data });
    await writeSafetensors(file, {
      z: one(new Float32Array(1)),
      n: one(new BigInt64Array(1)),
      a: one(new Float32Array(1)),
    });
    expect(Object.keys((await readSafetensors(file)).tensors)).toEqual(['n', 'z', 'a']);
  });

  it('writes views of larger arrays, and refuses what no reader would take', async () => {
    const file = fresh();
    await writeSafetensors(file, { a: { shape: [2], data: new Float32Array([0, 1, 2, 3]).subarray(1, 3) } });
    expect((await readFloatTensors(file))['a']?.data).toEqual(Float32Array.of(1, 2));
    const data = new Float32Array(2);
    await expect(writeSafetensors(fresh(), { a: { shape: [3], data } })).rejects.toThrow(/hold 2 values/);
    await expect(writeSafetensors(fresh(), { __metadata__: { shape: [2], data } })).rejects.toThrow(/called/);
    await expect(writeSafetensors(fresh(), { '\ud800': { shape: [2], data } })).rejects.toThrow(
      /half a char/,
    );
    await expect(writeSafetensors(file, {})).rejects.toThrow(/EEXIST/);
  });
});
