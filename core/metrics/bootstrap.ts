import { streamSeed, uniformInts } from '../tensor/random.ts';

/** A mean over images with the interval that it lies in. */
export interface Estimate {
  mean: number;
  /** Bounds of the 95 % confidence interval. */
  low: number;
  high: number;
}

/** Times that images are drawn anew. */
const DRAWS = 1000;

/**
 * The mean of one number an image, and its 95 % confidence interval by the percentile bootstrap (Efron & Tibshirani
 * 1993, chapter 13): images are drawn with repetition, 1,000 times.
 */
export function bootstrapMean(values: Float64Array, seed: number): Estimate {
  const { length } = values;
  const means = Float64Array.from({ length: DRAWS }, (_, draw) => {
    const drawn = uniformInts(streamSeed(seed, 'bootstrap', draw), length, length);
    let sum = 0;
    for (let i = 0; i < length; i++) sum += values[drawn[i]!]!;
    return sum / length;
  }).sort();
  const at = (share: number): number => means[Math.round(share * (DRAWS - 1))]!;
  return { mean: values.reduce((sum, value) => sum + value, 0) / length, low: at(0.025), high: at(0.975) };
}
