/** What the steps since the last logged line had, so that each of them counts in it. */
import { STEPWISE } from '../run/curves.ts';
import type { MetricsLine } from '../run/manifest.ts';

type Over = NonNullable<MetricsLine['over']>;

/** Float32 numbers, kept to the digits that they have. */
const DIGITS = 7;

/** Collects the steps of one logged interval. */
export class Interval {
  #steps = 0;
  readonly #sums = new Map<(typeof STEPWISE)[number], { sum: number; min: number; max: number }>();

  /** Steps collected since the last {@link take}. */
  get steps(): number {
    return this.#steps;
  }

  add(line: Pick<MetricsLine, (typeof STEPWISE)[number]>): void {
    this.#steps++;
    for (const key of STEPWISE) {
      const value = line[key];
      if (typeof value !== 'number') continue;
      const known = this.#sums.get(key);
      if (known === undefined) this.#sums.set(key, { sum: value, min: value, max: value });
      else {
        known.sum += value;
        known.min = Math.min(known.min, value);
        known.max = Math.max(known.max, value);
      }
    }
  }

  /** Mean, smallest and largest value of each quantity over the steps collected, which are forgotten then. */
  take(): Over {
    const over: Over = { steps: this.#steps };
    for (const [key, { sum, min, max }] of this.#sums) {
      over[key] = [rounded(sum / this.#steps), rounded(min), rounded(max)];
    }
    this.#steps = 0;
    this.#sums.clear();
    return over;
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(DIGITS));
}
