/** What processes that were killed have left behind. What one that still runs is writing is never touched. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { errorCode, exists, isTemporaryName, nameAside, temporaryBeside, visibleFolders } from './files.ts';
import { locksFolder } from './library-locks.ts';
import { datasetsFolder, runsFolder } from './library.ts';
import { tidyLocks } from './lock.ts';
import { TRASH } from './trash-folder.ts';
import { isOfDead, ownerInName } from './owner.ts';

/**
 * Removes the temporary files and folders in a folder whose process is gone, whatever their age: a clock may be set.
 * What was set aside for a new one that never came is put back. Never throws; what cannot be removed stays.
 */
export async function removeLeftOvers(folder: string): Promise<void> {
  const names = await fs.readdir(folder).catch(() => []);
  for (const name of names) {
    const left = path.join(folder, name);
    const target = nameAside(name);
    if (target !== null && (await isLeftOver(left)) && !(await exists(path.join(folder, target)))) {
      await fs.rename(left, path.join(folder, target)).catch(() => undefined);
    } else if ((target !== null || isTemporaryName(name)) && (await isLeftOver(left))) {
      await fs.rm(left, { recursive: true, force: true }).catch(() => undefined);
    }
  }
}

/**
 * What a move of the library whose process was killed has left beside it (core/move-library.ts): half a copy goes; where the
 * library itself is missing, its folder or the link to where it went takes its name. Never throws.
 */
export async function tidyBeside(home: string): Promise<void> {
  const folder = path.dirname(path.resolve(home));
  const begin = path.basename(temporaryBeside(home)).replace(/[0-9a-f]{8}\.[^.]*\.tmp$/, '');
  const names = await fs.readdir(folder).catch(() => []);
  const left: { file: string; isLink: boolean }[] = [];
  for (const name of names.filter((each) => each.startsWith(begin) && isTemporaryName(each))) {
    const file = path.join(folder, name);
    const stats = await fs.lstat(file).catch(() => null);
    if (stats !== null && isOfDead(name)) left.push({ file, isLink: stats.isSymbolicLink() });
  }
  // A folder first: a link is worth less than the library itself.
  for (const { file, isLink } of left.sort((a, b) => Number(a.isLink) - Number(b.isLink))) {
    const isMissing = (await fs.lstat(home).catch(() => null)) === null;
    const isWhole = !isLink || (await exists(file));
    if (isMissing && isWhole && (await exists(runsFolder(file)))) {
      await fs.rename(file, home).catch(() => undefined);
    } else await fs.rm(file, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** {@link removeLeftOvers} in all folders of a library; at the start of whatever is about to change it. */
export async function tidyLibrary(home: string): Promise<void> {
  await tidyBeside(home);
  const runs = await visibleFolders(runsFolder(home)).catch(() => []);
  const datasets = await visibleFolders(datasetsFolder(home)).catch(() => []);
  const folders = [
    ...[home, locksFolder(home), datasetsFolder(home), runsFolder(home)],
    ...['samples', 'experiments', 'pasted', 'classifiers'].map((name) => path.join(home, name)),
    path.join(datasetsFolder(home), TRASH),
    path.join(runsFolder(home), TRASH),
    ...datasets.map((name) => path.join(datasetsFolder(home), name)),
    ...runs.flatMap((id) =>
      ['', 'checkpoints', 'samples'].map((part) => path.join(runsFolder(home), id, part)),
    ),
  ];
  await Promise.all(folders.map(removeLeftOvers));
  tidyLocks(locksFolder(home));
}

async function isLeftOver(file: string): Promise<boolean> {
  const name = path.basename(file);
  return ownerInName(name) === null ? isOldLeftOver(file) : isOfDead(name);
}

const OwnerFileSchema = v.object({ pid: v.number(), host: v.string() });

/** Earlier versions wrote the process of an import into its folder, and said nothing of other processes. */
async function isOldLeftOver(folder: string): Promise<boolean> {
  try {
    const text = await fs.readFile(path.join(folder, 'owner.json'), 'utf8');
    const { pid, host } = v.parse(OwnerFileSchema, JSON.parse(text));
    // Of another computer that shares the disk nothing is known.
    return host === os.hostname() && !isRunning(pid);
  } catch {
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) !== 'ESRCH';
  }
}
