import { printable } from '../../printable.ts';

/** Larger images are refused before they are decoded, so that no file can use up the memory. */
export const MAX_PIXELS = 100_000_000;
/** As many bytes may the pixels take while they are decoded: those of the largest image at 8 bits a value. */
export const MAX_PIXEL_BYTES = 4 * MAX_PIXELS;
/** libvips handles rows as a whole, so one that is nearly all of the image takes many times its size. */
const MAX_SIDE = 1_000_000;

/** Why one file cannot be used, in few words: `30000 × 30000 pixels, more than …`. */
export class UnusableImage extends Error {
  override name = 'UnusableImage';

  constructor(message: string) {
    super(printable(message));
  }
}

/** @param reason what is wrong inside the file, in few words */
export function damaged(reason: string): UnusableImage {
  return new UnusableImage(`damaged or truncated (${reason})`);
}

/** The reason for whatever a decoder met where the file ends too early. */
export function endsEarly(): UnusableImage {
  return damaged('the file ends before its last pixel');
}

/** @throws UnusableImage when an image has no pixel, or too many to be decoded */
export function checkPixels(width: number, height: number): void {
  if (width * height > MAX_PIXELS) {
    throw new UnusableImage(`${width} × ${height} pixels, more than the ${MAX_PIXELS / 1e6} million allowed`);
  }
  if (Math.max(width, height) > MAX_SIDE) {
    throw new UnusableImage(
      `${width} × ${height} pixels, more than the ${MAX_SIDE / 1e6} million a side allowed`,
    );
  }
  if (width < 1 || height < 1) throw damaged(`its header says ${width} × ${height} pixels`);
}
