import * as v from 'valibot';

const share = v.pipe(v.number(), v.minValue(0), v.maxValue(1));

/**
 * Transformations of training images that the model is told of (Karras et al. 2020, "Training Generative Adversarial Networks
 * with Limited Data"; 2022, appendix F.2), so that samples, for which it is told of none, do not show them.
 * core/train/augment/strength.ts says how strong they are at each time.
 */
export const AugmentConfigSchema = v.strictObject({
  /** Probability with which each kind of transformation is applied to an image; 0: none is. */
  strength: v.optional(share, 0),
  /** The strength rises while held-out images are reconstructed worse than training images, and falls again. */
  adaptive: v.optional(v.boolean(), false),
  /** Mirrored left to right, in half of the cases. */
  flip: v.optional(v.boolean(), true),
  /** Turned by a multiple of 90°. */
  turn: v.optional(v.boolean(), false),
  /** Largest angle, in degrees. */
  rotation: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(180)), 15),
  /** Largest enlargement; 0.2 is from 1/1.2 to 1.2 times. */
  scale: v.optional(share, 0.2),
  /** Largest way to each side, as a share of the image's. */
  shift: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(0.5)), 0.1),
  /** How much brightness, contrast, saturation and hue vary. */
  colour: v.optional(share, 0.2),
});

export type AugmentConfig = v.InferOutput<typeof AugmentConfigSchema>;

/** Nothing is done to images. */
export const NO_AUGMENTATION: AugmentConfig = v.parse(AugmentConfigSchema, {});

/** Numbers by which the networks are told of a transformation; all 0 for none. */
export const AUGMENT_VALUES = 11;

/** Whether images of a training may be transformed. */
export function augments({ strength, adaptive }: Pick<AugmentConfig, 'strength' | 'adaptive'>): boolean {
  return strength > 0 || adaptive;
}
