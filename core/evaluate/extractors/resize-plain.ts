/** Bilinear resizing without antialiasing: each new pixel is made of the four old ones around its place. */
import type { Plane } from '../../data/import/resample.ts';

/**
 * Where a new pixel's place lies among the old ones.
 * - `half-pixel`: pixels are areas and keep their centres, as PyTorch's `interpolate(…, align_corners=False)` has it
 * - `corner`: pixels are points and the first ones coincide, as TensorFlow 1's `resize_bilinear` has it
 */
export type Centres = 'half-pixel' | 'corner';

interface Place {
  low: number;
  high: number;
  /** Weight of the higher one. */
  part: number;
}

function places(from: number, to: number, centres: Centres): Place[] {
  // Both libraries compute in single precision.
  const scale = Math.fround(from / to);
  return Array.from({ length: to }, (_, i) => {
    const at =
      centres === 'corner'
        ? Math.fround(i * scale)
        : Math.max(0, Math.fround(Math.fround(scale * Math.fround(i + 0.5)) - 0.5));
    const low = Math.min(Math.floor(at), from - 1);
    return { low, high: Math.min(low + 1, from - 1), part: Math.fround(at - low) };
  });
}

/** @returns size × size × channels numbers from 0 to 255 */
export function resizePlain(
  { height, width, channels, data }: Plane,
  size: number,
  centres: Centres,
): Float32Array {
  const result = new Float32Array(size * size * channels);
  const across = places(width, size, centres);
  let at = 0;
  for (const { low: top, high: bottom, part: down } of places(height, size, centres)) {
    for (const { low, high, part } of across) {
      for (let c = 0; c < channels; c++) {
        const a = data[(top * width + low) * channels + c]!;
        const b = data[(top * width + high) * channels + c]!;
        const d = data[(bottom * width + low) * channels + c]!;
        const e = data[(bottom * width + high) * channels + c]!;
        const upper = a + (b - a) * part;
        const lower = d + (e - d) * part;
        result[at++] = upper + (lower - upper) * down;
      }
    }
  }
  return result;
}
