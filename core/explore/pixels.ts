import type { ObjectiveConfig } from '../config/objective.ts';

/** How a model's networks take pixels, and what they put out for them. */
export interface PixelRange {
  /** uint8 pixels to what the encoder takes. */
  toNetwork(pixels: Uint8Array): Float32Array;
  /** What the decoder puts out to what the encoder takes, for another pass. */
  again(output: Float32Array): Float32Array;
  /** What the decoder puts out to uint8 pixels, clamped, and rounded to the nearest or downwards. */
  toPixels(output: Float32Array, rounding?: Rounding): Uint8Array;
}

/** `down`: what is behind the point is cut off, as torchmetrics does with images from 0 to 1, in float32. */
export type Rounding = 'nearest' | 'down';

/** [−1, 1] in and out. */
const SIGNED: PixelRange = {
  toNetwork: (pixels) => Float32Array.from(pixels, (value) => value / 127.5 - 1),
  again: (output) => output,
  toPixels: (output, rounding = 'nearest') =>
    rounding === 'nearest'
      ? clamped(output, (value) => (value + 1) * 127.5)
      : cutOff(output, (value) => 0.5 * Math.min(1, Math.max(-1, value)) + 0.5),
};

/**
 * [0, 1] in, logits out. The reference feeds the logits themselves into a further pass, although its encoder
 * has seen probabilities only; here they are turned back first.
 */
const BINARY: PixelRange = {
  toNetwork: (pixels) => Float32Array.from(pixels, (value) => value / 255),
  again: (output) => output.map(sigmoid),
  toPixels: (output, rounding = 'nearest') =>
    rounding === 'nearest' ? clamped(output, (value) => 255 * sigmoid(value)) : cutOff(output, sigmoid),
};

/** The range that a model's loss asks for: [0, 1] and logits for binary cross-entropy, else [−1, 1]. */
export function pixelRange(objective: ObjectiveConfig): PixelRange {
  return objective.loss === 'bce' ? BINARY : SIGNED;
}

/** Pixels to black and white at half brightness, in place. */
export function binarise(pixels: Uint8Array): void {
  pixels.forEach((value, i) => (pixels[i] = value < 128 ? 0 : 255));
}

function sigmoid(logit: number): number {
  return 1 / (1 + Math.exp(-logit));
}

/** @param toShare gives what is between 0 and 1 */
function cutOff(values: Float32Array, toShare: (value: number) => number): Uint8Array {
  return Uint8Array.from(values, (value) => Math.trunc(Math.fround(Math.fround(toShare(value)) * 255)));
}

function clamped(values: Float32Array, toByte: (value: number) => number): Uint8Array {
  // A clamped array rounds to the nearest and turns NaN into 0.
  return new Uint8Array(Uint8ClampedArray.from(values, toByte).buffer);
}
