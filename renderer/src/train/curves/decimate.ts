/** Fewer points than there are pixels, without losing a peak. */

/** What a chart draws of a curve, column by column as uPlot takes them. */
export interface Shown {
  x: number[];
  min: (number | null)[];
  max: (number | null)[];
  mean: (number | null)[];
  smooth: (number | null)[];
}

export interface Column {
  x: ArrayLike<number>;
  min: ArrayLike<number>;
  max: ArrayLike<number>;
  mean: ArrayLike<number>;
  smooth: ArrayLike<number>;
}

/**
 * The part of a curve within a range, with a point on either side of it. Where there are more than `most` points,
 * neighbouring ones become one: the least of their least values, the largest of their largest, the mean of their means and
 * the last of the moving average. So what is drawn at a pixel spans all that lies there.
 *
 * @param range of x; null for all
 * @param logarithmic values at or below 0 are left out
 */
export function decimate(
  { x, min, max, mean, smooth }: Column,
  range: readonly [number, number] | null,
  most: number,
  logarithmic: boolean,
): Shown {
  let from = 0;
  let to = x.length;
  if (range !== null) {
    from = Math.max(0, firstAtLeast(x, range[0]) - 1);
    to = Math.min(x.length, firstAtLeast(x, range[1]) + 2);
  }
  const each = Math.max(1, Math.ceil((to - from) / most));
  const shown: Shown = { x: [], min: [], max: [], mean: [], smooth: [] };
  const usable = (value: number | undefined): value is number =>
    value !== undefined && Number.isFinite(value) && (!logarithmic || value > 0);
  for (let start = from; start < to; start += each) {
    const end = Math.min(to, start + each);
    let [low, high, sum, count] = [Infinity, -Infinity, 0, 0];
    let last: number | null = null;
    for (let at = start; at < end; at++) {
      const middle = mean[at];
      if (!usable(middle)) continue;
      sum += middle;
      count++;
      const [least, largest, average] = [min[at], max[at], smooth[at]];
      low = Math.min(low, usable(least) ? least : middle);
      if (usable(largest)) high = Math.max(high, largest);
      if (usable(average)) last = average;
    }
    shown.x.push(x[end - 1]!);
    shown.min.push(count > 0 ? low : null);
    shown.max.push(count > 0 ? Math.max(high, low) : null);
    shown.mean.push(count > 0 ? sum / count : null);
    shown.smooth.push(last);
  }
  return shown;
}

function firstAtLeast(values: ArrayLike<number>, wanted: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) < wanted) low = middle + 1;
    else high = middle;
  }
  return low;
}
