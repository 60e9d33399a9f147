/** The curves of a run in the window: read from its folder, then grown by the lines that are logged. Nothing is left out. */
import type { MetricsLine } from '../../../../core/run/manifest.ts';
import {
  type CurveColumn,
  type CurveKey,
  type CurvePoint,
  keysOf,
  type PixelResult,
  pointsOf,
} from '../../../../main/ipc/contract.ts';

type Curves = PixelResult<'run.curves'>;

/** Lines that there is room for at first. */
const ROOM = 256;

/** The curves at a moment. What is added later is not in it. */
export interface CurveSnapshot {
  length: number;
  steps: Float64Array;
  seconds: Float64Array;
  batchSize: number;
  /** Images of an epoch; null where there is no data set. */
  images: number | null;
  keys: readonly CurveKey[];
  column(key: CurveKey): CurveColumn;
  last(key: CurveKey): number | null;
  /** The line whose step is nearest; −1 where there is none. */
  nearest(step: number): number;
}

/** Columns that grow. */
export class CurveStore {
  #length = 0;
  #steps: Float64Array = new Float64Array(ROOM);
  #seconds: Float64Array = new Float64Array(ROOM);
  #columns = new Map<CurveKey, CurveColumn>();
  batchSize = 1;
  images: number | null = null;

  get length(): number {
    return this.#length;
  }

  get steps(): Float64Array {
    return this.#steps.subarray(0, this.#length);
  }

  get seconds(): Float64Array {
    return this.#seconds.subarray(0, this.#length);
  }

  get keys(): CurveKey[] {
    return keysOf({ columns: Object.fromEntries(this.#columns) });
  }

  /** The columns of a curve, as they are now; NaN where nothing was logged. */
  column(key: CurveKey): CurveColumn {
    const all = this.#columns.get(key);
    const part = (values: Float64Array | undefined): Float64Array =>
      values?.subarray(0, this.#length) ?? new Float64Array(this.#length).fill(NaN);
    return { mean: part(all?.mean), min: part(all?.min), max: part(all?.max) };
  }

  /** The mean of the last line; null where it has none. */
  last(key: CurveKey): number | null {
    const value = this.#columns.get(key)?.mean[this.#length - 1];
    return value === undefined || Number.isNaN(value) ? null : value;
  }

  snapshot(): CurveSnapshot {
    const { length, steps, seconds, batchSize, images, keys } = this;
    const columns = new Map(keys.map((key) => [key, this.column(key)]));
    const gaps = new Float64Array(length).fill(NaN);
    const column = (key: CurveKey): CurveColumn => columns.get(key) ?? { mean: gaps, min: gaps, max: gaps };
    return {
      ...{ length, steps, seconds, batchSize, images, keys, column },
      last: (key) => {
        const value = column(key).mean[length - 1];
        return value === undefined || Number.isNaN(value) ? null : value;
      },
      nearest: (step) => nearestIndex(steps, step),
    };
  }

  /** Takes what was read, in place of all there was. */
  replace({ steps, seconds, columns, batchSize, images }: Curves): void {
    this.#length = steps.length;
    this.#steps = steps;
    this.#seconds = seconds;
    this.#columns = new Map(
      (Object.entries(columns) as [CurveKey, CurveColumn | undefined][]).flatMap(([key, column]) =>
        column ? [[key, column]] : [],
      ),
    );
    this.batchSize = batchSize;
    this.images = images;
  }

  /** Adds a line. What lies at its step or after it belongs to weights that are gone. */
  add(line: MetricsLine): void {
    while (this.#length > 0 && this.#steps[this.#length - 1]! >= line.step) this.#length--;
    if (this.#length === this.#steps.length) this.#grow();
    const at = this.#length++;
    this.#steps[at] = line.step;
    this.#seconds[at] = line.seconds;
    const points = pointsOf(line, this.batchSize) as Partial<Record<CurveKey, CurvePoint>>;
    for (const key of Object.keys(points) as CurveKey[]) {
      if (!this.#columns.has(key)) this.#columns.set(key, emptyColumn(this.#steps.length));
    }
    for (const [key, { mean, min, max }] of this.#columns) {
      [mean[at], min[at], max[at]] = points[key] ?? [NaN, NaN, NaN];
    }
  }

  /** The line whose step is nearest; −1 where there is none. */
  nearest(step: number): number {
    return nearestIndex(this.steps, step);
  }

  #grow(): void {
    const room = Math.max(ROOM, 2 * this.#steps.length);
    const grown = (values: Float64Array): Float64Array => {
      const out = new Float64Array(room).fill(NaN);
      out.set(values);
      return out;
    };
    this.#steps = grown(this.#steps);
    this.#seconds = grown(this.#seconds);
    for (const [key, { mean, min, max }] of this.#columns) {
      this.#columns.set(key, { mean: grown(mean), min: grown(min), max: grown(max) });
    }
  }
}

function emptyColumn(length: number): CurveColumn {
  const empty = (): Float64Array => new Float64Array(length).fill(NaN);
  return { mean: empty(), min: empty(), max: empty() };
}

/** Index of the value that is nearest, of values that rise; −1 where there is none. */
export function nearestIndex(values: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = values.length - 1;
  if (high < 0) return -1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) <= wanted) low = middle;
    else high = middle;
  }
  return Math.abs((values[high] ?? 0) - wanted) < Math.abs((values[low] ?? 0) - wanted) ? high : low;
}
