import fs from 'node:fs';
import path from 'node:path';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { MAX_TSNE_POINTS } from './config.ts';
import { imagePoints, meanDistance, neighbourAgreement, type Points, squaredDistances } from './distances.ts';
import { principalComponents } from './pca.ts';
import { jointProbabilities, tsne } from './tsne.ts';

const numbers = v.array(v.number());
const points = { count: v.number(), size: v.number(), values: numbers };
const pca = v.object({ scores: numbers, explained: numbers });

/** Numbers of scikit-learn, written by testdata/make_embeddings.py. */
const { small, large, wide } = v.parse(
  v.object({
    small: v.object({
      ...points,
      labels: numbers,
      pca,
      perplexity: v.number(),
      joint: numbers,
      divergence: v.number(),
      meanDistance: v.number(),
      agreement: v.number(),
    }),
    large: v.object({ ...points, perplexity: v.number(), divergence: v.number() }),
    wide: v.object({ ...points, pca }),
  }),
  JSON.parse(fs.readFileSync(path.join(__dirname, 'testdata', 'embeddings.json'), 'utf8')),
);

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - (b[i] ?? NaN))));
}

function aborted(): AbortSignal {
  const controller = new AbortController();
  controller.abort();
  return controller.signal;
}

describe('distances', () => {
  it('come in the order of the upper triangle', () => {
    const triangle = { count: 3, size: 2, values: [0, 0, 3, 4, 0, 1] };
    expect([...squaredDistances(triangle)]).toEqual([25, 1, 18]);
    expect(meanDistance(triangle)).toBeCloseTo((5 + 1 + Math.sqrt(18)) / 3, 12);
  });

  it('agree with scikit-learn in their mean and in the nearest neighbours’ classes', () => {
    expect(meanDistance(small)).toBeCloseTo(small.meanDistance, 10);
    expect(neighbourAgreement(small, small.labels)).toBeCloseTo(small.agreement, 12);
  });

  it('leave points without a class out of the agreement', () => {
    const line = { count: 5, size: 1, values: [0, 1, 1.1, 5, 5.5] };
    expect(neighbourAgreement(line, ['a', 'b', null, 'b', 'b'])).toBe(2 / 4);
    expect(neighbourAgreement(line, ['a', null, null, null, null])).toBeNaN();
  });

  it('of images count pixels from 0 to 1', () => {
    const shape = { count: 2, height: 1, width: 2, channels: 1 } as const;
    const black = { ...shape, data: Uint8Array.of(0, 0, 0, 255) };
    expect(meanDistance(imagePoints(black))).toBe(1);
  });

  it('of a single point are none', () => {
    expect(meanDistance({ count: 1, size: 2, values: [1, 2] })).toBeNaN();
    expect(neighbourAgreement({ count: 1, size: 2, values: [1, 2] }, [0])).toBeNaN();
  });
});

describe('principal components', () => {
  it.each([
    // The second are found one by one, until a round changes little.
    { size: small.size, data: small, tolerance: 1e-9 },
    { size: wide.size, data: wide, tolerance: 1e-4 },
  ])('of points in $size dimensions are those of scikit-learn, signs too', ({ data, tolerance }) => {
    const { scores, explained } = principalComponents(data);
    const expected = data.pca;
    const scale = Math.max(...expected.scores.map(Math.abs));
    expect(largestDifference(scores, expected.scores) / scale).toBeLessThan(tolerance);
    expect(largestDifference(explained, expected.explained)).toBeLessThan(1e-6);
  });

  it('of points that coincide are nothing', () => {
    const { scores, explained } = principalComponents({ count: 3, size: 2, values: [1, 2, 1, 2, 1, 2] });
    expect([...scores]).toEqual([0, 0, 0, 0, 0, 0]);
    expect(explained).toEqual([0, 0]);
  });

  it('are refused where there are none', () => {
    expect(() => principalComponents({ count: 1, size: 2, values: [1, 2] })).toThrow(RangeError);
    expect(() => principalComponents({ count: 2, size: 1, values: [1, 2] })).toThrow(RangeError);
  });
});

describe('t-SNE', () => {
  it('begins with the joint probabilities of scikit-learn', () => {
    const joint = jointProbabilities(squaredDistances(small), small.count, small.perplexity);
    // scikit-learn takes distances in single precision.
    const relative = Array.from(joint, (p, i) => Math.abs(p / (small.joint[i] ?? NaN) - 1));
    expect(Math.max(...relative)).toBeLessThan(1e-4);
    expect(2 * joint.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });

  it.each([
    { data: small, seeds: [0, 1, 2] },
    { data: large, seeds: [0] },
  ])(
    'of $data.count points ends with at most 1.05 times scikit-learn’s divergence',
    async ({ data, seeds }) => {
      for (const seed of seeds) {
        const { divergence } = await tsne(data, { perplexity: data.perplexity, seed });
        expect(divergence).toBeLessThan(1.05 * data.divergence);
      }
    },
  );

  it('reports the divergence of the map it returns', async () => {
    const { positions, divergence } = await tsne(small, { perplexity: 12, seed: 1 });
    const joint = jointProbabilities(squaredDistances(small), small.count, 12);
    const kernel = squaredDistances({ count: small.count, size: 2, values: positions }).map(
      (d) => 1 / (1 + d),
    );
    const sum = 2 * kernel.reduce((a, b) => a + b, 0);
    const expected =
      2 * joint.reduce((total, p, i) => total + p * Math.log((p * sum) / (kernel[i] ?? NaN)), 0);
    expect(divergence).toBeCloseTo(expected, 10);
  });

  it('is a function of data and seed', async () => {
    const map = async (seed: number) =>
      (await tsne(small, { perplexity: 5, seed, iterations: 300 })).positions;
    const first = await map(3);
    expect(await map(3)).toEqual(first);
    expect(await map(4)).not.toEqual(first);
  });

  it('parts points that coincide, and takes points on a line', async () => {
    const values = Array.from({ length: 24 }, (_, i) => (i < 12 ? 0 : 1));
    const { positions } = await tsne({ count: 24, size: 1, values }, { perplexity: 5, seed: 0 });
    expect([...positions].every(Number.isFinite)).toBe(true);
    expect(new Set(positions).size).toBe(48);
  });

  it('stops when it is asked to', async () => {
    await expect(tsne(small, { perplexity: 5, seed: 0, signal: aborted() })).rejects.toThrow(/abort/);
    const controller = new AbortController();
    const running = tsne(large, {
      perplexity: 30,
      seed: 0,
      iterations: 1_000_000,
      signal: controller.signal,
      onProgress: () => controller.abort(),
    });
    await expect(running).rejects.toThrow(/abort/);
  });

  it('refuses what it cannot do', async () => {
    const many: Points = { count: MAX_TSNE_POINTS + 1, size: 1, values: [] };
    await expect(tsne(many, { perplexity: 5, seed: 0 })).rejects.toThrow('up to 2000 points, not 2001');
    await expect(tsne(small, { perplexity: 60, seed: 0 })).rejects.toThrow(
      '60 points are too few for a perplexity of 60',
    );
  });
});
