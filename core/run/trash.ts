/** Removed runs: kept in a hidden folder of the library until they are restored, or removed for good. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../errors.ts';
import { exists, makeFolder, writeProblem } from '../files.ts';
import { bytesIn } from '../folder-size.ts';
import { removeLeftOvers } from '../left-overs.ts';
import { lockRun, lockTrash } from '../library-locks.ts';
import { runFolder, runsFolder } from '../library.ts';
import { whileLocked } from '../lock.ts';
import { discardEntries, discardEntry, entriesOf, freeEntry, moveDurably, TRASH } from '../trash-folder.ts';

/** `<time of removal, milliseconds>-<number among those of that time>`; the run's folder lies in it under its own name. */
const TOKEN = /^(\d{1,15})-\d{1,6}$/;

/** A removed run. */
export interface TrashedRun {
  /** What {@link restoreRun} takes. */
  token: string;
  /** Id of the run. */
  id: string;
  /** ISO date and time. */
  removedAt: string;
  /** What removing it for good frees. */
  bytes: number;
}

function trashFolder(home: string): string {
  return path.join(runsFolder(home), TRASH);
}

/**
 * Moves a run, also a damaged one, to the library's trash.
 *
 * @returns what {@link restoreRun} takes
 * @throws UserError when there is none of that id, or it cannot be moved; (`busy`) when it is being trained or changed
 */
export async function removeRun(home: string, id: string): Promise<string> {
  const folder = runFolder(home, id);
  if (!(await exists(folder))) {
    throw new UserError(`There is no run "${id}" in ${home}; it may have been removed already.`, {
      code: 'not-found',
    });
  }
  return whileLocked(lockRun(home, id, 'is being removed'), async () => {
    const trash = trashFolder(home);
    try {
      const token = await freeEntry(trash, Date.now());
      await makeFolder(path.join(trash, token));
      await moveDurably(folder, path.join(trash, token, id));
      return token;
    } catch (error) {
      throw writeProblem(error, 'removed run', trash);
    }
  });
}

/** The runs in the trash with what they take, the last removed first. */
export async function listTrashedRuns(home: string): Promise<TrashedRun[]> {
  const tokens = await entriesOf(trashFolder(home));
  const found = await Promise.all(
    tokens.map(async (token): Promise<TrashedRun | null> => {
      const [, time] = TOKEN.exec(token) ?? [];
      const folder = path.join(trashFolder(home), token);
      const [id] = await fs.readdir(folder).catch(() => []);
      if (time === undefined || id === undefined) return null;
      const removedAt = new Date(Number(time)).toISOString();
      return { token, id, removedAt, bytes: await bytesIn(folder) };
    }),
  );
  return found.filter((run) => run !== null).sort((a, b) => b.removedAt.localeCompare(a.removedAt));
}

/**
 * Brings a removed run back.
 *
 * @returns its id
 * @throws UserError when it is not in the trash, there is a run of its id again, or it cannot be moved; (`busy`) while
 *   another process is at the trash
 */
export async function restoreRun(home: string, token: string): Promise<string> {
  return whileLocked(lockTrash(home, 'is being restored from'), async () => {
    const { id, folder } = await trashed(home, token);
    const target = runFolder(home, id);
    if (await exists(target)) {
      throw new UserError(`There is a run "${id}" in ${home} again; the removed one stays in the trash.`, {
        code: 'exists',
      });
    }
    try {
      await whileLocked(lockRun(home, id, 'is being restored'), () =>
        moveDurably(path.join(folder, id), target),
      );
      await fs.rm(folder, { recursive: true, force: true });
    } catch (error) {
      throw writeProblem(error, 'restored run', target);
    }
    return id;
  });
}

/** Removes a run of the trash for good. @throws UserError when it is not there, or cannot be removed; (`busy`) */
export async function discardRun(home: string, token: string): Promise<void> {
  await whileLocked(lockTrash(home, 'is being emptied'), async () =>
    discardEntry((await trashed(home, token)).folder),
  );
}

/**
 * Removes all runs of the trash for good.
 *
 * @returns how many
 * @throws UserError when one cannot be removed, after the others were; (`busy`) while another process is at the trash
 */
export async function emptyRunTrash(home: string): Promise<number> {
  return whileLocked(lockTrash(home, 'is being emptied'), async () => {
    const all = await listTrashedRuns(home);
    await removeLeftOvers(trashFolder(home));
    await discardEntries(all.map(({ token }) => path.join(trashFolder(home), token)));
    return all.length;
  });
}

/** @throws UserError when there is no such run in the trash */
async function trashed(home: string, token: string): Promise<{ id: string; folder: string }> {
  const folder = path.join(trashFolder(home), token);
  const [id] = TOKEN.test(token) ? await fs.readdir(folder).catch(() => []) : [];
  if (id !== undefined) return { id, folder };
  throw new UserError(
    `This run is not in the trash of ${home} any more; it may have been removed for good.`,
    {
      code: 'not-found',
    },
  );
}
