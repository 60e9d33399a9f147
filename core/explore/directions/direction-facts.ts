/** What is told of a direction. It loads nothing, so that the window can know it. */
import * as v from 'valibot';
import { NameSchema } from '../../names.ts';

/** `groups`: from one group to another; `class`: to a class; `component`: a principal component. */
export const DirectionFactsSchema = v.object({
  format: v.literal('covae-direction'),
  version: v.literal(1),
  name: NameSchema,
  kind: v.picklist(['groups', 'class', 'component']),
  /** What it leads from and to, in words. */
  words: v.string(),
  run: v.string(),
  step: v.number(),
  /** Time at which the images were encoded. */
  t: v.number(),
  weights: v.picklist(['ema', 'raw']),
  /** Images that were encoded. */
  images: v.number(),
  /** Standard deviation of the encodings along it: the length of its values. */
  deviation: v.number(),
  /** Share of the encodings' variance along it. */
  explained: v.number(),
  /** Mean absolute change of a pixel, black 0 and white 1, from −1 to +1 standard deviation. */
  change: v.number(),
  createdAt: v.string(),
});

export type DirectionFacts = Omit<v.InferOutput<typeof DirectionFactsSchema>, 'format' | 'version'>;
