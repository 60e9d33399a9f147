/** Removed data sets: kept in a hidden folder of the library until they are restored, or removed for good. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { errorCode, exists, readProblem, syncFolder, writeProblem } from '../files.ts';
import { datasetFolder, datasetsFolder } from '../library.ts';
import { freeName } from './free-name.ts';

/** Below the folder of data sets, so that moving there is renaming; hidden, so that it is not listed. */
const TRASH = '.trash';
/** `<time of removal, milliseconds>-<number among those of that time>-<name>` */
const ID = /^(\d{1,15})-\d{1,6}-([A-Za-z0-9][A-Za-z0-9._ -]{0,63})$/;

export interface TrashedDataset {
  id: string;
  name: string;
  /** ISO date and time. */
  removedAt: string;
}

function trashFolder(home: string): string {
  return path.join(datasetsFolder(home), TRASH);
}

/**
 * Moves a data set, also a damaged one, to the library's trash.
 *
 * @returns what {@link restoreDataset} takes
 * @throws UserError when there is none of that name, or it cannot be moved
 */
export async function removeDataset(home: string, name: string): Promise<TrashedDataset> {
  const folder = datasetFolder(home, name);
  if (!(await exists(folder))) throw new UserError(`There is no data set "${name}" in ${home}.`);
  const now = Date.now();
  const trash = trashFolder(home);
  try {
    await fs.mkdir(trash, { recursive: true });
    let id = `${now}-1-${name}`;
    for (let number = 2; await exists(path.join(trash, id)); number++) id = `${now}-${number}-${name}`;
    await move(folder, path.join(trash, id));
    return { id, name, removedAt: new Date(now).toISOString() };
  } catch (error) {
    throw writeProblem(error, 'removed data set', trash);
  }
}

/** What is in the trash, the last removed first. */
export async function listTrash(home: string): Promise<TrashedDataset[]> {
  let names: string[];
  try {
    names = await fs.readdir(trashFolder(home));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw readProblem(error, trashFolder(home));
  }
  return names
    .flatMap((id) => {
      const [, time, name] = ID.exec(id) ?? [];
      if (time === undefined || name === undefined) return [];
      return [{ id, name, removedAt: new Date(Number(time)).toISOString() }];
    })
    .sort((a, b) => (a.removedAt < b.removedAt ? 1 : a.removedAt > b.removedAt ? -1 : 0));
}

/**
 * Brings a removed data set back, under a name like its own where that is taken by now.
 *
 * @returns its name
 * @throws UserError when it is not in the trash, or cannot be moved
 */
export async function restoreDataset(home: string, id: string): Promise<string> {
  const own = ID.exec(id)?.[2];
  const folder = path.join(trashFolder(home), id);
  if (own === undefined || !(await exists(folder))) {
    throw new UserError(`There is no "${id}" in the trash of ${home}; it may have been removed for good.`);
  }
  const name = (await exists(datasetFolder(home, own))) ? await freeName(home, own) : own;
  const target = datasetFolder(home, name);
  try {
    await move(folder, target);
  } catch (error) {
    throw writeProblem(error, 'restored data set', target);
  }
  return name;
}

/**
 * Removes for good what has been in the trash for some time.
 *
 * @param olderThan milliseconds since the removal; 0 empties it
 * @returns number of data sets removed
 * @throws UserError when a folder cannot be removed
 */
export async function emptyTrash(home: string, olderThan = 0): Promise<number> {
  const now = Date.now();
  const old = (await listTrash(home)).filter(({ removedAt }) => now - Date.parse(removedAt) >= olderThan);
  for (const { id } of old) {
    const folder = path.join(trashFolder(home), id);
    try {
      await fs.rm(folder, { recursive: true, force: true });
    } catch (error) {
      throw writeProblem(error, 'emptied trash', folder);
    }
  }
  return old.length;
}

async function move(from: string, to: string): Promise<void> {
  await fs.rename(from, to);
  await syncFolder(path.dirname(from));
  await syncFolder(path.dirname(to));
}
