/**
 * What is kept of latent space by name: latents, paths, boards and directions, each with the run it comes from and its picture.
 * It loads nothing, so that the window can know it.
 */
import * as v from 'valibot';
import { DirectionFactsSchema } from '../directions/direction-facts.ts';
import { KeyPointSchema } from '../points/point.ts';
import { LookSchema, ViewSchema } from '../view.ts';

export const MAX_SAVED = 2_000;
export const MAX_SAVED_NAME = 80;
/** Most values of one latent or direction. */
const MAX_VALUES = 4_000_000;

const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const values = v.pipe(v.array(v.pipe(v.number(), v.finite())), v.minLength(1), v.maxLength(MAX_VALUES));
const { format: _, version: __, name: ___, ...directionFacts } = DirectionFactsSchema.entries;

/** Pictures as the window draws them. */
const PictureSchema = v.pipe(
  v.strictObject({
    count: v.literal(1),
    height: v.pipe(whole, v.minValue(1), v.maxValue(4096)),
    width: v.pipe(whole, v.minValue(1), v.maxValue(4096)),
    channels: v.picklist([1, 3]),
    data: v.custom<Uint8Array>((value) => value instanceof Uint8Array),
  }),
  v.check(
    ({ height, width, channels, data }) => data.length === height * width * channels,
    'has as many pixels as its sides say',
  ),
);

const shared = {
  name: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(MAX_SAVED_NAME)),
  /** Run that it was kept from, and the shape of its latents; an empty shape where it is not known. */
  run: v.pipe(v.string(), v.maxLength(200)),
  shape: v.pipe(v.array(v.pipe(whole, v.minValue(1))), v.maxLength(4)),
  createdAt: v.pipe(v.string(), v.isoTimestamp()),
  picture: v.nullable(PictureSchema),
};

/** A view as it was drawn, and in how many columns. */
const seen = { view: ViewSchema, look: LookSchema, columns: v.exactOptional(v.pipe(whole, v.minValue(1))) };

export const SavedThingSchema = v.variant('kind', [
  v.strictObject({ kind: v.literal('point'), ...shared, value: KeyPointSchema }),
  v.strictObject({ kind: v.literal('path'), ...shared, value: v.strictObject(seen) }),
  v.strictObject({
    kind: v.literal('board'),
    ...shared,
    value: v.strictObject({
      /** All that lies on the board, as the window has it. */
      board: v.record(v.string(), v.unknown()),
      /** What is seen on it; null for a board that draws nothing of its own. */
      seen: v.nullable(v.strictObject(seen)),
    }),
  }),
  v.strictObject({
    kind: v.literal('direction'),
    ...shared,
    value: v.strictObject({ ...directionFacts, values }),
  }),
]);

/** See {@link SavedThingSchema}. */
export type SavedThing = v.InferOutput<typeof SavedThingSchema>;
export type SavedKind = SavedThing['kind'];

/** What the kinds are called. */
export const SAVED_WORDS: Readonly<Record<SavedKind, readonly [one: string, many: string]>> = {
  point: ['latent', 'latents'],
  path: ['path', 'paths'],
  board: ['board', 'boards'],
  direction: ['direction', 'directions'],
};
