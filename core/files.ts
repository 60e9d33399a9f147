/** Durable writing, and the sentences for what a file system can refuse. */
import { existsSync, mkdirSync, readdirSync, rmSync, statSync } from 'node:fs';
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createHash, randomBytes } from 'node:crypto';
import { UserError } from './errors.ts';
import { isOfDead, ownerTag } from './owner.ts';
import { openToRead } from './read-file.ts';

/** The `code` of a Node system error, or null for anything else. */
export function errorCode(error: unknown): string | null {
  if (error instanceof UserError) return null;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code;
  return null;
}

const WRITE_REASONS: Record<string, string> = {
  ENOSPC: 'the disk is full; free some space and try again',
  EDQUOT: 'your disk quota is used up; free some space and try again',
  EACCES: 'permission is denied; choose a folder you may write to',
  EPERM: 'permission is denied; choose a folder you may write to',
  EROFS: 'the disk is read-only; choose another folder',
  ENOENT: 'its folder does not exist; choose another one',
  ENOTDIR: 'a part of the path is a file, not a folder; choose another folder',
  EEXIST: 'something else with that name is there already; choose another one',
  ENOTEMPTY: 'something else with that name is there already; choose another one',
  EISDIR: 'a folder of that name is there; choose another name',
  ENAMETOOLONG: 'the name is too long; choose a shorter one',
  EMFILE: 'too many files are open; close other programs and try again',
  EFBIG: 'the file would be too large for this disk; choose another disk',
  EIO: 'the disk reported an error; check the disk',
};

const READ_REASONS: Record<string, string> = {
  ENOENT: 'does not exist; check the path',
  ENOTDIR: 'does not exist; check the path',
  EACCES: 'cannot be read: permission is denied; check its permissions',
  EPERM: 'cannot be read: permission is denied; check its permissions',
  EISDIR: 'is a folder where a file is expected; check the path',
  EMFILE: 'cannot be read: too many files are open; close other programs and try again',
  EIO: 'cannot be read: the disk reported an error; check the disk',
  ELOOP: 'cannot be read: its links form a loop; check the path',
  ENAMETOOLONG: 'has a longer name than any file; check the path',
};

/**
 * What to throw when writing `target` failed.
 *
 * @param what in words, `checkpoint` for instance; the sentence begins with it
 * @returns a {@link UserError} for errors of the file system, else the error itself
 */
export function writeProblem(error: unknown, what: string, target: string): Error {
  const code = errorCode(error);
  if (code !== null && error instanceof Error) {
    const reason = WRITE_REASONS[code] ?? `the system reported ${code}`;
    return new UserError(`The ${what} could not be written to ${target}: ${reason}.`, {
      code: 'unwritable',
      file: target,
      cause: error,
    });
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** What to throw when reading `target` failed; as {@link writeProblem}. */
export function readProblem(error: unknown, target: string): Error {
  const code = errorCode(error);
  if (code !== null && error instanceof Error) {
    return new UserError(
      `${target} ${READ_REASONS[code] ?? `cannot be read: the system reported ${code}`}.`,
      {
        code: code === 'ENOENT' || code === 'ENOTDIR' ? 'not-found' : 'unreadable',
        file: target,
        cause: error,
      },
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}

/** Makes the entries of a folder durable. A no-op where the system has no such call (Windows). */
export async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await fs.open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Makes a folder and those above it. Node's own `recursive` goes on for ever where a folder's parent is there and
 * refuses with ENOENT all the same, as /proc does.
 * @param mode permissions of the folders that are made
 */
export function makeFolderSync(folder: string, mode = 0o777): void {
  const missing: string[] = [];
  for (let at = path.resolve(folder); !existsSync(at); at = path.dirname(at)) {
    missing.push(at);
    // The drive itself is missing.
    if (path.dirname(at) === at) break;
  }
  for (const one of missing.reverse()) {
    try {
      mkdirSync(one, { mode });
    } catch (error) {
      // Another process may have been faster.
      if (errorCode(error) !== 'EEXIST') throw error;
    }
  }
  // Says that something else is there.
  if (!statSync(folder).isDirectory()) mkdirSync(folder);
}

/** As {@link makeFolderSync}. */
export async function makeFolder(folder: string): Promise<void> {
  const found = await fs.stat(folder).catch(() => null);
  if (found?.isDirectory() !== true) makeFolderSync(folder);
}

/**
 * A name for a temporary file or folder beside `target`; such names begin with a dot, tell which process they belong
 * to, and end in `.tmp`.
 */
export function temporaryBeside(target: string): string {
  const random = randomBytes(4).toString('hex');
  return path.join(path.dirname(target), `.${beginning(path.basename(target))}-${random}.${ownerTag()}.tmp`);
}

/** No more of a name than leaves room for what is put behind it: systems take 255 bytes, some 143. */
function beginning(name: string): string {
  let kept = '';
  for (const character of name) {
    if (Buffer.byteLength(kept + character) > 64) break;
    kept += character;
  }
  return kept;
}

/**
 * A name beside `target` for what is moved out of its way. It is put back at the next start when nothing comes in its
 * place, see left-overs.ts.
 */
function asideBeside(target: string): string {
  return path.join(path.dirname(target), `.${path.basename(target)}.${ownerTag()}.aside`);
}

/** The name that something has to get back, by the name it has aside; null for other names. */
export function nameAside(name: string): string | null {
  return /^\.(.+)\.p[0-9a-z-]+\.aside$/.exec(name)?.[1] ?? null;
}

export function isTemporaryName(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.tmp');
}

/**
 * Makes a file or a folder so that its name has either the old or the whole new content, also after a power cut.
 *
 * @param what in words, for the sentence when it fails
 * @param make makes it under a temporary name beside the target, flushed where that matters; an older folder must be
 *   out of the way or empty, see {@link replaceFolder}
 * @returns what `make` gave
 * @throws UserError when the file system refuses, or what `make` threw; nothing is left behind then
 */
export async function makeWhole<T>(
  target: string,
  what: string,
  make: (temporary: string) => Promise<T>,
): Promise<T> {
  const temporary = temporaryBeside(target);
  try {
    removeAbandoned(target);
    const made = await make(temporary);
    // Windows does not rename a folder onto an empty one.
    if ((await fs.stat(temporary)).isDirectory()) await fs.rmdir(target).catch(() => undefined);
    await fs.rename(temporary, target);
    await syncFolder(path.dirname(target));
    return made;
  } catch (error) {
    await fs.rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw writeProblem(error, what, target);
  }
}

/** Removes what processes that were killed while they made `target` have left beside it. Never throws. */
export function removeAbandoned(target: string): void {
  const folder = path.dirname(target);
  const begin = `.${beginning(path.basename(target))}-`;
  try {
    for (const name of readdirSync(folder)) {
      if (!name.startsWith(begin) || !isTemporaryName(name) || !isOfDead(name)) continue;
      rmSync(path.join(folder, name), { recursive: true, force: true });
    }
  } catch {
    // What cannot be removed stays.
  }
}

/** {@link makeWhole} for a file with this content. */
export async function writeFileAtomic(
  target: string,
  data: string | Uint8Array,
  what = 'file',
): Promise<void> {
  await makeWhole(target, what, (temporary) => writeNewFile(temporary, data));
}

/** Writes a file that is not there yet, and flushes it. */
export async function writeNewFile(file: string, data: string | Uint8Array): Promise<void> {
  await fillNewFile(file, (handle) => handle.writeFile(data));
}

/** Opens a file that is not there yet, lets it be filled, flushes and closes it. */
export async function fillNewFile<T>(file: string, fill: (handle: fs.FileHandle) => Promise<T>): Promise<T> {
  const handle = await fs.open(file, 'wx');
  try {
    const filled = await fill(handle);
    await handle.sync();
    return filled;
  } finally {
    await handle.close();
  }
}

/**
 * Renames a finished folder to its name. A folder cannot be renamed onto a full one, so an older one of that name is set
 * aside until the moment the new one is there, and brought back when that fails.
 *
 * @param aside where; after a power cut between the two renames the older one is found there
 */
export async function replaceFolder(
  finished: string,
  target: string,
  aside = asideBeside(target),
): Promise<void> {
  const older = await exists(target);
  if (older) {
    await fs.rm(aside, { recursive: true, force: true });
    await fs.rename(target, aside);
  }
  try {
    await fs.rename(finished, target);
  } catch (error) {
    if (older) await fs.rename(aside, target);
    throw error;
  }
  await syncFolder(path.dirname(target));
  // It is done; an old folder too many is no failure of it.
  await fs.rm(aside, { recursive: true, force: true }).catch(() => undefined);
}

/** The SHA-256 of a file's bytes, in hexadecimal digits. @throws UserError when it cannot be read */
export async function sha256OfFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    const handle = await openToRead(file);
    for await (const chunk of handle.createReadStream({ highWaterMark: 1 << 20 }))
      hash.update(chunk as Buffer);
  } catch (error) {
    throw readProblem(error, file);
  }
  return hash.digest('hex');
}

/**
 * A path with a `~` at its beginning written out, as shells do it.
 *
 * @throws UserError when it has one and `HOME` is empty
 */
export function expandTilde(file: string, userHome = os.homedir()): string {
  if (!/^~(?=$|[\\/])/.test(file)) return file;
  if (userHome !== '') return path.join(userHome, file.slice(1));
  throw new UserError(
    `${file} begins in your home folder, but the environment variable HOME is empty; set it, or give the whole path.`,
    { code: 'not-found', file },
  );
}

/** True for a folder, and for a link to one. */
export async function isFolder(target: string): Promise<boolean> {
  const found = await fs.stat(target).catch(() => null);
  return found?.isDirectory() === true;
}

/** True when something of that path is there (a dangling link is not). */
export async function exists(target: string): Promise<boolean> {
  try {
    await fs.stat(target);
    return true;
  } catch {
    return false;
  }
}

/**
 * Names of the folders in a folder, and of links in it if they are wanted too, wherever they lead; sorted. Hidden (so
 * also temporary) ones are left out; none when there is no such folder.
 */
export async function visibleFolders(folder: string, { links = false } = {}): Promise<string[]> {
  try {
    const entries = await fs.readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory() || (links && entry.isSymbolicLink()))
      .map((entry) => entry.name)
      .filter((name) => !name.startsWith('.'))
      .sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return [];
    throw readProblem(error, folder);
  }
}

/**
 * Names of all that is below a folder, relative to it and sorted, folders before what is in them; links are not followed.
 * Folder by folder: the Node.js of older Electrons lists none below, whatever `recursive` says.
 */
export async function namesBelow(folder: string): Promise<string[]> {
  const entries = await fs.readdir(folder, { withFileTypes: true });
  const below = await Promise.all(
    entries.map(async (entry) => {
      if (!entry.isDirectory()) return [entry.name];
      const names = await namesBelow(path.join(folder, entry.name));
      return [entry.name, ...names.map((name) => path.join(entry.name, name))];
    }),
  );
  return below.flat().sort();
}
