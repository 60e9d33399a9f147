import { describe, expect, it } from 'vitest';
import { compareFeatures, type ComparisonDetail } from '../metrics/compare.ts';
import { centred } from '../metrics/gram.ts';
import type { Features } from '../metrics/moments.ts';
import { normals } from '../tensor/noise.ts';
import { closestSamples, distanceGap, placesOf } from './copies.ts';
import { meanDirectionDistance } from './reconstruction.ts';

const SIZE = 8;

function noise(count: number, seed: number, shift = 0): Features {
  const values = Float32Array.from(normals([seed, 7], count * SIZE), (value) => value + shift);
  return { count, size: SIZE, values };
}

function joined(...sets: Features[]): Features {
  const count = sets.reduce((sum, set) => sum + set.count, 0);
  return { count, size: SIZE, values: Float32Array.from(sets.flatMap(({ values }) => Array.from(values))) };
}

async function detailOf(reference: Features, samples: Features): Promise<ComparisonDetail> {
  const given: ComparisonDetail[] = [];
  await compareFeatures(reference, samples, { seed: 0, onDetail: (detail) => given.push(detail) });
  return given[0]!;
}

/** Numbers of images in a data set that are not those of their rows. */
const numbers = Array.from({ length: 60 }, (_, i) => 1000 + i);

describe('samples that look like copies', () => {
  it('are named first, with the image that each is one of', async () => {
    const training = noise(60, 1);
    const copy = { count: 1, size: SIZE, values: training.values.slice(17 * SIZE, 18 * SIZE) };
    const near = { ...copy, values: training.values.slice(4 * SIZE, 5 * SIZE).map((value) => value + 0.01) };
    const detail = await detailOf(training, joined(noise(20, 2), copy, near));
    const [first, second, third] = closestSamples(detail, numbers);
    expect(first).toMatchObject({ sample: 20, image: 1017 });
    expect(first!.distance).toBeCloseTo(0, 2);
    expect(second).toMatchObject({ sample: 21, image: 1004 });
    expect(second!.distance).toBeCloseTo(0.01 * Math.sqrt(SIZE), 2);
    expect(third!.distance / third!.neighbourDistance).toBeGreaterThan(0.1);
  });

  it('show in the gap between training and held-out distances', async () => {
    const [training, heldOut] = [noise(60, 1), noise(40, 3)];
    const gapOf = (samples: Features) => {
      const [a, b, c] = centred([training, heldOut, samples]) as [Features, Features, Features];
      return distanceGap(a, b, c);
    };
    const honest = await gapOf(noise(50, 5));
    expect(honest!.count).toBe(40);
    expect(Math.abs(honest!.training - honest!.heldOut)).toBeLessThan(0.2);
    const copying = await gapOf({ count: 30, size: SIZE, values: training.values.slice(0, 30 * SIZE) });
    expect(copying!.training).toBeLessThan(0.01);
    expect(copying!.heldOut).toBeGreaterThan(1);
    expect(await gapOf({ count: 0, size: SIZE, values: new Float32Array(0) })).toBeNull();
  });
});

describe('what samples leave out and make up', () => {
  it('is named, the furthest first', async () => {
    // The last ten real images and the last five samples are far from all else.
    const reference = joined(noise(50, 1), noise(10, 2, 50));
    const samples = joined(noise(40, 3), noise(4, 4, -30), noise(1, 5, -60));
    const places = (await placesOf(await detailOf(reference, samples), numbers))!;
    expect(places.uncovered.slice(0, 10).sort()).toEqual(numbers.slice(50));
    expect(places.stray[0]).toBe(44);
    expect(places.stray.slice(1, 5).sort()).toEqual([40, 41, 42, 43]);
    expect(places.uncoveredCount).toBeGreaterThanOrEqual(10);
    expect(places.strayCount).toBeGreaterThanOrEqual(5);
  });

  it('is not known of too few images', async () => {
    expect(await placesOf(await detailOf(noise(5, 1), noise(4, 2)), numbers)).toBeNull();
  });
});

describe('the distance between directions of features', () => {
  const rows = (...values: number[]): Features => ({ count: 2, size: 2, values: Float32Array.from(values) });

  it('does not depend on lengths, and is 2 for what has nothing in common', () => {
    expect(meanDirectionDistance(rows(1, 0, 2, 2), rows(5, 0, 0.1, 0.1))).toBeCloseTo(0, 6);
    expect(meanDirectionDistance(rows(1, 0, 1, 0), rows(0, 3, 0, 1))).toBeCloseTo(2, 6);
    expect(meanDirectionDistance(rows(1, 0, 1, 0), rows(-1, 0, 0, 0))).toBeCloseTo(3, 6);
  });
});
