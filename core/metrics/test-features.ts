/** Features and images that testdata/make_fixtures.py makes as well, from whole numbers. */
import fs from 'node:fs';
import * as v from 'valibot';
import type { Plane } from '../data/import/resample.ts';
import type { Features } from './moments.ts';

/** As `features` of make_fixtures.py. */
export function testFeatures(count: number, size: number, kind: 0 | 1): Features {
  const values = new Float32Array(count * size);
  for (let i = 0; i < count; i++) {
    for (let k = 0; k < size; k++) {
      const whole = (i * 7919 + k * 104729 + i * k * (31 + 2 * kind) + i * i * 13 * k) % 1009;
      values[i * size + k] = (whole / 1009) * (1 + 0.1 * kind) + 0.2 * kind * (k % 3 === 0 ? 1 : 0);
    }
  }
  return { count, size, values };
}

/** As `directions` of make_fixtures.py. */
export function testDirections(count: number, size: number): Features {
  const { values } = testFeatures(count, size, 0);
  for (let i = 0; i < count; i++) {
    const row = values.subarray(i * size, (i + 1) * size);
    const length = Math.hypot(...row.map((value) => value - 0.5));
    row.forEach((value, k) => (row[k] = (value - 0.5) / length));
  }
  return { count, size, values };
}

/** As `image` of make_fixtures.py. */
export function testImage(height: number, width: number, channels: 1 | 3, seed: number): Plane {
  const data = Uint8Array.from(
    { length: height * width * channels },
    (_, i) => (i * 7919 + seed * 104729 + i * i * 31) % 256,
  );
  return { height, width, channels, data };
}

const FixturesSchema = v.object({
  measures: v.array(
    v.object({
      count: v.number(),
      size: v.number(),
      frechet: v.number(),
      kernel: v.number(),
      precision: v.number(),
      recall: v.number(),
      density: v.number(),
      coverage: v.number(),
      authentic: v.number(),
      vendi: v.number(),
      sliced: v.number(),
      slicedUnequal: v.number(),
    }),
  ),
  deficient: v.object({ count: v.number(), size: v.number(), frechet: v.number() }),
  resized: v.array(
    v.object({ height: v.number(), width: v.number(), size: v.number(), values: v.array(v.number()) }),
  ),
  mobilenet: v.array(
    v.object({
      height: v.number(),
      width: v.number(),
      channels: v.picklist([1, 3]),
      every40th: v.array(v.number()),
      sum: v.number(),
      largest: v.number(),
    }),
  ),
});

/** What scipy, prdc, torch-fidelity, Pillow and torchvision make of them. */
export function measuredElsewhere(): v.InferOutput<typeof FixturesSchema> {
  const file = new URL('testdata/measures.json', import.meta.url);
  return v.parse(FixturesSchema, JSON.parse(fs.readFileSync(file, 'utf8')));
}
