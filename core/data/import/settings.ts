/** What may be chosen for an import. The window knows it too, so nothing of Node is used here. */
import * as v from 'valibot';

export const MIN_SIZE = 8;
export const MAX_SIZE = 256;
/** Sizes to offer: a network halves images at least twice, so they are multiples of four. */
export const OFFERED_SIZES = [16, 20, 24, 28, 32, 40, 48, 56, 64, 80, 96, 112, 128] as const;
/** Held out of training at most: half of the images. */
export const MAX_HOLD_OUT = 0.5;

const colour = v.pipe(v.string(), v.regex(/^#[0-9a-fA-F]{6}$/, 'a colour is written as #rrggbb'));
const whole = v.pipe(v.number(), v.integer());

export const ImportSettingsSchema = v.strictObject({
  /** Side in pixels; null: that of the images when all are squares of one size in range, else 32. */
  size: v.nullable(v.pipe(whole, v.minValue(MIN_SIZE), v.maxValue(MAX_SIZE))),
  /** Grey or colour; null: grey when the images are. */
  channels: v.nullable(v.picklist([1, 3])),
  /**
   * `crop`: the largest square in the middle; `stretch`: the whole image, distorted; `pad`: the whole image on a square;
   * `celeba`: the faces of CelebA's aligned images as the reference cuts them out, images of another size are left out.
   */
  fit: v.picklist(['crop', 'stretch', 'pad', 'celeba']),
  /** Colour of the square's rest with `pad`. */
  padColour: colour,
  /** Colour behind transparency. */
  background: colour,
  /** Images whose shorter side has fewer pixels are left out. */
  minSide: v.pipe(whole, v.minValue(0), v.maxValue(100_000)),
  /** Of images with the same pixels after the import, leave out all but the first. */
  dedupe: v.boolean(),
  /** Share of the images that is held out of training: 0 to 0.5. */
  holdOut: v.pipe(v.number(), v.minValue(0), v.maxValue(MAX_HOLD_OUT)),
  /** `auto`: labels of the source, or sub-folders when most images lie in one; `folders`: sub-folders only. */
  classes: v.picklist(['auto', 'none', 'folders']),
  /** Other names for classes; one name for several merges them, null leaves the class's images out. */
  classMap: v.optional(
    v.record(v.string(), v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(200)))),
  ),
  /** At most as many images are imported, spread over the source. */
  limit: v.optional(v.pipe(whole, v.minValue(1))),
  /** Whether a training may mirror the images; `auto`: as the measurement says. */
  flip: v.picklist(['auto', 'yes', 'no']),
});

export type ImportSettings = v.InferOutput<typeof ImportSettingsSchema>;

/** What an import does unless asked otherwise. */
export const DEFAULT_SETTINGS: ImportSettings = {
  size: null,
  channels: null,
  fit: 'crop',
  padColour: '#000000',
  background: '#ffffff',
  minSide: 0,
  dedupe: false,
  holdOut: 0,
  classes: 'auto',
  flip: 'auto',
};
