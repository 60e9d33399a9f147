/** DINOv2's positions for another number of patches than it was trained with. */

/** The published code adds it to the number of patches before it divides, against a rounding error. */
const OFFSET = 0.1;
/** PyTorch's bicubic kernel. */
const A = -0.75;

/**
 * Resizes a grid of vectors as PyTorch's `interpolate(…, scale_factor=(to + 0.1) / from, mode='bicubic')` does without
 * antialiasing, which is how `interpolate_pos_encoding` calls it: places follow from the factor, not from the sizes.
 *
 * @param values from × from × width
 * @returns to × to × width
 */
export function resizedPositions(
  values: Float32Array,
  from: number,
  to: number,
  width: number,
): Float32Array {
  const taps = Array.from({ length: to }, (_, i) => tapsAt(i, from / (to + OFFSET)));
  const inside = (place: number): number => Math.min(Math.max(place, 0), from - 1);
  const result = new Float32Array(to * to * width);
  taps.forEach((down, y) => {
    taps.forEach((across, x) => {
      for (let k = 0; k < width; k++) {
        let sum = 0;
        for (let i = 0; i < 4; i++) {
          const row = inside(down.first + i) * from;
          let line = 0;
          for (let j = 0; j < 4; j++) {
            line += across.weights[j]! * values[(row + inside(across.first + j)) * width + k]!;
          }
          sum += down.weights[i]! * line;
        }
        result[(y * to + x) * width + k] = sum;
      }
    });
  });
  return result;
}

/** The first of the four places that a new one is made of, and their weights (Keys 1981). */
function tapsAt(place: number, scale: number): { first: number; weights: number[] } {
  const at = (place + 0.5) * scale - 0.5;
  const low = Math.floor(at);
  const part = at - low;
  const near = (x: number): number => ((A + 2) * x - (A + 3)) * x * x + 1;
  const far = (x: number): number => ((A * x - 5 * A) * x + 8 * A) * x - 4 * A;
  return { first: low - 1, weights: [far(part + 1), near(part), near(1 - part), far(2 - part)] };
}
