import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../core/crc32.ts';
import { FORMATS } from '../formats.ts';
import { caseSeed, Random } from '../random.ts';
import { mutateGzip, mutateTar, mutateZip } from './archives.ts';
import { mutateNpy, mutateParquet, mutateSafetensors } from './arrays.ts';
import { type Mutator, mutateBytes, mutateList, readNumber, writeNumber } from './bytes.ts';
import { mutateJpeg, mutatePng, mutateWebp } from './images.ts';
import { mutateJson, mutateJsonLines } from './texts.ts';

const root = path.resolve(import.meta.dirname, '../..');
const good = (file: string): Uint8Array => new Uint8Array(fs.readFileSync(path.join(root, 'core', file)));
const DECODE = 'data/decode/testdata';
const READERS = 'data/readers/testdata';

/** Share of 200 mutants of which something holds. */
function share(bytes: Uint8Array, mutate: Mutator, holds: (mutant: Uint8Array) => boolean): number {
  let count = 0;
  for (let seed = 0; seed < 200; seed++) if (holds(mutate(bytes, new Random(seed)))) count++;
  return count / 200;
}

describe('numbers', () => {
  it('follow from their seed', () => {
    const draw = (seed: number): number[] => {
      const random = new Random(seed);
      return Array.from({ length: 5 }, () => random.below(1000));
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    expect(new Set(Array.from({ length: 1000 }, (_, i) => caseSeed(1, i))).size).toBe(1000);
  });

  it('are written and read in either order of bytes, cut to their width', () => {
    const bytes = new Uint8Array(8);
    writeNumber(bytes, 1, 0x1234, 2, false);
    expect([...bytes.subarray(0, 4)]).toEqual([0, 0x12, 0x34, 0]);
    writeNumber(bytes, 1, 0x1234, 2, true);
    expect(readNumber(bytes, 1, 2, true)).toBe(0x1234);
    writeNumber(bytes, 0, -1, 4, true);
    expect(readNumber(bytes, 0, 4, false)).toBe(0xffffffff);
    writeNumber(bytes, 7, 5, 4, true);
    expect(bytes[7]).toBe(0);
  });
});

it.each(Object.entries(FORMATS))(
  'mutants of %s follow from their seed and leave the good file as it is',
  (_, { mutate }) => {
    const bytes = good(`${DECODE}/png-grey-8.png`);
    const before = bytes.slice();
    const made = Array.from({ length: 50 }, (__, seed) =>
      Buffer.from(mutate(bytes, new Random(seed))).toString('base64'),
    );
    expect(made).toEqual(
      Array.from({ length: 50 }, (__, seed) =>
        Buffer.from(mutate(bytes, new Random(seed))).toString('base64'),
      ),
    );
    expect(bytes).toEqual(before);
    expect(new Set(made).size).toBeGreaterThan(10);
  },
);

it('bytes and lists of nothing can be changed', () => {
  expect(() => mutateBytes(new Uint8Array(), new Random(1))).not.toThrow();
  expect(mutateList([], new Random(1))).toEqual([]);
});

it('chunks of PNG mutants have right lengths and checksums', () => {
  const isWhole = (png: Uint8Array): boolean => {
    let at = 8;
    while (at < png.length) {
      const length = readNumber(png, at, 4, false);
      const end = at + 12 + length;
      if (end > png.length || readNumber(png, end - 4, 4, false) !== crc32(png.subarray(at + 4, end - 4)))
        return false;
      at = end;
    }
    return true;
  };
  expect(share(good(`${DECODE}/png-palette-8.png`), mutatePng, isWhole)).toBe(1);
});

it('segments of JPEG mutants and chunks of WebP mutants have right lengths', () => {
  const hasSegments = (jpeg: Uint8Array): boolean => {
    let at = 2;
    while (jpeg[at] === 0xff && jpeg[at + 1] !== 0xda) at += 2 + readNumber(jpeg, at + 2, 2, false);
    return at <= jpeg.length;
  };
  expect(share(good(`${DECODE}/jpeg-420.jpg`), mutateJpeg, hasSegments)).toBe(1);
  const isRiff = (webp: Uint8Array): boolean => readNumber(webp, 4, 4, true) === webp.length - 8;
  expect(share(good(`${DECODE}/webp-lossy-alpha.webp`), mutateWebp, isRiff)).toBe(1);
});

it('headers of tar mutants mostly have right checksums', () => {
  const sumsUp = (tar: Uint8Array): boolean => {
    const header = Buffer.from(tar.subarray(0, 512));
    if (header.length < 512) return false;
    const told = parseInt(header.toString('latin1', 148, 156), 8);
    header.fill(' ', 148, 156);
    return told === header.reduce((total, byte) => total + byte, 0);
  };
  expect(share(good(`${READERS}/ustar.tar`), mutateTar, sumsUp)).toBeGreaterThan(0.7);
});

it('what gzip mutants hold mostly unpacks', () => {
  const unpacks = (bytes: Uint8Array): boolean => {
    try {
      return zlib.gunzipSync(bytes).length > 0;
    } catch {
      return false;
    }
  };
  expect(share(good(`${READERS}/images.tar.gz`), mutateGzip(mutateTar), unpacks)).toBeGreaterThan(0.5);
});

it('the end of a zip mutant mostly is where it is looked for', () => {
  const hasEnd = (zip: Uint8Array): boolean => Buffer.from(zip).includes(Buffer.from('PK\x05\x06', 'latin1'));
  expect(share(good(`${READERS}/stored.zip`), mutateZip, hasEnd)).toBeGreaterThan(0.8);
});

it('headers of npy, Parquet and safetensors mutants mostly have the length that is told', () => {
  const npy = (bytes: Uint8Array): boolean => bytes[10 + readNumber(bytes, 8, 2, true) - 1] === 0x0a;
  expect(share(good(`${READERS}/uint8.npy`), mutateNpy, npy)).toBeGreaterThan(0.5);
  const parquet = (bytes: Uint8Array): boolean =>
    Buffer.from(bytes.subarray(-4)).toString('latin1') === 'PAR1' &&
    readNumber(bytes, bytes.length - 8, 4, true) < bytes.length;
  expect(share(good(`${READERS}/hub-none.parquet`), mutateParquet, parquet)).toBeGreaterThan(0.8);
  const header = Buffer.from('{"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}');
  const file = new Uint8Array(
    Buffer.concat([Buffer.from([header.length, 0, 0, 0, 0, 0, 0, 0]), header, Buffer.alloc(4)]),
  );
  const told = (bytes: Uint8Array): boolean => 8 + readNumber(bytes, 0, 8, true) + 4 === bytes.length;
  expect(share(file, mutateSafetensors, told)).toBeGreaterThan(0.5);
});

it('JSON mutants mostly are JSON still, and lines of them lines', () => {
  const parses = (bytes: Uint8Array): boolean => {
    try {
      JSON.parse(Buffer.from(bytes).toString('utf8'));
      return true;
    } catch {
      return false;
    }
  };
  const json = new Uint8Array(Buffer.from('{"version":1,"name":"a","list":[1,2,{"x":null}]}'));
  expect(share(json, mutateJson, parses)).toBeGreaterThan(0.7);
  const lines = new Uint8Array(Buffer.from('{"step":1}\n{"step":2}\n{"step":3}\n'));
  const manyLines = (bytes: Uint8Array): boolean =>
    Buffer.from(bytes).toString('utf8').split('\n').length > 2;
  expect(share(lines, mutateJsonLines, manyLines)).toBeGreaterThan(0.5);
});

it('changes a Parquet file whose table of contents is empty', () => {
  // Magic bytes, the length 0, magic bytes.
  const empty = Uint8Array.from(Buffer.from('PAR1\0\0\0\0PAR1', 'latin1'));
  for (let seed = 0; seed < 50; seed++) {
    expect(mutateParquet(empty, new Random(seed))).toBeInstanceOf(Uint8Array);
  }
});
