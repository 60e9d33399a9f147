/** Moving the whole library to another folder, for instance on a larger disk. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from './errors.ts';
import {
  errorCode,
  exists,
  sha256OfFile,
  syncFolder,
  temporaryBeside,
  visibleFolders,
  writeProblem,
} from './files.ts';
import { lockDataset, lockRun, lockTrash } from './library-locks.ts';
import { datasetsFolder, runsFolder } from './library.ts';
import type { Lock } from './lock.ts';

/**
 * Moves a library. Where it was, a link to where it is now stays, so that all who know the old place find it. To another
 * disk it is copied and held to what it was, file by file, before the old one goes.
 *
 * @param to a folder that is not there yet
 * @throws UserError in one sentence: there is none, the target is taken, lies in it or its folder is missing, a run or
 *   data set is in use, no room; the signal's reason when aborted. The library is where it was then
 */
export async function moveLibrary(
  home: string,
  to: string,
  { signal }: { signal?: AbortSignal | undefined } = {},
): Promise<{ from: string; to: string }> {
  const from = path.resolve(home);
  const target = path.resolve(to);
  const found = await fs.lstat(from).catch(() => null);
  if (found === null || !(found.isDirectory() || found.isSymbolicLink())) {
    throw new UserError(`There is no library in ${from}; name the one to move with --home.`, {
      code: 'not-found',
    });
  }
  if (found.isSymbolicLink()) {
    throw new UserError(
      `${from} is a link to ${await fs.realpath(from)}, where the library is; move it from there with --home.`,
      { code: 'refused', file: from },
    );
  }
  if (`${target}${path.sep}`.startsWith(`${from}${path.sep}`)) {
    throw new UserError(`${target} lies in the library itself; give a folder outside of it.`, {
      code: 'usage',
    });
  }
  if (await exists(target)) {
    throw new UserError(`${target} is there already; give a folder that is not there yet.`, {
      ...{ code: 'exists', file: target },
    });
  }
  const locks: Lock[] = [];
  try {
    locks.push(lockTrash(from, 'is being moved'));
    for (const id of await foldersIn(runsFolder(from))) locks.push(lockRun(from, id, 'is being moved'));
    for (const name of await foldersIn(datasetsFolder(from))) {
      locks.push(lockDataset(from, name, 'is being moved'));
    }
    await move(from, target, signal);
  } catch (error) {
    throw writeProblem(error, 'library', target);
  } finally {
    // Through the link, where it was moved.
    for (const lock of locks) lock.release();
  }
  return { from, to: target };
}

async function foldersIn(folder: string): Promise<string[]> {
  return visibleFolders(folder).catch(() => []);
}

async function move(from: string, target: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await fs.rename(from, target);
  } catch (error) {
    if (errorCode(error) !== 'EXDEV') throw error;
    await copyAndCompare(from, target, signal);
  }
  try {
    await fs.symlink(target, from, 'junction');
  } catch (error) {
    // Without the link nobody would find it.
    await fs.rename(target, from).catch(() => undefined);
    throw error;
  }
  await syncFolder(path.dirname(from)).catch(() => undefined);
}

/** To another disk: copied beside the target, compared, given its name; then the old one goes. */
async function copyAndCompare(from: string, target: string, signal: AbortSignal | undefined): Promise<void> {
  const temporary = temporaryBeside(target);
  try {
    await fs.cp(from, temporary, { recursive: true, preserveTimestamps: true, errorOnExist: true });
    for (const name of await fs.readdir(from, { recursive: true })) {
      signal?.throwIfAborted();
      const source = path.join(from, name);
      if (!(await fs.lstat(source)).isFile()) continue;
      if ((await sha256OfFile(source)) === (await sha256OfFile(path.join(temporary, name)))) continue;
      throw new UserError(`The copy of ${source} is not what it should be; check the disk of ${target}.`, {
        ...{ code: 'unreadable', file: source },
      });
    }
    await fs.rename(temporary, target);
  } catch (error) {
    await fs.rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
  await fs.rm(from, { recursive: true, force: true });
}
