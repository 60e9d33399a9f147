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

/** Running mean with a window that grows to `1 / (1 − keep)` values; gaps stay gaps. */
export function smooth(values: readonly (number | null)[], keep = 0.95): (number | null)[] {
  let mean = 0;
  let weight = 0;
  return values.map((value) => {
    if (value === null || !Number.isFinite(value)) return null;
    mean = keep * mean + (1 - keep) * value;
    weight = keep * weight + (1 - keep);
    return mean / weight;
  });
}
