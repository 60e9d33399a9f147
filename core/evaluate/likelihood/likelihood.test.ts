import { describe, expect, it } from 'vitest';
import {
  bitsPerDimension,
  estimateLikelihood,
  meanSquaredDifference,
  type LatentModel,
} from './likelihood.ts';
import { bernoulliObservation, normalObservation } from './observation.ts';

/** x = W z + b + noise; the columns of W are orthogonal, so that posteriors have no covariances. */
const W = [
  [1, 0],
  [0, 2],
  [1, 0],
  [0, -1],
];
const B = [0.5, -1, 0, 2];
const VARIANCE = 0.3;
const LENGTHS = [2, 5];
const IMAGES = Float32Array.of(1, 0.5, -0.2, 1, -1, -3, 0.4, 2.5, 3, 1, 2, -1);
/** scipy.stats.multivariate_normal.logpdf(X, b, W @ W.T + 0.3 * eye(4)). */
const KNOWN = [-4.52542537, -7.57735318, -12.38937123];

/** @param widen factor on the posterior's standard deviation; 1: the true one */
function linearModel(widen: number): LatentModel {
  return {
    imageValues: 4,
    latentValues: 2,
    encode(images, count) {
      const [mu, std] = [new Float32Array(2 * count), new Float32Array(2 * count)];
      for (let i = 0; i < count; i++) {
        for (let k = 0; k < 2; k++) {
          const precision = LENGTHS[k]! + VARIANCE;
          mu[2 * i + k] =
            W.reduce((sum, row, d) => sum + row[k]! * (images[4 * i + d]! - B[d]!), 0) / precision;
          std[2 * i + k] = widen * Math.sqrt(VARIANCE / precision);
        }
      }
      return { mu, std };
    },
    decode: (z, count) =>
      Float32Array.from({ length: 4 * count }, (_, at) => {
        const [i, d] = [Math.floor(at / 4), at % 4];
        return B[d]! + W[d]![0]! * z[2 * i]! + W[d]![1]! * z[2 * i + 1]!;
      }),
  };
}

const observation = normalObservation(VARIANCE, 0);
const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('bounds of the likelihood of a linear normal model', () => {
  it('are exact with the true posterior: the importance-weighted one with any number of draws', async () => {
    const found = await estimateLikelihood(linearModel(1), observation, IMAGES, { samples: 3, seed: 0 });
    found.importance.forEach((value, i) => expect(value).toBeCloseTo(KNOWN[i]!, 4));
    const many = await estimateLikelihood(linearModel(1), observation, IMAGES, { samples: 3000, seed: 0 });
    many.elbo.forEach((value, i) => expect(Math.abs(value - KNOWN[i]!)).toBeLessThan(0.1));
  });

  it('lie below by the divergence of a posterior that is too wide, and close in with more draws', async () => {
    // KL(N(0, 1.5²) ‖ N(0, 1)) for each of two latents.
    const gap = 2 * (0.5 * (1.5 ** 2 - 1) - Math.log(1.5));
    const model = linearModel(1.5);
    const one = await estimateLikelihood(model, observation, IMAGES, { samples: 4000, seed: 1 });
    one.elbo.forEach((value, i) => expect(Math.abs(value - (KNOWN[i]! - gap))).toBeLessThan(0.15));
    one.importance.forEach((value, i) => expect(Math.abs(value - KNOWN[i]!)).toBeLessThan(0.1));
    const few: number[] = [];
    for (let seed = 0; seed < 300; seed++) {
      const found = await estimateLikelihood(model, observation, IMAGES, { samples: 4, seed });
      few.push(mean(found.importance));
    }
    const known = mean(Float64Array.from(KNOWN));
    const average = mean(Float64Array.from(few));
    expect(average).toBeLessThan(known);
    expect(average).toBeGreaterThan(known - gap);
  });

  it('come in bits a value', () => {
    const { mean: bits } = bitsPerDimension(Float64Array.of(-4 * Math.LN2, -8 * Math.LN2), 4, 0);
    expect(bits).toBeCloseTo(1.5, 12);
  });

  it('stop when they are told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(
      estimateLikelihood(linearModel(1), observation, IMAGES, { samples: 1, seed: 0, signal }),
    ).rejects.toThrow('enough');
  });
});

describe('observations', () => {
  it('give levels no more than the mass of a normal distribution on them', () => {
    // scipy.stats.norm: log(cdf(b) - cdf(a)) for levels 3 and 9 around 4.2 with standard deviation 1.5.
    const normal = normalObservation(2.25, 1);
    for (const [level, mass] of [
      [3, -1.651135],
      [9, -6.282394],
    ] as const) {
      const found = normal.logProbability(level, 4.2);
      expect(found).toBeLessThanOrEqual(mass);
      expect(found).toBeGreaterThan(mass - 0.25);
    }
  });

  it('give black and white probabilities that add up to 1, and never 0', () => {
    const observed = bernoulliObservation();
    for (const level of [0, 100, 255]) {
      const [black, white] = [observed.logProbability(0, level), observed.logProbability(255, level)];
      expect(Math.exp(black) + Math.exp(white)).toBeCloseTo(1, 12);
      expect(Math.min(black, white)).toBeGreaterThan(-7);
    }
  });

  it('have the variance of what is decoded from drawn latents', () => {
    const images = new Float32Array(4 * 5000);
    for (let at = 0; at < images.length; at++) images[at] = B[at % 4]!;
    // Pixels at the mean: the difference is W times the posterior's noise, whose variances are 0.3/2.3 and 0.3/5.3.
    const expected = (2 * (0.3 / 2.3) + 5 * (0.3 / 5.3)) / 4;
    expect(meanSquaredDifference(linearModel(1), images, 0) / expected).toBeCloseTo(1, 1);
  });
});
