/** Names of the files in a data set's folder; what they hold is told in dataset.ts. */

export const RECORD_FILE = 'dataset.json';
export const PIXELS_FILE = 'pixels.u8';
/** SHA-256 of each block of the pixels, see blocks.ts. */
export const BLOCKS_FILE = 'pixels.sha256';
export const SPLIT_FILE = 'split.u8';
export const NAMES_FILE = 'names.jsonl';
export const SKIPPED_FILE = 'skipped.jsonl';
export const STATISTICS_FILE = 'statistics.json';
export const FLAGS_FILE = 'flags.json';

/** A label is stored in one byte up to so many classes, in two above. */
const BYTE_CLASSES = 256;
export const MAX_PACKED_CLASSES = 65_536;

/**
 * Name of the file with the labels, and the bytes of each.
 *
 * @param classes number of classes
 * @param unlabelled number of images without one: these have the number after the last class
 */
export function labelsFile(classes: number, unlabelled = 0): { name: string; bytes: 1 | 2 } {
  const values = classes + (unlabelled > 0 ? 1 : 0);
  return values <= BYTE_CLASSES ? { name: 'labels.u8', bytes: 1 } : { name: 'labels.u16', bytes: 2 };
}
