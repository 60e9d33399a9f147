/** Curves of several runs as one: their mean with a band from the least to the largest. */

/** A curve over rising places. */
export interface PlainCurve {
  x: ArrayLike<number>;
  y: ArrayLike<number>;
}

export interface CurveBand {
  x: Float64Array;
  mean: Float64Array;
  min: Float64Array;
  max: Float64Array;
  /** Curves that count at each place. */
  count: Float64Array;
}

/**
 * The mean of curves at all places that any of them has, with least and largest. Between two of its places a curve is a
 * straight line; before its first and after its last it does not count. Gaps (NaN) count as if they were not there.
 */
export function bandOf(curves: readonly PlainCurve[]): CurveBand {
  const whole = curves.map(withoutGaps);
  const x = Float64Array.from(new Set(whole.flatMap((curve) => curve.x))).sort();
  const empty = (): Float64Array => new Float64Array(x.length).fill(NaN);
  const band: CurveBand = { x, mean: empty(), min: empty(), max: empty(), count: new Float64Array(x.length) };
  const places = whole.map(() => 0);
  for (let i = 0; i < x.length; i++) {
    const at = x[i]!;
    let [sum, count, least, largest] = [0, 0, Infinity, -Infinity];
    whole.forEach((curve, index) => {
      let place = places[index]!;
      while (place + 1 < curve.x.length && curve.x[place + 1]! <= at) place++;
      places[index] = place;
      const value = valueAt(curve, place, at);
      if (value === null) return;
      sum += value;
      count++;
      least = Math.min(least, value);
      largest = Math.max(largest, value);
    });
    band.count[i] = count;
    if (count === 0) continue;
    band.mean[i] = sum / count;
    band.min[i] = least;
    band.max[i] = largest;
  }
  return band;
}

/** @param place of the last point that is not after `at` */
function valueAt({ x, y }: { x: number[]; y: number[] }, place: number, at: number): number | null {
  const [x0, y0] = [x[place], y[place]];
  if (x0 === undefined || y0 === undefined || at < x0) return null;
  if (at === x0) return y0;
  const [x1, y1] = [x[place + 1], y[place + 1]];
  if (x1 === undefined || y1 === undefined) return null;
  return y0 + ((y1 - y0) * (at - x0)) / (x1 - x0);
}

function withoutGaps({ x, y }: PlainCurve): { x: number[]; y: number[] } {
  const kept: { x: number[]; y: number[] } = { x: [], y: [] };
  for (let i = 0; i < x.length; i++) {
    if (!Number.isFinite(y[i] ?? NaN)) continue;
    kept.x.push(x[i]!);
    kept.y.push(y[i]!);
  }
  return kept;
}
