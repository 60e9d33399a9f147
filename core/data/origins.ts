import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { errorCode, readProblem } from '../files.ts';
import { readBytes } from '../read-file.ts';
import { countOf } from '../words.ts';

/** Files that the images of a data set came from, by the index of the image. */
export interface Origins {
  /** A path or an index within the source. */
  of(image: number): string;
}

const NEWLINE = 10;

/**
 * Reads `names.jsonl`, one JSON string a line. Names are taken out of it when they are asked for.
 *
 * @returns null when there is no such file, as with data sets of the first version
 * @throws UserError when it cannot be read or has another number of lines
 */
export async function readOrigins(file: string, count: number): Promise<Origins | null> {
  let bytes: Buffer;
  try {
    bytes = await readBytes(file);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return null;
    throw readProblem(error, file);
  }
  const ends = new Float64Array(count);
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0 && lines <= count; at = bytes.indexOf(NEWLINE, at + 1)) {
    ends[lines++] = at;
  }
  if (lines !== count) {
    throw new UserError(
      `${file} has ${countOf(lines, 'line')} for ${countOf(count, 'image')}; import the images again.`,
      { code: 'unreadable', file: file },
    );
  }
  return {
    of(image) {
      const start = image === 0 ? 0 : ends[image - 1]! + 1;
      try {
        return v.parse(v.string(), JSON.parse(bytes.toString('utf8', start, ends[image])));
      } catch {
        throw new UserError(`${file} is damaged in line ${image + 1}; import the images again.`, {
          code: 'unreadable',
          file: file,
        });
      }
    },
  };
}
