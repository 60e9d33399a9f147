/** Finds a sudden and lasting rise in a noisy series of numbers, step by step. */

/** Values that are compared with those before them; the middle one counts, so that single spikes do not. */
const RECENT = 9;
/** Values before the recent ones that say what is usual. */
const USUAL = 200;
/** Fewer than this say nothing yet. */
const USUAL_MIN = 50;
/** Share of the usual values that lie below the upper end of what is usual. */
const UPPER = 0.95;
/** A rise is also more than this many times the distance from the usual values' middle to their upper end. */
const DISTANCES = 3;

export interface Rise {
  /** Median of the recent values. */
  value: number;
  /** What it had to stay below. */
  bound: number;
}

/**
 * Compares the median of the last {@link RECENT} values with the upper end (95th percentile) of up to {@link USUAL}
 * before them. The bound is `factor` times that end, and more where the usual values scatter that widely.
 *
 * The upper end and not the middle is compared, since losses weighted with 1/t differ much from batch to batch: a
 * network that draws one image for every t has hardly any loss but in batches with examples at the smallest t. The
 * median of several, since clipping copes with a single large gradient. A falling loss, as in early training, only
 * widens the distance to the bound.
 *
 * In recorded trainings that learned, also where the number of time steps doubled, the recent median stayed below the
 * upper end itself; one with too high a learning rate rose to 5 times it, its gradient to 9 times.
 *
 * After a rise the usual values are kept as they were until the recent median is back below their upper end, so that
 * one rise is told once.
 */
export class RiseDetector {
  readonly #factor: number;
  #usual: number[] = [];
  #recent: number[] = [];
  #risen = false;

  /** @param factor how many times the upper end of what is usual is a rise */
  constructor(factor: number) {
    this.#factor = factor;
  }

  /** Whether a rise lasts. */
  get risen(): boolean {
    return this.#risen;
  }

  /** Takes the next value, a finite one; returns what rose when a rise begins with it, else null. */
  add(value: number): Rise | null {
    this.#recent.push(value);
    if (this.#recent.length <= RECENT) return null;
    const left = this.#recent.shift() ?? value;
    if (!this.#risen) {
      this.#usual.push(left);
      if (this.#usual.length > USUAL) this.#usual.shift();
    }
    if (this.#usual.length < USUAL_MIN) return null;
    const sorted = Float64Array.from(this.#usual).sort();
    const upper = quantile(sorted, UPPER);
    const distance = upper - quantile(sorted, 0.5);
    const bound = upper + Math.max((this.#factor - 1) * Math.abs(upper), DISTANCES * distance);
    const now = quantile(Float64Array.from(this.#recent).sort(), 0.5);
    if (this.#risen) {
      this.#risen = now > upper;
      return null;
    }
    this.#risen = now > bound;
    return this.#risen ? { value: now, bound } : null;
  }
}

function quantile(sorted: Float64Array, share: number): number {
  return sorted[Math.round(share * (sorted.length - 1))] ?? NaN;
}
