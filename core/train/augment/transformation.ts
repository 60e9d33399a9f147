/** What is done to a training image, drawn from its configuration, and the numbers by which a model is told of it. */
import { AUGMENT_VALUES, type AugmentConfig } from '../../config/augment.ts';

/** One image's transformation. Applied in this order: mirrored, scaled and turned about its middle, shifted, coloured. */
export interface Transformation {
  flip: boolean;
  /** Quarter turns, 0 … 3, and the angle beyond them in radians; both counter-clockwise. */
  quarters: number;
  angle: number;
  /** Base-2 logarithm of the enlargement. */
  scale: number;
  /** Shares of the image's side, to the right and down. */
  shiftX: number;
  shiftY: number;
  /** Added to values from 0 to 1. */
  brightness: number;
  /** Base-2 logarithms of the factors about middle grey, and about the grey of the same luma. */
  contrast: number;
  saturation: number;
  /** In radians. */
  hue: number;
}

export const IDENTITY: Readonly<Transformation> = {
  ...{ flip: false, quarters: 0, angle: 0, scale: 0, shiftX: 0, shiftY: 0 },
  ...{ brightness: 0, contrast: 0, saturation: 0, hue: 0 },
};

/** Uniform numbers that {@link drawTransformation} takes. */
export const DRAWS = 16;

/**
 * Draws a transformation: each kind is there with the probability `strength`, by an amount that is uniform within the
 * configuration's limits.
 *
 * @param u at least {@link DRAWS} uniform numbers in [0, 1)
 * @param hasColour grey images have neither saturation nor hue
 */
export function drawTransformation(
  config: AugmentConfig,
  strength: number,
  u: ArrayLike<number>,
  hasColour: boolean,
): Transformation {
  const drawn = (i: number): number => u[i] ?? 0;
  const applied = (i: number): boolean => drawn(i) < strength;
  const within = (i: number, most: number): number => (2 * drawn(i) - 1) * most;
  const { colour } = config;
  const largest = Math.log2(1 + config.scale);
  const shifted = applied(8) && config.shift > 0;
  return {
    flip: config.flip && applied(0) && drawn(1) < 0.5,
    quarters: config.turn && applied(2) ? Math.floor(4 * drawn(3)) : 0,
    angle: applied(4) ? within(5, (config.rotation * Math.PI) / 180) : 0,
    scale: applied(6) ? within(7, largest) : 0,
    shiftX: shifted ? within(9, config.shift) : 0,
    shiftY: shifted ? within(10, config.shift) : 0,
    ...(applied(11)
      ? {
          brightness: within(12, colour / 2),
          contrast: within(13, colour),
          saturation: hasColour ? within(14, 2 * colour) : 0,
          hue: hasColour ? within(15, colour * Math.PI) : 0,
        }
      : { brightness: 0, contrast: 0, saturation: 0, hue: 0 }),
  };
}

/** Whether a transformation leaves images as they are. */
export function isIdentity(t: Transformation): boolean {
  return valuesOf(t).every((value) => value === 0);
}

/**
 * The numbers that the networks are told, each about as large as 1 and 0 where nothing is done; angles as cos − 1 and sin, so
 * that a whole turn is none (as Karras et al. 2022, table 6).
 */
export function valuesOf(t: Transformation): Float32Array {
  const turned = t.quarters * (Math.PI / 2) + t.angle;
  const rounded = (value: number): number => (Math.abs(value) < 1e-12 ? 0 : value);
  const values = Float32Array.of(
    t.flip ? 1 : 0,
    rounded(Math.cos(turned) - 1),
    rounded(Math.sin(turned)),
    4 * t.scale,
    8 * t.shiftX,
    8 * t.shiftY,
    8 * t.brightness,
    4 * t.contrast,
    2 * t.saturation,
    rounded(Math.cos(t.hue) - 1),
    rounded(Math.sin(t.hue)),
  );
  if (values.length !== AUGMENT_VALUES) throw new Error('the networks are told another number of values');
  return values;
}
