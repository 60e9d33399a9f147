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
  namesBelow,
} from './files.ts';
import { tidyBeside } from './left-overs.ts';
import { lockDataset, lockRun, lockTrash, refuseWhileOthersWork } from './library-locks.ts';
import { datasetsFolder, runsFolder } from './library.ts';
import type { Lock } from './lock.ts';
import { openToRead } from './read-file.ts';

export interface MoveOptions {
  signal?: AbortSignal | undefined;
  /** Told how many bytes are copied, or compared, of how many; only to another disk is there anything to tell. */
  onProgress?:
    ((progress: { phase: 'copying' | 'comparing'; done: number; total: number }) => void) | undefined;
}

/**
 * Moves a library. Where it was, a link to where it is now stays, so that all who know the old place find it; a link that
 * was given leads to the new place then too. To another disk it is copied and held to what it was, file by file, before the
 * old one goes.
 *
 * @param to a folder that is not there yet
 * @returns where it was and is, both without links
 * @throws UserError in one sentence: there is none, the target is taken, lies in it or its folder is missing, a run or
 *   data set is in use, no room; the signal's reason when aborted. The library is where it was then
 */
export async function moveLibrary(
  home: string,
  to: string,
  options: MoveOptions = {},
): Promise<{ from: string; to: string }> {
  const asked = path.resolve(home);
  const from = await fs.realpath(asked).catch(() => null);
  if (from === null || !(await fs.stat(from)).isDirectory()) {
    throw new UserError(`There is no library in ${asked}; name the one to move with --home.`, {
      code: 'not-found',
    });
  }
  const target = await withoutLinks(path.resolve(to));
  if (`${target}${path.sep}`.startsWith(`${from}${path.sep}`)) {
    throw new UserError(`${target} lies in the library itself; give a folder outside of it.`, {
      code: 'usage',
    });
  }
  if ((await fs.lstat(target).catch(() => null)) !== null) {
    throw new UserError(`${target} is there already; give a folder that is not there yet.`, {
      ...{ code: 'exists', file: target },
    });
  }
  const locks: Lock[] = [];
  try {
    refuseWhileOthersWork(from);
    locks.push(lockTrash(from, 'is being moved'));
    for (const id of await foldersIn(runsFolder(from))) locks.push(lockRun(from, id, 'is being moved'));
    for (const name of await foldersIn(datasetsFolder(from))) {
      locks.push(lockDataset(from, name, 'is being moved'));
    }
    await move(from, target, options);
  } catch (error) {
    throw writeProblem(error, 'library', target);
  } finally {
    // Through the link, where it was moved.
    for (const lock of locks) lock.release();
  }
  // The way that was given must not lead over a disk that may be taken away.
  if (from !== asked) await linkTo(asked, target).catch(() => undefined);
  return { from, to: target };
}

async function foldersIn(folder: string): Promise<string[]> {
  return visibleFolders(folder).catch(() => []);
}

/** As the system finds it; as it was given where its folder is not there. */
async function withoutLinks(file: string): Promise<string> {
  const folder = await fs.realpath(path.dirname(file)).catch(() => null);
  return folder === null ? file : path.join(folder, path.basename(file));
}

async function move(from: string, target: string, options: MoveOptions): Promise<void> {
  options.signal?.throwIfAborted();
  await Promise.all([from, target].map(tidyBeside));
  // Before all else: should the process be killed between two names, the next start finds by it where the library went.
  const link = await linkBeside(from, target);
  try {
    if (await renamed(from, target)) {
      // Without the link nobody would find it.
      await fs.rename(link, from).catch(async (error: unknown) => {
        await fs.rename(target, from).catch(() => undefined);
        throw error;
      });
    } else await moveToDisk(from, target, link, options);
  } finally {
    await fs.rm(link, { force: true });
  }
  await syncFolder(path.dirname(from)).catch(() => undefined);
}

/** @returns whether they are on one disk; else nothing was done */
async function renamed(from: string, target: string): Promise<boolean> {
  try {
    await fs.rename(from, target);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EXDEV') return false;
    throw error;
  }
}

async function linkBeside(from: string, target: string): Promise<string> {
  const link = temporaryBeside(from);
  await fs.symlink(target, link, 'junction');
  return link;
}

/** Lets a link lead elsewhere. */
async function linkTo(link: string, target: string): Promise<void> {
  const temporary = await linkBeside(link, target);
  try {
    await fs.rename(temporary, link);
  } catch (error) {
    await fs.rm(temporary, { force: true });
    throw error;
  }
}

/** To another disk: copied beside the target, compared, given its name; then the old one gives way to the link. */
async function moveToDisk(from: string, target: string, link: string, options: MoveOptions): Promise<void> {
  const temporary = temporaryBeside(target);
  const old = temporaryBeside(from);
  try {
    const entries = await entriesIn(from);
    await copy(from, temporary, entries, options);
    await compare(from, temporary, entries, options);
    const now = await entriesIn(from);
    const changed = changedIn(entries, now);
    if (changed !== null) {
      throw new UserError(
        `The library changed while it was copied (${changed}), so it stays in ${from}; try again when nothing works in it.`,
        { code: 'busy', file: path.join(from, changed) },
      );
    }
    options.signal?.throwIfAborted();
    await fs.rename(temporary, target);
  } catch (error) {
    await fs.rm(temporary, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
  try {
    await fs.rename(from, old);
    await fs.rename(link, from);
  } catch (error) {
    if (!(await exists(from))) await fs.rename(old, from).catch(() => undefined);
    await fs.rm(target, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
  // What cannot be removed now is left over from a process that is gone at the next start.
  await fs.rm(old, { recursive: true, force: true }).catch(() => undefined);
}

interface Entry {
  /** Below the library's folder. */
  name: string;
  kind: 'folder' | 'file' | 'link';
  size: number;
  modified: Date;
  mode: number;
}

/** All of a folder, folders before what is in them. Pipes and their kin are nothing that a library has. */
async function entriesIn(folder: string): Promise<Entry[]> {
  const found: Entry[] = [];
  for (const name of await namesBelow(folder)) {
    const stats = await fs.lstat(path.join(folder, name));
    const kind = stats.isDirectory() ? 'folder' : stats.isSymbolicLink() ? 'link' : 'file';
    if (kind === 'file' && !stats.isFile()) continue;
    found.push({ name, kind, size: stats.size, modified: stats.mtime, mode: stats.mode });
  }
  return found;
}

/** The first file that is another one by now, or is there in one of two lists only; null when all are the same. */
function changedIn(before: readonly Entry[], now: readonly Entry[]): string | null {
  const word = ({ kind, size, modified }: Entry): string =>
    kind === 'file' ? `${size} ${modified.getTime()}` : kind;
  const known = new Map(before.map((entry) => [entry.name, word(entry)]));
  for (const entry of now) {
    if (known.get(entry.name) !== word(entry)) return entry.name;
    known.delete(entry.name);
  }
  return [...known.keys()][0] ?? null;
}

function bytesOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { kind, size }) => sum + (kind === 'file' ? size : 0), 0);
}

async function copy(
  from: string,
  to: string,
  entries: readonly Entry[],
  { signal, onProgress }: MoveOptions,
): Promise<void> {
  const total = bytesOf(entries);
  let done = 0;
  await fs.mkdir(to);
  for (const { name, kind, mode, modified } of entries) {
    signal?.throwIfAborted();
    const [source, target] = [path.join(from, name), path.join(to, name)];
    if (kind === 'folder') await fs.mkdir(target, { mode });
    else if (kind === 'link') await fs.symlink(await fs.readlink(source), target);
    else {
      await copyFile(source, target, mode, (bytes) => {
        signal?.throwIfAborted();
        done += bytes;
        onProgress?.({ phase: 'copying', done, total });
      });
      await fs.utimes(target, modified, modified);
    }
  }
}

/** Bytes copied at once. */
const PIECE = 1 << 22;

async function copyFile(
  source: string,
  target: string,
  mode: number,
  tell: (bytes: number) => void,
): Promise<void> {
  const input = await openToRead(source);
  const output = await fs.open(target, 'wx', mode).catch(async (error: unknown) => {
    await input.close();
    throw error;
  });
  try {
    const piece = Buffer.allocUnsafe(PIECE);
    for (;;) {
      const { bytesRead } = await input.read(piece, 0, PIECE);
      if (bytesRead === 0) break;
      await output.writeFile(piece.subarray(0, bytesRead));
      tell(bytesRead);
    }
    await output.sync();
  } finally {
    await input.close();
    await output.close();
  }
}

/** Holds the copy, as the disk has it, to what it was made of. */
async function compare(
  from: string,
  to: string,
  entries: readonly Entry[],
  { signal, onProgress }: MoveOptions,
): Promise<void> {
  const total = bytesOf(entries);
  let done = 0;
  for (const { name, kind, size } of entries) {
    if (kind !== 'file') continue;
    signal?.throwIfAborted();
    const source = path.join(from, name);
    if ((await sha256OfFile(source)) !== (await sha256OfFile(path.join(to, name)))) {
      throw new UserError(`The copy of ${source} is not what it should be; check the disk of ${to}.`, {
        ...{ code: 'unreadable', file: source },
      });
    }
    done += size;
    onProgress?.({ phase: 'comparing', done, total });
  }
}
