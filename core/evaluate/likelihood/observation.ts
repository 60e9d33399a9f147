/** What an image value is said to be like around what the decoder makes: the decoder itself gives no density. */

export interface Observation {
  kind: 'normal' | 'bernoulli';
  /** In one sentence. */
  rule: string;
  /** Log probability of a value, in nats, where the decoder puts out `mean`. */
  logProbability(value: number, mean: number): number;
}

/**
 * A normal distribution of one variance for all values around the decoder's picture.
 *
 * @param variance in squared units of the values
 * @param bin width of the levels that values come in: then it is a bound from below of the probability of a level, the mean
 *   of the log density over the level plus log(bin) (Jensen; as uniform dequantisation has it, Theis et al. 2016, §3.1).
 *   0: the density itself, for values without levels
 */
export function normalObservation(variance: number, bin: number): Observation {
  const constant = -0.5 * Math.log(2 * Math.PI * variance) + (bin > 0 ? Math.log(bin) : 0);
  const within = bin ** 2 / 12;
  return {
    kind: 'normal',
    rule: `Pixels are normal around the decoder's picture, with one standard deviation of ${Math.sqrt(variance).toPrecision(3)} of 255 levels for all; a bound of the probability of the level, by the mean log density over it.`,
    logProbability: (value, mean) => constant - ((value - mean) ** 2 + within) / (2 * variance),
  };
}

/** Black (0) or white (255), with the probability that the decoder's picture shows, which is kept off 0 and 1. */
export function bernoulliObservation(): Observation {
  return {
    kind: 'bernoulli',
    rule: "Pixels are black or white, white with the probability (level + ½) / 256 of the decoder's picture.",
    logProbability: (value, mean) => {
      const white = (mean + 0.5) / 256;
      return Math.log(value >= 128 ? white : 1 - white);
    },
  };
}
