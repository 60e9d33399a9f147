/** Larger images are refused before they are decoded, so that no file can use up the memory. */
export const MAX_PIXELS = 100_000_000;

/** Why one file cannot be used, in few words: `30000 × 30000 pixels, more than …`. */
export class UnusableImage extends Error {
  override name = 'UnusableImage';
}
