import fs from 'node:fs';
import path from 'node:path';
import zlib from 'node:zlib';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { NumberArray } from './number-array.ts';
import { NumberMeter, scaleOf } from './pixel-scale.ts';
import { openSource } from './open.ts';
import { guessRanges } from './value-range.ts';

const FOLDER = path.join(import.meta.dirname, 'testdata', 'value-ranges');
const expected = v.parse(
  v.record(v.string(), v.object({ words: v.nullable(v.string()), deflated: v.string() })),
  JSON.parse(fs.readFileSync(path.join(FOLDER, 'expected.json'), 'utf8')),
);

describe('numbers mean what all of them show', () => {
  it.each(Object.entries(expected))('%s', async (name, { words, deflated }) => {
    const source = await openSource({ kind: null, paths: [path.join(FOLDER, name)] });
    const pixels: Uint8Array[] = [];
    for await (const item of source.items()) {
      if ('skipped' in item) throw new Error(`${item.skipped.file}: ${item.skipped.reason}`);
      if (item.content.kind === 'raw') pixels.push(item.content.data);
    }
    await source.close();
    const wanted = zlib.inflateSync(Buffer.from(deflated, 'base64'));
    expect(Buffer.concat(pixels).equals(wanted)).toBe(true);
    if (words === null) expect(source.description).not.toMatch(/values from/);
    else expect(source.description).toContain(words);
  });
});

describe('an array too large to be read at once', () => {
  const SIDE = 8;
  const COUNT = 300;
  /** Nearly black but for its last image. */
  function array(): { array: NumberArray; reads: () => number } {
    let reads = 0;
    const open = async (): Promise<Awaited<ReturnType<NumberArray['data']['open']>>> => {
      let at = 0;
      return {
        name: 'x',
        read: async (length) => {
          reads++;
          at += length;
          return new Uint8Array(length).fill(at / length === COUNT ? 200 : 1);
        },
        skip: async (length) => length,
        close: async () => undefined,
      };
    };
    const data = { name: 'x', shortName: 'x', random: null, open, mayHoldMore: false };
    const type = { kind: 'u', size: 1, littleEndian: true } as const;
    return { array: { data, type, shape: [COUNT, SIDE, SIDE], fortran: false }, reads: () => reads };
  }

  it('is guessed from its first images, and read to its end only when it is imported', async () => {
    const { array: one, reads } = array();
    const layout = {
      count: COUNT,
      height: SIDE,
      width: SIDE,
      channels: 1,
      planar: false,
      single: false,
    } as const;
    const [range] = await guessRanges(
      [{ array: one, layout: { ...layout, words: 'N×H×W' } }],
      undefined,
      1_000,
    );
    expect(range!.scale).toMatchObject({ high: 1, words: 'uint8 values from 0 to 1' });
    expect(reads()).toBe(128);
    await range!.settle();
    expect(range!.scale).toMatchObject({ high: 255, words: null });
    const after = reads();
    await range!.settle();
    expect(reads()).toBe(after);
  });
});

describe('a few damaged images', () => {
  const scale = (images: number[][]): number => {
    const meter = new NumberMeter({ kind: 'f', size: 4, littleEndian: true });
    for (const image of images) meter.add(Float32Array.from(image));
    return scaleOf(meter, 'x').high;
  };
  const good = Array.from({ length: 2_000 }, () => [0, 0.5, 1]);

  it('do not make the others black', () => {
    expect(scale([...good, [0, 200]])).toBe(1);
    expect(scale([...good, [0, 300]])).toBe(1);
    expect(scale([...good.slice(0, 100), [0, 1.5]])).toBe(1);
    // A tenth of them is no damage.
    expect(scale([...good.slice(0, 100), ...good.slice(0, 20).map(() => [0, 200])])).toBe(255);
    expect(() => scale([...good.slice(0, 100), ...good.slice(0, 20).map(() => [0, 300])])).toThrow(
      'x holds float32 values from 0 to 300; scale them to 0 to 1, -1 to 1 or 0 to 255 first.',
    );
  });
});
