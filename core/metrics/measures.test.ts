import { describe, expect, it } from 'vitest';
import { product, symmetricEigenvalues } from '../tensor/doubles.ts';
import { statelessNormal } from '../tensor/random.ts';
import { tf } from '../tensor/tf.ts';
import { authenticity } from './authenticity.ts';
import { bootstrapMean } from './bootstrap.ts';
import { extrapolatedDistance } from './extrapolated-distance.ts';
import { frechetDistance } from './frechet.ts';
import { centred, sliceRows } from './gram.ts';
import { kernelDistance, squaredDiscrepancy } from './kernel-distance.ts';
import { manifolds } from './manifolds.ts';
import { pivotedCholesky } from './matrix.ts';
import { mongeDistance, slicedDistance } from './mind.ts';
import { MomentSums, momentsOf, type Features, type Moments } from './moments.ts';
import { nearest } from './nearest.ts';
import { measuredElsewhere, testDirections, testFeatures } from './test-features.ts';
import { vendiScore } from './vendi.ts';

const elsewhere = measuredElsewhere();

const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

function rows(...values: number[][]): Features {
  return { count: values.length, size: values[0]!.length, values: Float32Array.from(values.flat()) };
}

describe.each(elsewhere.measures)('measures of $count images with $size features', (known) => {
  const [real, samples] = [0, 1].map((kind) => testFeatures(known.count, known.size, kind as 0 | 1));
  const [realAround0, samplesAround0] = centred([real!, samples!]);

  it('give the Fréchet distance of scipy', () => {
    expect(frechetDistance(momentsOf(real!), momentsOf(samples!))).toBeCloseTo(known.frechet, 5);
  });

  it('give the kernel distance of torch-fidelity', () => {
    expect(squaredDiscrepancy(real!, samples!)).toBeCloseTo(known.kernel, 5);
  });

  it('give precision, recall, density and coverage of prdc', async () => {
    const found = await manifolds(realAround0!, samplesAround0!);
    expect(mean(found.precision)).toBeCloseTo(known.precision, 9);
    expect(mean(found.recall)).toBeCloseTo(known.recall, 9);
    expect(mean(found.density)).toBeCloseTo(known.density, 9);
    expect(mean(found.coverage)).toBeCloseTo(known.coverage, 9);
  });

  it('give the share of authentic samples', async () => {
    const { authentic } = await authenticity(realAround0!, samplesAround0!);
    expect(mean(authentic)).toBeCloseTo(known.authentic, 9);
  });

  it('give the sliced Wasserstein distance of POT, also for unequal numbers', async () => {
    const along = testDirections(40, known.size);
    const found = await slicedDistance(real!, samples!, along);
    expect(found.value / known.sliced).toBeCloseTo(1, 5);
    const fewer = sliceRows(samples!, 0, Math.floor((known.count * 2) / 3) + 1);
    expect((await slicedDistance(real!, fewer, along)).value / known.slicedUnequal).toBeCloseTo(1, 5);
  });

  it('give the Vendi score of numpy', () => {
    expect(vendiScore(real!)).toBeCloseTo(known.vendi, 6);
  });
});

describe('the Fréchet distance', () => {
  it('of fewer images than features is that of scipy', () => {
    const { count, size, frechet } = elsewhere.deficient;
    const [real, samples] = [0, 1].map((kind) => momentsOf(testFeatures(count, size, kind as 0 | 1)));
    expect(frechetDistance(real!, samples!) / frechet).toBeCloseTo(1, 5);
  });

  it('between N(0, I) and N(1, I) is the number of dimensions', () => {
    const size = 20;
    const unit = Float64Array.from({ length: size * size }, (_, at) => (at % (size + 1) === 0 ? 1 : 0));
    const normal = (value: number): Moments => ({
      count: 100,
      size,
      mean: new Float64Array(size).fill(value),
      covariance: unit,
    });
    expect(frechetDistance(normal(0), normal(1))).toBeCloseTo(size, 9);
  });

  it('of a set from itself is 0', () => {
    const moments = momentsOf(testFeatures(60, 100, 0));
    expect(frechetDistance(moments, moments)).toBeCloseTo(0, 5);
  });
});

describe('a matrix of double precision', () => {
  it('has a factor by panels whose product it is, also where it has fewer ranks than rows', () => {
    const [size, rank] = [360, 290];
    const half = Float64Array.from(normal(size, rank, 5).values);
    const matrix = product(
      { rows: size, columns: rank, values: half },
      { rows: size, columns: rank, values: half, transposed: true },
    );
    const found = pivotedCholesky(matrix, size);
    expect(found.rank).toBe(rank);
    const factor = { rows: rank, columns: size, values: found.factor };
    const again = product({ ...factor, transposed: true }, factor);
    expect(again.every((value, at) => Math.abs(value - matrix[at]!) < 1e-9)).toBe(true);
  });

  it('is multiplied without a digit lost', () => {
    const values = Float64Array.of(1 + 2 ** -50, 0, 0, 1);
    const unit = { rows: 2, columns: 2, values: Float64Array.of(1, 0, 0, 1) };
    expect([...product({ rows: 2, columns: 2, values }, unit)]).toEqual([...values]);
  });
});

describe('moments', () => {
  it('do not depend on the parts that features come in', () => {
    const { count, size, values } = testFeatures(50, 7, 1);
    const whole = momentsOf({ count, size, values });
    const sums = new MomentSums(size);
    for (const [from, to] of [
      [0, 1],
      [1, 20],
      [20, 50],
    ] as const) {
      sums.add({ count: to - from, size, values: values.subarray(from * size, to * size) });
    }
    const inParts = sums.moments();
    inParts.mean.forEach((value, k) => expect(value).toBeCloseTo(whole.mean[k]!, 12));
    inParts.covariance.forEach((value, at) => expect(value).toBeCloseTo(whole.covariance[at]!, 12));
  });

  it('lose no digits far from 0', () => {
    const [near, far] = [0, 4096].map((shift) =>
      momentsOf(rows([shift + 1, shift], [shift + 2, shift + 0.5], [shift + 4, shift - 0.5])),
    );
    near!.covariance.forEach((value, at) => expect(far!.covariance[at]).toBeCloseTo(value, 12));
  });

  it('need two images, and finite features', () => {
    expect(() => momentsOf(rows([1, 2]))).toThrow('A covariance needs at least 2 images, and there is 1.');
    expect(() => momentsOf(rows([1, NaN], [2, 3]))).toThrow('features that are not finite numbers');
  });
});

describe('eigenvalues', () => {
  it('of a matrix with known ones are those', () => {
    // Eigenvalues of the second difference: 2 − 2 cos(k π / (n + 1)).
    const size = 30;
    const matrix = new Float64Array(size * size);
    for (let i = 0; i < size; i++) {
      matrix[i * size + i] = 2;
      if (i > 0) matrix[i * size + i - 1] = -1;
    }
    const found = symmetricEigenvalues(matrix, size).sort();
    found.forEach((value, k) =>
      expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (size + 1)), 12),
    );
  });

  it('of no matrix are none, and of numbers that are not finite are not looked for for ever', () => {
    expect(symmetricEigenvalues(new Float64Array(0), 0)).toHaveLength(0);
    expect(() => symmetricEigenvalues(Float64Array.of(NaN, 0, NaN, NaN), 2)).toThrow('not finite');
  });
});

describe('the Vendi score', () => {
  it('of equal images is 1, and of such that have nothing in common their number', () => {
    expect(vendiScore(rows([1, 2], [1, 2], [2, 4]))).toBeCloseTo(1, 9);
    expect(vendiScore(rows([1, 0, 0], [0, 5, 0], [0, 0, 2]))).toBeCloseTo(3, 9);
  });
});

describe('the kernel distance', () => {
  it('is the same for the same seed, and about 0 between halves of one set', async () => {
    const [a, b] = [testFeatures(80, 10, 0), testFeatures(80, 10, 0)];
    const options = { seed: 3, subsets: 20, subsetSize: 40 };
    const first = await kernelDistance(a, b, options);
    expect(await kernelDistance(a, b, options)).toEqual(first);
    expect(Math.abs(first.mean)).toBeLessThan(3 * first.std);
    expect(first).toMatchObject({ subsets: 20, subsetSize: 40 });
  });

  it('stops when it is told to', async () => {
    const set = testFeatures(20, 4, 0);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(kernelDistance(set, set, { seed: 0, signal })).rejects.toThrow('enough');
  });
});

/** Normal features around `shift`, of a seed. */
function normal(count: number, size: number, seed: number, shift = 0): Features {
  const values = tf.tidy(() =>
    statelessNormal([count, size], tf.tensor1d([seed, 7], 'int32'))
      .add(shift)
      .dataSync<'float32'>(),
  );
  return { count, size, values };
}

/** Standard deviation of a number over many sets of samples, over what its interval makes of it; about 1. */
async function spreadOverInterval(
  measure: (samples: Features) => Promise<{ mean: number; low: number; high: number }>,
): Promise<number> {
  const found: Awaited<ReturnType<typeof measure>>[] = [];
  for (let draw = 1; draw <= 80; draw++) found.push(await measure(normal(100, 4, draw, 0.4)));
  const numbers = Float64Array.from(found, ({ mean: value }) => value);
  const centre = mean(numbers);
  const spread = Math.sqrt(mean(numbers.map((value) => (value - centre) ** 2)));
  return spread / mean(Float64Array.from(found, ({ low, high }) => (high - low) / (2 * 1.96)));
}

describe('intervals of distances are as wide as other samples make them differ', () => {
  const reference = normal(400, 4, 999);

  it('for the Monge Inception distance', async () => {
    const ratio = await spreadOverInterval((samples) =>
      mongeDistance(reference, samples, { seed: 0, directions: 20 }),
    );
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.3);
  });

  it('for the kernel distance', async () => {
    const ratio = await spreadOverInterval((samples) =>
      kernelDistance(reference, samples, { seed: 0, subsets: 1, subsetSize: 100 }),
    );
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.3);
  });
});

describe('the Monge Inception distance', () => {
  it('of a set with itself is 0, whatever the order', async () => {
    const set = testFeatures(50, 8, 0);
    const turned = { ...set, values: Float32Array.from(set.values) };
    for (let i = 0; i < 50; i++) turned.values.set(set.values.subarray((49 - i) * 8, (50 - i) * 8), i * 8);
    expect((await mongeDistance(set, turned, { seed: 1, directions: 50 })).mean).toBeCloseTo(0, 9);
  });

  it('of a set that is moved is three times the squared way', async () => {
    // Along a direction u the way is u·s, and the mean of its square is |s|² / size.
    const set = testFeatures(20, 6, 0);
    const moved = { ...set, values: set.values.map((value, at) => value + (at % 6 === 2 ? 0.5 : 0)) };
    const { mean: found } = await mongeDistance(set, moved, { seed: 1, directions: 3000 });
    expect(found / (3 * 0.25)).toBeCloseTo(1, 1);
  });

  it('stops when it is told to', async () => {
    const set = testFeatures(20, 4, 0);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(mongeDistance(set, set, { seed: 0, signal })).rejects.toThrow('enough');
  });
});

describe('nearest neighbours', () => {
  it('come in their order, without the point itself, with as many as there are', async () => {
    const points = rows([0], [1], [3], [7]);
    const { indices, distances } = await nearest(points, points, { k: 2, areSame: true });
    expect([...indices]).toEqual([1, 2, 0, 2, 1, 0, 2, 1]);
    expect([...distances]).toEqual([1, 3, 1, 2, 2, 3, 4, 6]);
    const few = await nearest(rows([0]), rows([2]), { k: 2 });
    expect([...few.indices]).toEqual([0, -1]);
  });
});

describe('a set that is copied', () => {
  it('has no authentic sample, and every real image is covered', async () => {
    const [set] = centred([testFeatures(60, 12, 0)]);
    expect(mean((await authenticity(set!, set!)).authentic)).toBe(0);
    const { coverage, precision } = await manifolds(set!, set!);
    expect(mean(coverage)).toBe(1);
    expect(mean(precision)).toBe(1);
  });
});

describe('the distance for infinitely many samples', () => {
  it('is below that of as many as there are, and takes all of them for its last size', async () => {
    const real = momentsOf(testFeatures(400, 30, 0));
    const found = await extrapolatedDistance(testFeatures(200, 30, 1), real, { seed: 1 });
    expect(found.sizes).toHaveLength(8);
    expect([found.sizes[0], found.sizes.at(-1)]).toEqual([50, 200]);
    expect(found.distances.at(-1)).toBeCloseTo(frechetDistance(momentsOf(testFeatures(200, 30, 1)), real), 9);
    expect(found.value).toBeLessThan(found.distances.at(-1)!);
  });
});

describe('the bootstrap', () => {
  it('gives an interval as wide as theory says', () => {
    // A share of 0.3 among 1,000: ± 1.96 √(0.3 · 0.7 / 1,000) = ± 0.0284.
    const found = bootstrapMean(
      Float64Array.from({ length: 1000 }, (_, i) => (i < 300 ? 1 : 0)),
      5,
    );
    expect(found.mean).toBeCloseTo(0.3, 12);
    expect(found.high - 0.3).toBeCloseTo(0.0284, 2);
    expect(0.3 - found.low).toBeCloseTo(0.0284, 2);
  });
});
