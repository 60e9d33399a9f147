/** Finds a sudden and lasting rise in a noisy series of positive numbers, step by step. */

/** Values that are compared with those before them; the middle one counts, so that single spikes do not. */
const RECENT = 5;
/** Values before the recent ones that say what is usual. */
const USUAL = 200;
/** Fewer than this say nothing yet. */
const USUAL_MIN = 50;
/** Standard deviations, estimated by the median absolute deviation, above the usual median. */
const DEVIATIONS = 10;

export interface Rise {
  /** Median of the recent values. */
  value: number;
  /** What it had to stay below. */
  bound: number;
}

/**
 * Compares the median of the last {@link RECENT} values with the median of up to {@link USUAL} before them. The
 * bound is the larger of `factor` times that median and {@link DEVIATIONS} robust standard deviations above it.
 *
 * Medians, since losses weighted with 1/t differ much from batch to batch, and since clipping already copes with a
 * single large gradient. A falling loss, as in early training, only widens the distance to the bound. In runs of this
 * program that learned, and where the number of time steps doubles, the recent median stayed below 1.5 times the
 * usual one.
 *
 * After a rise the usual values are kept as they were until the recent median is back below half of the bound, so
 * that one rise is told once.
 */
export class RiseDetector {
  readonly #factor: number;
  #values: number[] = [];
  #recent: number[] = [];
  #risen = false;

  /** @param factor how many times the usual median is a rise */
  constructor(factor: number) {
    this.#factor = factor;
  }

  /** Takes the next value, a finite one; returns what rose when a rise begins with it, else null. */
  add(value: number): Rise | null {
    this.#recent.push(value);
    if (this.#recent.length <= RECENT) return null;
    const left = this.#recent.shift() ?? value;
    if (!this.#risen) {
      this.#values.push(left);
      if (this.#values.length > USUAL) this.#values.shift();
    }
    if (this.#values.length < USUAL_MIN) return null;
    const usual = median(this.#values);
    const deviation = 1.4826 * median(this.#values.map((v) => Math.abs(v - usual)));
    const bound = usual + Math.max((this.#factor - 1) * Math.abs(usual), DEVIATIONS * deviation);
    const now = median(this.#recent);
    if (this.#risen) {
      this.#risen = now > bound / 2;
      return null;
    }
    this.#risen = now > bound;
    return this.#risen ? { value: now, bound } : null;
  }
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
