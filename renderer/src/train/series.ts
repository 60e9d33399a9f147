import type { MetricsLine } from '../../../core/run/manifest.ts';

/**
 * Metric lines by step, at most `limit` of them: when there are more, every second is dropped, so that a run of any
 * length stays evenly covered.
 */
export class MetricSeries {
  readonly #limit: number;
  #lines: MetricsLine[] = [];
  /** New lines closer than this to the last are passed over. */
  #spacing = 0;

  constructor(limit = 4_000) {
    this.#limit = limit;
  }

  get lines(): readonly MetricsLine[] {
    return this.#lines;
  }

  replace(lines: readonly MetricsLine[]): void {
    this.#spacing = 0;
    this.#lines = [...lines].sort((a, b) => a.step - b.step);
    this.#thin();
  }

  /** Adds a line behind the last. An earlier step means the run went back to a checkpoint: what came later goes. */
  add(line: MetricsLine): void {
    const last = this.#lines.at(-1);
    if (last && line.step <= last.step) this.#lines = this.#lines.filter((old) => old.step < line.step);
    const before = this.#lines.at(-1);
    if (before && line.step - before.step < this.#spacing) return;
    this.#lines.push(line);
    this.#thin();
  }

  #thin(): void {
    while (this.#lines.length > this.#limit) {
      this.#lines = this.#lines.filter((_, index) => index % 2 === 0);
      const first = this.#lines[0];
      const last = this.#lines.at(-1);
      if (first && last) this.#spacing = (last.step - first.step) / this.#lines.length;
    }
  }
}

/**
 * Mean of the values within `radius` of each x. Towards both ends the window narrows on either side alike, so that
 * a falling curve is neither lifted nor delayed. Gaps stay gaps. `xs` rise.
 */
export function smooth(
  xs: readonly number[],
  ys: readonly (number | null)[],
  radius: number,
): (number | null)[] {
  const first = xs[0] ?? 0;
  const last = xs.at(-1) ?? 0;
  // Sums and counts up to each index, so that a window costs two lookups.
  const sums = [0];
  const counts = [0];
  ys.forEach((y, index) => {
    const usable = y !== null && Number.isFinite(y);
    sums.push((sums[index] ?? 0) + (usable ? y : 0));
    counts.push((counts[index] ?? 0) + (usable ? 1 : 0));
  });
  let start = 0;
  let end = 0;
  return xs.map((x, index) => {
    const y = ys[index];
    if (y === null || y === undefined || !Number.isFinite(y)) return null;
    const reach = Math.min(radius, x - first, last - x);
    while (start > 0 && (xs[start - 1] ?? 0) >= x - reach) start--;
    while ((xs[start] ?? x) < x - reach) start++;
    end = Math.max(end, index);
    while (end > index && (xs[end] ?? x) > x + reach) end--;
    while (end + 1 < xs.length && (xs[end + 1] ?? 0) <= x + reach) end++;
    return ((sums[end + 1] ?? 0) - (sums[start] ?? 0)) / ((counts[end + 1] ?? 0) - (counts[start] ?? 0));
  });
}

/** Round values within a logarithmic axis, the more for each power of ten the fewer of those it spans. */
export function logarithmicTicks(min: number, max: number): number[] {
  if (!(min > 0) || !(max > min)) return [];
  const decades = Math.log10(max / min);
  const leads =
    decades > 2.2 ? [1] : decades > 1.2 ? [1, 3] : decades > 0.6 ? [1, 2, 5] : [1, 1.5, 2, 3, 4, 5, 6, 8];
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(min)); power <= Math.ceil(Math.log10(max)); power++) {
    for (const lead of leads) {
      const tick = lead * 10 ** power;
      if (tick >= min && tick <= max) ticks.push(Number(tick.toPrecision(3)));
    }
  }
  return ticks;
}
