/** What the trashes of data sets and of runs do alike: a hidden folder whose entries are named after when they were removed. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { errorCode, exists, readProblem, syncFolder, temporaryBeside, writeProblem } from './files.ts';

/** Name of the folder below that of data sets or runs, so that moving there is renaming; hidden, so that it is not listed. */
export const TRASH = '.trash';

/**
 * A name that the trash has not yet: `<milliseconds>-<number among those of that time>`, and what comes after it.
 *
 * @param now milliseconds since 1970
 */
export async function freeEntry(trash: string, now: number, after = ''): Promise<string> {
  for (let number = 1; ; number++) {
    const entry = `${now}-${number}${after}`;
    if (!(await exists(path.join(trash, entry)))) return entry;
  }
}

/** Names in a trash; none where there is no trash yet. @throws UserError when it cannot be read */
export async function entriesOf(trash: string): Promise<string[]> {
  try {
    return await fs.readdir(trash);
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw readProblem(error, trash);
  }
}

/** Renames, for good also where the power fails afterwards. @throws the file system's error */
export async function moveDurably(from: string, to: string): Promise<void> {
  await fs.rename(from, to);
  // It is done, and must not be told as failed.
  for (const folder of [path.dirname(from), path.dirname(to)])
    await syncFolder(folder).catch(() => undefined);
}

/** Removes an entry of a trash for good. @throws UserError when it cannot be removed; it is still there then */
export async function discardEntry(folder: string): Promise<void> {
  // Half of it is nothing: killed in between, what is left goes at the next start.
  const going = temporaryBeside(folder);
  try {
    await fs.rename(folder, going);
    await fs.rm(going, { recursive: true, force: true });
  } catch (error) {
    // What could not be removed is still to be seen.
    await fs.rename(going, folder).catch(() => undefined);
    throw writeProblem(error, 'emptied trash', folder);
  }
}

/** {@link discardEntry} for several. @throws UserError of the first that cannot be removed, after the others were */
export async function discardEntries(folders: readonly string[]): Promise<void> {
  const problems: unknown[] = [];
  for (const folder of folders) {
    await discardEntry(folder).catch((problem: unknown) => problems.push(problem));
  }
  if (problems.length > 0) throw problems[0];
}
