/** What a draw was made with, as it stands in the images of it, and as words for names of files. */
import * as v from 'valibot';
import type { DrawingDetails } from './provenance.ts';
import type { SampleOptions } from './api.ts';
import { formatTimePoints, parseTimePoints } from './time-point.ts';
import { unusual } from './unusual.ts';

const count = v.pipe(v.number(), v.integer(), v.minValue(0));

/**
 * The options of a draw for an image's text; what is as usual is left out, but for the weights.
 *
 * @param lastStep step of the last images' weights, where the model learned while it drew
 */
export function drawDetails(options: SampleOptions, lastStep?: number): DrawingDetails {
  const { seed, count: images, passes, weights = 'ema' } = options;
  const { reencodeAt, ...others } = unusual(options);
  return {
    kind: 'samples',
    seed,
    count: images,
    passes,
    weights,
    ...(reencodeAt && { reencodeAt: formatTimePoints(reencodeAt) }),
    ...others,
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
  prior: v.optional(v.literal('fitted')),
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
  const { start, reencodeAt, prior, temperature, laterTemperature, weights, label, guidance } =
    unusual(options);
  const words = {
    start,
    at: reencodeAt && formatTimePoints(reencodeAt).replaceAll(',', '+'),
    prior,
    temperature,
    'later-temperature': laterTemperature,
    weights,
    label,
    guidance,
  };
  return Object.entries(words)
    .filter(([, value]) => value !== undefined)
    .map(([key, value]) => (key === 'weights' || key === 'prior' ? `-${value}` : `-${key}-${value}`))
    .join('');
}
