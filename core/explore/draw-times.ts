import { reencodingIndex } from '../schedule/time-steps.ts';
import type { Generator, SampleOptions } from './api.ts';
import { significant } from '../digits.ts';

/** The times that the passes of a draw decode at, the first at σ_max; as text, separated by commas. */
export function drawTimes({ manifest, timeSteps }: Generator, { passes, reencodeAt }: SampleOptions): string {
  const middle = { timeIndex: reencodingIndex(manifest.config.objective) };
  const places = reencodeAt ?? Array.from({ length: passes - 1 }, () => middle);
  const later = places.map((place) => ('t' in place ? place.t : (timeSteps[place.timeIndex] ?? NaN)));
  return [timeSteps.at(-1) ?? 1, ...later].map((t) => significant(t, 6)).join(',');
}
