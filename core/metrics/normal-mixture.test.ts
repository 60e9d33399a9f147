import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { Features } from './moments.ts';
import { expectation, fitNormalMixture } from './normal-mixture.ts';

const numbers = v.array(v.number());

/** Numbers of scikit-learn, written by testdata/make_mixture.py. */
const known = v.parse(
  v.object({
    count: v.number(),
    size: v.number(),
    values: numbers,
    weights: numbers,
    means: numbers,
    factors: numbers,
    shares: numbers,
    logLikelihood: v.number(),
    logLikelihoodOfOne: v.number(),
  }),
  JSON.parse(fs.readFileSync(path.join(__dirname, 'testdata', 'mixture.json'), 'utf8')),
);
const points: Features = {
  count: known.count,
  size: known.size,
  values: Float32Array.from(known.values),
};

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? NaN))));
}

describe('the mixture of normal distributions', () => {
  it('says of points what scikit-learn says', () => {
    const { shares, logLikelihood } = expectation(Float64Array.from(points.values), {
      size: known.size,
      weights: Float64Array.from(known.weights),
      means: Float64Array.from(known.means),
      factors: Float64Array.from(known.factors),
    });
    expect(logLikelihood).toBeCloseTo(known.logLikelihood, 9);
    expect(largestDifference(shares, known.shares)).toBeLessThan(1e-9);
  });

  it('finds the mixture that scikit-learn finds in five tries', async () => {
    const found = await fitNormalMixture(points, { components: 3, seed: 0 });
    expect(found.converged).toBe(true);
    expect(found.logLikelihood).toBeCloseTo(known.logLikelihood, 6);
    const order = [0, 1, 2].sort((a, b) => found.weights[b]! - found.weights[a]!);
    expect(
      largestDifference(
        order.map((k) => found.weights[k]!),
        known.weights,
      ),
    ).toBeLessThan(1e-3);
    const means = order.flatMap((k) => Array.from(found.means.subarray(k * 4, (k + 1) * 4)));
    expect(largestDifference(means, known.means)).toBeLessThan(1e-3);
  });

  it('with one component is the mean and the covariance', async () => {
    const found = await fitNormalMixture(points, { components: 1, seed: 0 });
    expect(found.logLikelihood).toBeCloseTo(known.logLikelihoodOfOne, 9);
    expect(Array.from(found.weights)).toEqual([1]);
  });

  it.each([1, 2, 5])('stands %d points that are all the same', async (count) => {
    const same = { count, size: 3, values: Float32Array.from({ length: 3 * count }, (_, i) => i % 3) };
    const found = await fitNormalMixture(same, { components: 1, seed: 0 });
    expect(largestDifference(found.means, [0, 1, 2])).toBeLessThan(1e-6);
    expect([...found.factors, found.logLikelihood].every(Number.isFinite)).toBe(true);
  });

  it('stands fewer places than components', async () => {
    const two = { count: 40, size: 1, values: Float32Array.from({ length: 40 }, (_, i) => i % 2) };
    const found = await fitNormalMixture(two, { components: 4, seed: 3 });
    expect([...found.weights, ...found.means, ...found.factors].every(Number.isFinite)).toBe(true);
    expect(found.weights.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
  });

  it('is the same for the same seed, and stops when it is told to', async () => {
    const fit = (seed: number) => fitNormalMixture(points, { components: 5, seed });
    expect((await fit(1)).means).toEqual((await fit(1)).means);
    expect((await fit(2)).means).not.toEqual((await fit(1)).means);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(fitNormalMixture(points, { components: 2, seed: 0, signal })).rejects.toThrow('enough');
  });
});
