/** Removed data sets: kept in a hidden folder of the library until they are restored, or removed for good. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { exists, makeFolder, writeProblem } from '../files.ts';
import { bytesIn } from '../folder-size.ts';
import { removeLeftOvers } from '../left-overs.ts';
import { lockDataset, lockTrash } from '../library-locks.ts';
import { datasetFolder, datasetsFolder } from '../library.ts';
import { whileLocked } from '../lock.ts';
import { discardEntries, discardEntry, entriesOf, freeEntry, moveDurably, TRASH } from '../trash-folder.ts';
import { readRecordIn } from './catalogue.ts';
import { freeName } from './free-name.ts';

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
 * @throws UserError when there is none of that name, or it cannot be moved; (`busy`) when it is in use
 */
export async function removeDataset(home: string, name: string): Promise<TrashedDataset> {
  const folder = datasetFolder(home, name);
  if (!(await exists(folder))) {
    throw new UserError(`There is no data set "${name}" in ${home}.`, { code: 'not-found' });
  }
  const lock = lockDataset(home, name, 'is being removed', { freesRoom: true });
  return whileLocked(lock, () => moveToTrash(home, name));
}

async function moveToTrash(home: string, name: string): Promise<TrashedDataset> {
  const folder = datasetFolder(home, name);
  const now = Date.now();
  const trash = trashFolder(home);
  try {
    await makeFolder(trash);
    const id = await freeEntry(trash, now, `-${name}`);
    await moveDurably(folder, path.join(trash, id));
    return { id, name, removedAt: new Date(now).toISOString() };
  } catch (error) {
    throw writeProblem(error, 'removed data set', trash);
  }
}

/** What is in the trash, the last removed first. */
export async function listTrash(home: string): Promise<TrashedDataset[]> {
  return (await entriesOf(trashFolder(home)))
    .flatMap((id) => {
      const [, time, name] = ID.exec(id) ?? [];
      if (time === undefined || name === undefined) return [];
      return [{ id, name, removedAt: new Date(Number(time)).toISOString() }];
    })
    .sort((a, b) => (a.removedAt < b.removedAt ? 1 : a.removedAt > b.removedAt ? -1 : 0));
}

export interface WeighedDataset extends TrashedDataset {
  /** Number of images; null when it is damaged. */
  count: number | null;
  /** What removing it for good frees. Nothing for a data set that lies elsewhere: only the link to it goes. */
  bytes: number;
}

/** What is in the trash, the last removed first, with what it takes. */
export async function weighTrash(home: string): Promise<WeighedDataset[]> {
  return Promise.all(
    (await listTrash(home)).map(async (trashed) => {
      const folder = path.join(trashFolder(home), trashed.id);
      const record = await readRecordIn(folder).catch(() => null);
      return { ...trashed, count: record?.count ?? null, bytes: await bytesIn(folder) };
    }),
  );
}

/**
 * Brings a removed data set back, under a name like its own where that is taken by now.
 *
 * @returns its name
 * @throws UserError when it is not in the trash, or cannot be moved; (`busy`) when something is made of that name, or
 *   another process is at the trash
 */
export async function restoreDataset(home: string, id: string): Promise<string> {
  return whileLocked(lockTrash(home, 'is being restored from'), () => restore(home, id));
}

async function restore(home: string, id: string): Promise<string> {
  const { folder, name: own } = await trashed(home, id);
  const name = (await exists(datasetFolder(home, own))) ? await freeName(home, own) : own;
  const target = datasetFolder(home, name);
  try {
    const lock = lockDataset(home, name, 'is being restored');
    await whileLocked(lock, () => moveDurably(folder, target));
  } catch (error) {
    throw writeProblem(error, 'restored data set', target);
  }
  return name;
}

/** @throws UserError when there is no such data set in the trash */
async function trashed(home: string, id: string): Promise<{ folder: string; name: string }> {
  const name = ID.exec(id)?.[2];
  const folder = path.join(trashFolder(home), id);
  // A data set that lies elsewhere is there as a link, also while its disk is not.
  if (name === undefined || (await fs.lstat(folder).catch(() => null)) === null) {
    throw new UserError(`There is no "${id}" in the trash of ${home}; it may have been removed for good.`, {
      code: 'not-found',
    });
  }
  return { folder, name };
}

/**
 * Removes one data set of the trash for good.
 *
 * @throws UserError when it is not in the trash, or its folder cannot be removed; (`busy`) when another process is at
 *   the trash
 */
export async function discardDataset(home: string, id: string): Promise<void> {
  await whileLocked(lockTrash(home, EMPTIED), async () => discardEntry((await trashed(home, id)).folder));
}

const EMPTIED = 'is being emptied';

/**
 * Removes for good what has been in the trash for some time.
 *
 * @param olderThan milliseconds since the removal; 0 empties it
 * @returns number of data sets removed
 * @throws UserError when a folder cannot be removed, after the others were; (`busy`) when another process is at the
 *   trash
 */
export async function emptyTrash(home: string, olderThan = 0): Promise<number> {
  return whileLocked(lockTrash(home, EMPTIED), async () => {
    const now = Date.now();
    const all = await listTrash(home);
    // All of them also where the clock was ahead when one was removed.
    const old =
      olderThan === 0 ? all : all.filter(({ removedAt }) => now - Date.parse(removedAt) >= olderThan);
    await removeLeftOvers(trashFolder(home));
    await discardEntries(old.map(({ id }) => path.join(trashFolder(home), id)));
    return old.length;
  });
}
