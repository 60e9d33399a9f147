/** Reading one image file of the disk. */
import fs from 'node:fs';
import { UserError } from '../../errors.ts';
import { errorCode } from '../../files.ts';
import { openToReadSync } from '../../read-file.ts';
import { HEAD_BYTES, imageFormat, notAnImage } from '../decode/format.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { inMegabytes, MAX_IMAGE_BYTES } from './caps.ts';

/** Larger files are read only when their first bytes are those of an image. */
export const SMALL = 2 ** 20;

const REASONS: Readonly<Partial<Record<string, string>>> = {
  ENOENT: 'it is gone',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EISDIR: 'it is a folder',
  EIO: 'the disk reported an error',
  EMFILE: 'too many files are open',
};

/**
 * Reads an image file whole. Synchronous, because for small files the four asynchronous calls take several times as
 * long as the reading; a worker may call it.
 *
 * @param file its path; bytes where the path is not UTF-8
 * @throws UnusableImage when it cannot be read, is no image or is larger than `MAX_IMAGE_BYTES`
 */
export function readImageFile(file: string | Uint8Array): Uint8Array {
  let descriptor: number | null = null;
  try {
    const opened = openToReadSync(file);
    descriptor = opened.descriptor;
    const { size } = opened;
    if (size > SMALL) {
      const head = new Uint8Array(HEAD_BYTES);
      fs.readSync(descriptor, head, 0, HEAD_BYTES, 0);
      if (imageFormat(head) === null) throw new UnusableImage(notAnImage(head));
      if (size > MAX_IMAGE_BYTES) throw tooLarge(size);
    }
    const bytes = new Uint8Array(size);
    let have = 0;
    while (have < size) {
      const read = fs.readSync(descriptor, bytes, have, size - have, have);
      if (read === 0) break;
      have += read;
    }
    return bytes.subarray(0, have);
  } catch (error) {
    if (error instanceof UserError) throw new UnusableImage('is no file');
    const code = errorCode(error);
    if (code === null) throw error;
    throw new UnusableImage(cannotBeRead(code));
  } finally {
    if (descriptor !== null) fs.closeSync(descriptor);
  }
}

/** The reason for leaving out what the system refuses to read. */
export function cannotBeRead(code: string): string {
  return `cannot be read (${REASONS[code] ?? code})`;
}

/** The reason for leaving out a file of so many bytes. */
export function tooLarge(size: number): UnusableImage {
  return new UnusableImage(`${inMegabytes(size)}, more than the ${inMegabytes(MAX_IMAGE_BYTES)} allowed`);
}
