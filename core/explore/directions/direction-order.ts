/** Which directions are to be made. It loads nothing, so that the window can know it. */
import * as v from 'valibot';
import { NameSchema } from '../../names.ts';
import { TimePointSchema } from '../time-point.ts';

const index = v.pipe(v.number(), v.integer(), v.minValue(0));

/** Some images: those of a class, by its name, or these. */
export const GroupSchema = v.union([
  v.strictObject({ label: v.pipe(v.string(), v.minLength(1), v.maxLength(200)) }),
  v.strictObject({ indices: v.pipe(v.array(index), v.maxLength(100_000)) }),
]);
export type Group = v.InferOutput<typeof GroupSchema>;

export const DirectionOrderSchema = v.strictObject({
  /** Of the direction; of several the beginning of their names. */
  name: NameSchema,
  make: v.variant('kind', [
    v.strictObject({ kind: v.literal('groups'), from: GroupSchema, to: GroupSchema }),
    /** One for each class. */
    v.strictObject({ kind: v.literal('classes') }),
    /** So many principal components. */
    v.strictObject({
      kind: v.literal('components'),
      count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(64)),
    }),
  ]),
  at: v.optional(TimePointSchema),
  weights: v.optional(v.picklist(['ema', 'raw'])),
  /** Images that are encoded at most, spread over the data set, beside those of groups; default: 2,000. */
  images: v.optional(v.pipe(v.number(), v.integer(), v.minValue(2), v.maxValue(100_000))),
});
export type DirectionOrder = v.InferOutput<typeof DirectionOrderSchema>;
