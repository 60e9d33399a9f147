/** What holds for the entries of zip and tar archives alike. */
import { HEAD_BYTES, imageFormat, notAnImage } from '../decode/format.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { SMALL, tooLarge } from './image-file.ts';
import { MAX_IMAGE_BYTES } from './caps.ts';
import { formatByName } from './words.ts';

/** Why an entry is left out by its name alone, in few words; null when it may stay. Nothing is ever unpacked to disk. */
export function nameProblem(name: string): string | null {
  if (name === '' || name.includes('\0')) return 'its name is no file name';
  if (/^(?:\/|[A-Za-z]:)/.test(name)) return 'its name is an absolute path';
  if (name.split('/').includes('..')) return 'its name leads out of the archive';
  return null;
}

/**
 * Reads an entry if it is an image of bounded size. Large entries, and those whose name promises no image, are looked at
 * first, so that a large file of another kind is not read.
 *
 * @param read the whole entry, or its first bytes
 * @throws UnusableImage
 */
export async function readEntry(
  name: string,
  size: number,
  read: (length: number) => Promise<Uint8Array>,
): Promise<Uint8Array> {
  if (formatByName(name) === null || size > SMALL) {
    const head = await read(Math.min(size, HEAD_BYTES));
    if (size > 0 && imageFormat(head) === null) throw new UnusableImage(notAnImage(head));
  }
  if (size > MAX_IMAGE_BYTES) throw tooLarge(size);
  return read(size);
}
