/** What a draw was made with, as it stands in the images of it, and as words for names of files. */
import * as v from 'valibot';
import type { DrawingDetails } from './provenance.ts';
import type { SampleOptions } from './api.ts';
import { formatTimePoints, parseTimePoints } from './time-point.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/**
 * The options of a draw for an image's text; what is as usual is left out, but for the weights.
 *
 * @param lastStep step of the last images' weights, where the model learned while it drew
 */
export function drawDetails(options: SampleOptions, lastStep?: number): DrawingDetails {
  const { seed, count: images, passes, start = 0, temperature = 1, weights = 'ema' } = options;
  const { label = null, guidance = 1, reencodeAt = [], laterTemperature = 1 } = options;
  return {
    kind: 'samples',
    seed,
    count: images,
    passes,
    weights,
    ...(start !== 0 && { start }),
    ...(reencodeAt.length > 0 && { reencodeAt: formatTimePoints(reencodeAt) }),
    ...(temperature !== 1 && { temperature }),
    ...(laterTemperature !== 1 && { laterTemperature }),
    ...(label !== null && { label }),
    ...(label !== null && guidance !== 1 && { guidance }),
    ...(lastStep !== undefined && { lastStep }),
  };
}

/** Reads what {@link drawDetails} wrote, together with the step; fails for anything else. */
export const DrawDetailsSchema = v.object({
  step: v.number(),
  seed: v.number(),
  count: v.number(),
  passes: v.number(),
  weights: v.optional(v.picklist(['ema', 'raw'])),
  start: v.optional(count),
  temperature: v.optional(v.number()),
  laterTemperature: v.optional(v.number()),
  label: v.optional(count),
  guidance: v.optional(v.number()),
  reencodeAt: v.optional(
    v.pipe(
      v.string(),
      v.rawTransform(({ dataset, addIssue, NEVER }) => {
        const points = parseTimePoints(dataset.value);
        if (points !== null) return points;
        addIssue({ message: 'no places on the time axis' });
        return NEVER;
      }),
    ),
  ),
});

/** Words for a file's name that tell this draw from one with the usual options: `-at-129-temperature-0.8`. */
export function drawWords(options: Omit<SampleOptions, 'seed' | 'count' | 'passes'>): string {
  const {
    start = 0,
    temperature = 1,
    laterTemperature = 1,
    weights = 'ema',
    label = null,
    guidance = 1,
    reencodeAt = [],
  } = options;
  const words: string[] = [];
  if (start !== 0) words.push('start', String(start));
  if (reencodeAt.length > 0) words.push('at', formatTimePoints(reencodeAt).replaceAll(',', '+'));
  if (temperature !== 1) words.push('temperature', String(temperature));
  if (laterTemperature !== 1) words.push('later-temperature', String(laterTemperature));
  if (weights !== 'ema') words.push(weights);
  if (label !== null) words.push('label', String(label));
  if (label !== null && guidance !== 1) words.push('guidance', String(guidance));
  return words.map((word) => `-${word}`).join('');
}
