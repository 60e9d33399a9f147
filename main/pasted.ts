/** Images from the clipboard, kept as files so that they can be imported, and imported otherwise later. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../core/errors.ts';
import { exists, writeFileAtomic, writeProblem } from '../core/files.ts';

/** Larger ones are no screenshots. */
const MAX_BYTES = 256 * 2 ** 20;

/**
 * Writes a pasted image into the library's `pasted/`, named by the time.
 *
 * @returns its path
 * @throws UserError when it is too large, or the disk refuses
 */
export async function keepPasted(home: string, bytes: Uint8Array, now = new Date()): Promise<string> {
  if (bytes.length === 0) throw new UserError('The image in the clipboard is empty; copy it again.');
  if (bytes.length > MAX_BYTES) {
    throw new UserError(
      'The image in the clipboard has more than 256 MB; save it as a file and choose that.',
    );
  }
  const folder = path.join(home, 'pasted');
  try {
    await fs.mkdir(folder, { recursive: true });
  } catch (error) {
    throw writeProblem(error, 'pasted image', folder);
  }
  const stem = now.toISOString().slice(0, 19).replace('T', ' ').replaceAll(':', '.');
  const ending = endingOf(bytes);
  for (let number = 1; ; number++) {
    const target = path.join(folder, `${stem}${number === 1 ? '' : ` ${number}`}.${ending}`);
    if (await exists(target)) continue;
    await writeFileAtomic(target, bytes, 'pasted image');
    return target;
  }
}

/** For people only: readers go by the content. */
function endingOf(bytes: Uint8Array): string {
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return 'jpg';
  return bytes[0] === 0x47 && bytes[1] === 0x49 ? 'gif' : 'png';
}
