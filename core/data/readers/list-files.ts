import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { readProblem } from '../../files.ts';
import { MAX_FILES } from './caps.ts';
import { countOf, isClutter } from './words.ts';

/**
 * All files below a folder, as paths relative to it with `/` between their parts, in the order of their code
 * units. Hidden files and folders are left out; links are followed, but no folder is entered twice.
 *
 * @throws UserError when the folder cannot be read or has too many files; the signal's reason when it is aborted
 */
export async function listFiles(root: string, signal?: AbortSignal): Promise<string[]> {
  const files: string[] = [];
  const entered = new Set<string>();

  async function enter(relative: string): Promise<void> {
    signal?.throwIfAborted();
    const folder = path.join(root, relative);
    try {
      const real = await fs.realpath(folder);
      if (entered.has(real)) return;
      entered.add(real);
      for (const entry of await fs.readdir(folder, { withFileTypes: true })) {
        if (isClutter(entry.name)) continue;
        const below = relative === '' ? entry.name : `${relative}/${entry.name}`;
        const kind = entry.isSymbolicLink() ? await targetOf(path.join(root, below)) : entry;
        if (kind?.isDirectory()) await enter(below);
        else if (kind?.isFile()) files.push(below);
      }
    } catch (error) {
      throw readProblem(error, folder);
    }
    if (files.length > MAX_FILES) {
      throw new UserError(
        `${root} has more than ${countOf(MAX_FILES, 'file')}, too many to list; import its sub-folders one by one.`,
      );
    }
  }

  await enter('');
  return files.sort();
}

/** What a link leads to; null when it leads nowhere. */
async function targetOf(link: string): Promise<{ isDirectory(): boolean; isFile(): boolean } | null> {
  try {
    return await fs.stat(link);
  } catch {
    return null;
  }
}
