/** Places on the time axis as text: `129`, an index into the final time steps, or `t=0.5`. */
import * as v from 'valibot';
import type { TimePoint } from './api.ts';

/** Checks a place, whatever its origin. */
export const TimePointSchema = v.union([
  v.strictObject({ timeIndex: v.pipe(v.number(), v.integer(), v.minValue(0)) }),
  v.strictObject({ t: v.pipe(v.number(), v.finite(), v.gtValue(0)) }),
]);

/** The text of one place, which {@link parseTimePoints} reads. */
export function formatTimePoint(point: TimePoint): string {
  return 't' in point ? `t=${point.t}` : String(point.timeIndex);
}

/** The text of several places: `129,t=0.5`. */
export function formatTimePoints(points: readonly TimePoint[]): string {
  return points.map(formatTimePoint).join(',');
}

/** The places that a text names, separated by commas; null when one of them is none. */
export function parseTimePoints(text: string): TimePoint[] | null {
  const points: TimePoint[] = [];
  for (const word of text.split(',').map((part) => part.trim())) {
    const [, value] = /^t\s*=\s*(.+)$/.exec(word) ?? [];
    if (value !== undefined) {
      const t = Number(value);
      if (!(t > 0 && Number.isFinite(t))) return null;
      points.push({ t });
    } else {
      if (!/^\d{1,6}$/.test(word)) return null;
      points.push({ timeIndex: Number(word) });
    }
  }
  return points;
}
