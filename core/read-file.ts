/**
 * Opening files that somebody named, or that lie where anybody may put something. Opening a pipe would wait for whoever
 * writes into it, for ever if nobody does, and opening a device may do something: only files are opened.
 */
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import { UserError } from './errors.ts';

/** A path; bytes where it is not UTF-8. */
type FilePath = string | Uint8Array;

// Should a pipe come in a file's place between the look and the opening, it is not waited for. Windows has no such flags: undefined counts as 0.
const FLAGS = fs.constants.O_RDONLY | fs.constants.O_NONBLOCK | fs.constants.O_NOCTTY;

/** What something that is neither a file nor a folder is, in words; null for these. */
export function otherKind(found: fs.Stats): string | null {
  if (found.isFile() || found.isDirectory()) return null;
  if (found.isFIFO()) return 'a pipe';
  if (found.isSocket()) return 'a socket';
  if (found.isBlockDevice()) return 'a disk';
  return found.isCharacterDevice() ? 'a device' : 'something else';
}

/** @throws UserError for a pipe and its kin; EISDIR for a folder, as reading it would */
function checkKind(file: FilePath, found: fs.Stats): void {
  const kind = otherKind(found);
  if (kind !== null) {
    const name = typeof file === 'string' ? file : Buffer.from(file).toString();
    throw new UserError(`${name} is ${kind}, not a file; give a file.`, { code: 'unreadable', file: name });
  }
  if (found.isDirectory()) {
    throw Object.assign(new Error('EISDIR: illegal operation on a directory, read'), { code: 'EISDIR' });
  }
}

/** Refuses a pipe and its kin before something else than these functions opens it; nothing there is no matter. */
export function refuseOtherKinds(file: string): void {
  const found = fs.statSync(file, { throwIfNoEntry: false });
  if (found !== undefined) checkKind(file, found);
}

function pathOf(file: FilePath): string | Buffer {
  return typeof file === 'string' ? file : Buffer.from(file);
}

/**
 * Opens a file for reading.
 *
 * @throws UserError when it is a pipe, a socket or a device; else what the system says
 */
export async function openToRead(file: FilePath): Promise<fsp.FileHandle> {
  checkKind(file, await fsp.stat(pathOf(file)));
  const handle = await fsp.open(pathOf(file), FLAGS);
  try {
    checkKind(file, await handle.stat());
  } catch (error) {
    await handle.close();
    throw error;
  }
  return handle;
}

/** {@link openToRead} at once. @returns the descriptor and how many bytes there are */
export function openToReadSync(file: FilePath): { descriptor: number; size: number } {
  checkKind(file, fs.statSync(pathOf(file)));
  const descriptor = fs.openSync(pathOf(file), FLAGS);
  try {
    const found = fs.fstatSync(descriptor);
    checkKind(file, found);
    return { descriptor, size: found.size };
  } catch (error) {
    fs.closeSync(descriptor);
    throw error;
  }
}

/** All bytes of a file; throws as {@link openToRead}. */
export async function readBytes(file: FilePath): Promise<Buffer> {
  const handle = await openToRead(file);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** A file of UTF-8; throws as {@link openToRead}. */
export async function readText(file: FilePath): Promise<string> {
  return (await readBytes(file)).toString('utf8');
}
