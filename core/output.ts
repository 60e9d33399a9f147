/**
 * Files and folders that a person asked for, in a place of their own choice. Nothing is replaced unasked, and nothing
 * but a plain file ever: no folder, no link or what it leads to, no disk. What takes bytes as they come (`/dev/null`, a
 * pipe that somebody reads) gets them and stays what it is.
 */
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { UserError } from './errors.ts';
import {
  errorCode,
  fillNewFile,
  makeWhole,
  removeAbandoned,
  syncFolder,
  temporaryBeside,
  writeProblem,
} from './files.ts';

export interface OutputOptions {
  /** Replace a file of that name. Default: refuse it. */
  force?: boolean | undefined;
}

/** What is at a target. */
type Place =
  | { kind: 'new' }
  | { kind: 'file' }
  /** Bytes can be put into it; by the number of one of our own descriptors, or by its path. */
  | { kind: 'stream'; descriptor: number | null };

/** Paths that name a descriptor of the process itself. */
const DESCRIPTOR = /^\/(?:dev\/(?:(stdin|stdout|stderr)|fd\/(\d{1,4}))|proc\/self\/fd\/(\d{1,4}))$/;
const STANDARD = ['stdin', 'stdout', 'stderr'];
const STANDARD_OUTPUT = 1;

/** The number of our own descriptor that a path names; null for any other. */
function descriptorOf(target: string): number | null {
  const match = process.platform === 'win32' ? null : DESCRIPTOR.exec(path.resolve(target));
  if (match === null) return null;
  return match[1] === undefined ? Number(match[2] ?? match[3]) : STANDARD.indexOf(match[1]);
}

function placeOf(target: string): Place {
  const descriptor = descriptorOf(target);
  if (descriptor !== null) return { kind: 'stream', descriptor };
  let found = fs.lstatSync(target, { throwIfNoEntry: false });
  if (found === undefined) return { kind: 'new' };
  if (found.isSymbolicLink()) {
    found = fs.statSync(target, { throwIfNoEntry: false });
    // A link to /dev/null serves as that; nothing else is written through a link.
    if (found === undefined || !isStream(found)) {
      throw refused(target, 'is a link, which is neither replaced nor followed; give the path it leads to');
    }
  }
  if (found.isFile()) return { kind: 'file' };
  if (isStream(found)) return { kind: 'stream', descriptor: null };
  throw refused(target, `is ${wordFor(found)}; choose another name`);
}

function isStream(found: fs.Stats): boolean {
  return found.isCharacterDevice() || found.isFIFO();
}

/** What is there instead of a file, in words. */
function wordFor(found: fs.Stats): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isBlockDevice()) return 'a disk';
  if (found.isSocket()) return 'a socket';
  if (found.isFIFO()) return 'a pipe';
  return found.isCharacterDevice() ? 'a device' : 'no file';
}

function refused(target: string, clause: string): UserError {
  return new UserError(`${target} ${clause}.`, { code: 'exists', file: target });
}

function taken(target: string): UserError {
  return refused(target, 'exists already; choose another name, or replace it with --force');
}

/** Whether bytes written to a target go on at once: it is a device, a pipe, or one of our own descriptors. */
export function isStreamTarget(target: string): boolean {
  try {
    return placeOf(target).kind === 'stream';
  } catch {
    return false;
  }
}

/** Whether a target is our own standard output, so that nothing else should be printed there. */
export function isStandardOutput(target: string): boolean {
  return descriptorOf(target) === STANDARD_OUTPUT;
}

/**
 * Refuses what {@link writeOutput} would, before the slow part begins. What a killed process has left of the same target is
 * removed, also where the target is refused: that process may have come to its end but for that.
 *
 * @throws UserError in one sentence
 */
export function checkOutput(target: string, { force = false }: OutputOptions = {}): void {
  let place: Place;
  removeAbandoned(target);
  try {
    place = placeOf(target);
  } catch (error) {
    throw writeProblem(error, 'output', target);
  }
  if (place.kind === 'file' && !force) throw taken(target);
}

/**
 * Makes a file that a person asked for. It appears whole or not at all, and where one of that name is, or comes to be
 * meanwhile, it is left alone without `force`. A device or a pipe gets the file's bytes.
 *
 * @param what in words, for the sentence when it fails
 * @param make writes a new file of the name it is given
 * @returns what `make` gave
 * @throws UserError in one sentence: something is there, the disk refuses, nobody reads the pipe; or what `make` threw
 */
export async function writeOutput<T>(
  target: string,
  what: string,
  { force = false }: OutputOptions,
  make: (temporary: string) => Promise<T>,
): Promise<T> {
  try {
    checkOutput(target, { force });
    const place = placeOf(target);
    if (place.kind === 'stream') return await streamOutput(target, place.descriptor, make);
    const temporary = temporaryBeside(target);
    try {
      const made = await make(temporary);
      settle(temporary, target, force);
      await syncFolder(path.dirname(target));
      return made;
    } finally {
      await fsp.rm(temporary, { force: true }).catch(() => undefined);
    }
  } catch (error) {
    throw writeProblem(error, what, target);
  }
}

/** As {@link writeOutput}, at once and with this content. */
export function writeOutputSync(
  target: string,
  data: string | Uint8Array,
  what: string,
  { force = false }: OutputOptions,
): void {
  const temporary = temporaryBeside(target);
  try {
    checkOutput(target, { force });
    if (placeOf(target).kind === 'stream') throw refused(target, 'is no file; choose another folder');
    try {
      fs.writeFileSync(temporary, data, { flag: 'wx', flush: true });
      settle(temporary, target, force);
    } finally {
      fs.rmSync(temporary, { force: true });
    }
  } catch (error) {
    throw writeProblem(error, what, target);
  }
}

/** Gives a finished file its name. */
function settle(temporary: string, target: string, force: boolean): void {
  if (!force) {
    giveName(temporary, target);
    return;
  }
  // Replaced is what was asked about: a file, not what has come in its place.
  if (placeOf(target).kind === 'stream') throw refused(target, 'is no longer a file; choose another name');
  fs.renameSync(temporary, target);
}

/** Unlike a rename, a link is not made over anything. */
function giveName(temporary: string, target: string): void {
  try {
    fs.linkSync(temporary, target);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') throw taken(target);
    if (code === null || !WITHOUT_LINKS.has(code)) throw error;
    claim(temporary, target);
  }
}

/** What file systems say that know no links: FAT, some of networks and phones. */
const WITHOUT_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL', 'UNKNOWN']);

/** Takes the name with an empty file first, which only succeeds where nothing is. */
function claim(temporary: string, target: string): void {
  try {
    fs.closeSync(fs.openSync(target, 'wx'));
  } catch (error) {
    throw errorCode(error) === 'EEXIST' ? taken(target) : error;
  }
  try {
    fs.renameSync(temporary, target);
  } catch (error) {
    fs.rmSync(target, { force: true });
    throw error;
  }
}

/** Makes the file elsewhere and puts its bytes where they are to go. */
async function streamOutput<T>(
  target: string,
  descriptor: number | null,
  make: (temporary: string) => Promise<T>,
): Promise<T> {
  const folder = await fsp.mkdtemp(path.join(os.tmpdir(), 'covae-output-'));
  try {
    const file = path.join(folder, 'output');
    const made = await make(file);
    await putInto(target, descriptor, fs.createReadStream(file, { highWaterMark: 1 << 20 }));
    return made;
  } finally {
    await fsp.rm(folder, { recursive: true, force: true });
  }
}

async function putInto(
  target: string,
  descriptor: number | null,
  pieces: AsyncIterable<Uint8Array>,
): Promise<void> {
  const standard = [null, process.stdout, process.stderr][descriptor ?? 0] ?? null;
  if (standard !== null) {
    for await (const piece of pieces) {
      await new Promise<void>((resolve, reject) =>
        standard.write(piece, (error) => (error ? reject(error) : resolve())),
      );
    }
    return;
  }
  if (descriptor !== null) {
    for await (const piece of pieces) writeAll(descriptor, piece);
    return;
  }
  const handle = await openStream(target);
  try {
    for await (const piece of pieces) await handle.writeFile(piece);
  } finally {
    await handle.close();
  }
}

function writeAll(descriptor: number, data: Uint8Array): void {
  for (let done = 0; done < data.length;) done += fs.writeSync(descriptor, data, done);
}

/** Opens a device or a pipe for writing, and nothing that has come in its place. */
async function openStream(target: string): Promise<fsp.FileHandle> {
  const { O_WRONLY, O_NOCTTY, O_NONBLOCK } = fs.constants;
  let probe: fsp.FileHandle;
  try {
    // A pipe without a reader would be waited for.
    probe = await fsp.open(target, O_WRONLY | O_NOCTTY | O_NONBLOCK);
  } catch (error) {
    if (errorCode(error) !== 'ENXIO') throw error;
    throw refused(target, 'is a pipe that nobody reads; start its reader first');
  }
  try {
    if (!isStream(await probe.stat())) throw refused(target, 'is no longer a pipe; choose another name');
    return await fsp.open(target, O_WRONLY | O_NOCTTY);
  } finally {
    await probe.close();
  }
}

/**
 * Refuses what {@link writeOutputFolder} would, before the slow part begins: all but a name that is free and an empty
 * folder.
 *
 * @throws UserError in one sentence
 */
export function checkOutputFolder(target: string): void {
  removeAbandoned(target);
  try {
    checkFolderPlace(target);
  } catch (error) {
    throw writeProblem(error, 'output', target);
  }
}

function checkFolderPlace(target: string): void {
  const found = fs.lstatSync(target, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (found.isSymbolicLink()) {
    throw refused(target, 'is a link, which is neither replaced nor followed; give the path it leads to');
  }
  if (!found.isDirectory()) {
    throw refused(
      target,
      `is ${found.isFile() ? 'a file' : wordFor(found)}, not an empty folder; choose a new one`,
    );
  }
  if (fs.readdirSync(target).length > 0) {
    throw refused(target, 'is not an empty folder; choose a new one, so that nothing is overwritten');
  }
}

/**
 * Makes a folder that a person asked for, whole or not at all. A folder with something in it is never replaced.
 *
 * @param make makes a new folder of the name it is given
 * @throws UserError in one sentence; or what `make` threw
 */
export async function writeOutputFolder<T>(
  target: string,
  what: string,
  make: (temporary: string) => Promise<T>,
): Promise<T> {
  try {
    checkFolderPlace(target);
  } catch (error) {
    throw writeProblem(error, what, target);
  }
  // A rename replaces no folder that has something in it, nor a file.
  return makeWhole(target, what, make);
}

/** {@link writeOutput} with this content. */
export async function writeOutputFile(
  target: string,
  data: string | Uint8Array,
  what: string,
  options: OutputOptions,
): Promise<void> {
  await writeOutput(target, what, options, (temporary) =>
    fillNewFile(temporary, (handle) => handle.writeFile(data)),
  );
}
