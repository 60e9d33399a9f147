/** The application's mark: four tiles that fade, as an image that dissolves into noise. Drawn, so that it fits any size. */

/** Between the accent of the light theme and that of the dark one, since nobody knows what is behind it. Red, green and blue. */
const ACCENT = [26, 148, 162] as const;
/** Opacity of the tiles, row by row. */
const TILES = [1, 0.7, 0.45, 0.22] as const;

/**
 * The mark as Electron's bitmaps are: blue, green, red and alpha, a byte each, row by row, colours times alpha.
 *
 * @param size width and height in pixels
 */
export function markBitmap(size: number): Uint8Array {
  const pixels = new Uint8Array(size * size * 4);
  const tile = Math.round((size * 4) / 9);
  const place = (at: number): number => (at < tile ? 0 : at >= size - tile ? 1 : -1);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const [row, column] = [place(y), place(x)];
      if (row < 0 || column < 0) continue;
      const alpha = TILES[row * 2 + column]!;
      const [red, green, blue] = ACCENT;
      pixels.set([blue * alpha, green * alpha, red * alpha, 255 * alpha].map(Math.round), (y * size + x) * 4);
    }
  }
  return pixels;
}
