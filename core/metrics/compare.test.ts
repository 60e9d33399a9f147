import { describe, expect, it } from 'vitest';
import { compareFeatures } from './compare.ts';
import { frechetDistance } from './frechet.ts';
import { sliceRows } from './gram.ts';
import { momentsOf } from './moments.ts';
import { testFeatures } from './test-features.ts';

const [real, samples] = [testFeatures(120, 6, 0), testFeatures(110, 6, 1)];

describe('all measures of two sets', () => {
  it('sum the covariance of samples once: their Fréchet distance is the last that is followed to infinity', async () => {
    const phases: string[] = [];
    const found = await compareFeatures(real, samples, { seed: 0, onPhase: (what) => phases.push(what) });
    expect(found.fd / frechetDistance(momentsOf(samples), momentsOf(real))).toBeCloseTo(1, 9);
    expect(found.fdInfinity).toBeLessThan(found.fd);
    expect(phases.filter((what) => /Fréchet|covariance/.test(what))).toEqual([
      'Mean and covariance',
      'Fréchet distance',
    ]);
    for (const { mean, low, high } of [found.kid, found.mind, found.precision!]) {
      expect(low).toBeLessThanOrEqual(mean);
      expect(high).toBeGreaterThanOrEqual(mean);
    }
    for (const key of ['fd', 'kid', 'mind', 'precision', 'authenticity', 'vendi']) {
      expect(found.seconds[key]).toBeGreaterThanOrEqual(0);
    }
  });

  it('leave out what needs more neighbours than there are, and say so', async () => {
    const found = await compareFeatures(real, sliceRows(samples, 0, 5), { seed: 0 });
    expect(found).toMatchObject({ precision: null, recall: null, density: null, coverage: null });
    expect(found.warnings.join(' ')).toContain('need more than 5 images on each side');
    expect(found.warnings.join(' ')).toContain('5 images are too few for a Fréchet distance over 6 features');
    const two = await compareFeatures(sliceRows(real, 0, 2), sliceRows(samples, 0, 2), { seed: 0 });
    expect(Number.isFinite(two.fd)).toBe(true);
  });

  it.each([
    [0, 'there are none on the side of the samples'],
    [1, 'there is only 1 on the side of the samples'],
  ])('refuse %i samples in one sentence', async (count, sentence) => {
    await expect(compareFeatures(real, sliceRows(samples, 0, count), { seed: 0 })).rejects.toThrow(sentence);
  });

  it.each([NaN, Infinity])('name the image with features that are %s', async (value) => {
    const values = samples.values.slice();
    values[3 * 6 + 2] = value;
    await expect(compareFeatures(real, { ...samples, values }, { seed: 0 })).rejects.toThrow(
      'Image 4 of the samples has features that are not finite numbers',
    );
  });
});
