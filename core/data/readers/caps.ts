/**
 * Limits that keep memory bounded whatever a file says of itself. A source holds its list of names and a few windows of
 * 256 kB; each image that is under way adds at most one encoded file and its pixels (`MAX_PIXELS` × 4 bytes).
 */

const MB = 2 ** 20;

/** Largest encoded image file, also inside an archive. */
export const MAX_IMAGE_BYTES = 256 * MB;
/** Most files of a folder or entries of an archive: their names take about 200 bytes each. */
export const MAX_FILES = 2_000_000;
/** Most rows of an array or table, whose labels are held in memory. */
export const MAX_ROWS = 50_000_000;
/** Largest header of an npy file (NumPy itself writes less than 64 kB). */
export const MAX_NPY_HEADER_BYTES = MB;
/** Largest array in Fortran order that is held in memory where its file allows no jumps. */
export const MAX_HELD_ARRAY_BYTES = 512 * MB;
/** Largest table of contents of a Parquet file. */
export const MAX_PARQUET_FOOTER_BYTES = 256 * MB;
/** Largest page of a Parquet file, compressed and uncompressed; a writer's usual page has 1 MB. */
export const MAX_PAGE_BYTES = 512 * MB;
/** Most bytes of a compressed archive that are looked through before an import, to count its images. */
export const MAX_SCAN_BYTES = 256 * MB;
/** What a compressed stream may unpack to, as a multiple of its size, once it has unpacked to a gigabyte. */
export const MAX_RATIO = 200;
export const RATIO_COUNTS_FROM = 1024 * MB;
/** Largest image that is cut into tiles, in pixels. */
export const MAX_TILED_PIXELS = 1_000_000_000;
/** Pixels held at once while an image is cut into tiles, in bytes. */
export const MAX_BAND_BYTES = 128 * MB;

/** `268435456` → `256 MB`. */
export function inMegabytes(bytes: number): string {
  return `${Math.ceil(bytes / MB).toLocaleString('en-US')} MB`;
}

/** Smallest side of an image that is worth training on, in pixels. */
export const MIN_SIDE = 8;
