/** uint8 pixels to [−1, 1]. */
export function toUnitRange(pixels: Uint8Array): Float32Array {
  return Float32Array.from(pixels, (value) => value / 127.5 - 1);
}

/** [−1, 1] to uint8 pixels, rounded and clamped. */
export function fromUnitRange(values: Float32Array): Uint8Array {
  // A clamped array rounds to the nearest and turns NaN into 0.
  return new Uint8Array(Uint8ClampedArray.from(values, (value) => (value + 1) * 127.5).buffer);
}
