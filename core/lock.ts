/**
 * Locks between processes: files that say who holds them. A lock whose process is gone, was of an earlier start of the
 * computer, or was copied with its folder holds nobody up, so nothing has to be cleared away after a crash.
 *
 * Node has no lock of the kernel. proper-lockfile (last release 2021) judges by the age of a file, which a training
 * step that blocks its thread for minutes, and a clock that is set, both defeat.
 *
 * A stale lock is never removed by who finds it, since in the meantime another may have taken it over. It is followed:
 * the lock after one with token T is a file whose name ends in T, which can be made once only. Who is reached from the
 * first file on is the holder. At the end a holder removes the first file, which makes all others void, and then those.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createHash, randomBytes } from 'node:crypto';
import * as v from 'valibot';
import { UserError } from './errors.ts';
import { errorCode, makeFolderSync, readProblem, temporaryBeside, writeProblem } from './files.ts';
import { ownerInName, ownerTag, stateOf } from './owner.ts';
import { refuseOtherKinds } from './read-file.ts';

/** What is locked, and for what. */
export interface LockRequest {
  /** The thing, at the beginning of a sentence: `Run digits-tiny-abc123`. */
  subject: string;
  /** What becomes of it meanwhile: `is being trained`. */
  doing: string;
  /** What frees room on a disk goes on without a lock where a full disk has no room for one. */
  freesRoom?: boolean;
}

/** A lock that is held. It ends with its process at the latest. */
export interface Lock {
  /** Gives it back; of no effect the second time. */
  release(): void;
}

const NoteSchema = v.object({
  format: v.literal('covae-lock'),
  version: v.literal(1),
  token: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
  owner: v.pipe(v.string(), v.maxLength(100)),
  host: v.pipe(v.string(), v.maxLength(300)),
  program: v.pipe(v.string(), v.maxLength(300)),
  doing: v.pipe(v.string(), v.maxLength(300)),
  since: v.pipe(v.string(), v.isoTimestamp()),
  /** Inode and device of the folder that the lock was made in. */
  folder: v.object({ ino: v.string(), dev: v.string() }),
});
type Note = v.InferOutput<typeof NoteSchema>;

/** A lock's file. */
interface Entry {
  file: string;
  token: string;
  /** null when it is damaged. */
  note: Note | null;
  /** A later version of the program made it. */
  newer: boolean;
}

let program = 'electron' in process.versions ? 'the window' : 'another program';

/** Says what the holder of locks is called: `covae train`. */
export function nameLockHolder(name: string): void {
  program = name;
}

/** Each is lost to another process that was faster, so two in a row are rare. */
const MAX_ATTEMPTS = 100;

/**
 * Takes the lock `name` in a folder for oneself alone.
 *
 * @param folder where locks lie; made where it is missing
 * @throws UserError (`busy`) that names who holds it, or uses what it guards; (`unwritable`) when the disk refuses
 */
export function acquireLock(folder: string, name: string, request: LockRequest): Lock {
  const first = path.join(folder, `${name}.lock`);
  const token = newToken();
  try {
    makeFolderSync(folder);
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const { last, next } = walk(first);
      if (last !== null && holds(last)) throw busy(last, request);
      if (!create(next, noteOf(folder, token, request))) continue;
      const files = filesTo(first, token);
      if (files === null) {
        // Who held it has ended between the look and the making; what follows that is void.
        fs.rmSync(next, { force: true });
        continue;
      }
      const lock = held(files);
      const user = uses(folder, name).find(holds);
      if (user === undefined) return lock;
      lock.release();
      throw busy(user, request);
    }
    const sentence = `${request.subject} could not be locked with ${first}; try again, or remove that file.`;
    throw new UserError(sentence, { code: 'busy', file: first });
  } catch (error) {
    if (request.freesRoom !== true || !['ENOSPC', 'EDQUOT'].includes(errorCode(error) ?? '')) {
      throw writeProblem(error, 'lock', first);
    }
    const user = uses(folder, name).find(holds);
    if (user !== undefined) throw busy(user, request);
    return held([]);
  }
}

/**
 * Says that what a lock guards is in use. Many may use it at once, but none beside one that holds the lock.
 *
 * @throws UserError as {@link acquireLock}
 */
export function acquireUse(folder: string, name: string, request: LockRequest): Lock {
  const token = newToken();
  const file = path.join(folder, `${name}.use.${token}`);
  try {
    makeFolderSync(folder);
    create(file, noteOf(folder, token, request));
    const lock = held([file]);
    // After it was said: so of two that come at once at least one sees the other.
    const { last } = walk(path.join(folder, `${name}.lock`));
    if (last === null || !holds(last)) return lock;
    lock.release();
    throw busy(last, request);
  } catch (error) {
    throw writeProblem(error, 'lock', file);
  }
}

/** Runs `work` while it holds a lock. */
export async function whileLocked<T>(lock: Lock, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } finally {
    lock.release();
  }
}

const heldNow = new Set<Lock>();
let watchesExit = false;

function held(files: readonly string[]): Lock {
  const lock: Lock = {
    release() {
      if (!heldNow.delete(lock)) return;
      for (const file of files) {
        try {
          fs.rmSync(file, { force: true });
        } catch {
          // It ends with the process.
          return;
        }
      }
    },
  };
  heldNow.add(lock);
  if (!watchesExit) process.once('exit', () => [...heldNow].forEach((one) => one.release()));
  watchesExit = true;
  return lock;
}

/** Follows the locks from the first one. `next` is the name that the one after the last has to have. */
function walk(first: string): { chain: Entry[]; last: Entry | null; next: string } {
  const chain: Entry[] = [];
  for (let next = first; ;) {
    const entry = read(next);
    if (entry === null) return { chain, last: chain.at(-1) ?? null, next };
    if (chain.some(({ token }) => token === entry.token)) {
      throw new UserError(`The locks beside ${first} follow one another in a circle; remove them.`, {
        code: 'unreadable',
        file: first,
      });
    }
    chain.push(entry);
    next = `${first}.${entry.token}`;
  }
}

/** The files from the first to the one with that token; null when it is not reached. */
function filesTo(first: string, token: string): string[] | null {
  const { chain } = walk(first);
  const index = chain.findIndex((entry) => entry.token === token);
  return index < 0 ? null : chain.slice(0, index + 1).map(({ file }) => file);
}

/** Whether a lock stands in the way: its process runs, or may run where nobody here can look. */
function holds({ note, newer, file }: Entry): boolean {
  if (note === null) return newer;
  const owner = ownerInName(note.owner);
  if (owner === null) return false;
  const state = stateOf(owner);
  if (state === 'gone') return false;
  const { ino, dev } = folderOf(path.dirname(file));
  // Two computers number the devices of a shared disk each in their own way.
  return note.folder.ino === ino && (state === 'unknown' || note.folder.dev === dev);
}

const USE = /^(.+)\.use\.[0-9a-f]{16}$/;
const FOLLOWING = /^(.+\.lock)\.[0-9a-f]{16}$/;

/** The uses of what a lock guards; those of processes that are gone are cleared away. */
function uses(folder: string, name: string): Entry[] {
  return usesAmong(folder, (own) => own === name);
}

function usesAmong(folder: string, wanted: (name: string) => boolean): Entry[] {
  return fs.readdirSync(folder).flatMap((file) => {
    const name = USE.exec(file)?.[1];
    const entry = name !== undefined && wanted(name) ? read(path.join(folder, file)) : null;
    if (entry === null || holds(entry)) return entry ?? [];
    fs.rmSync(entry.file, { force: true });
    return [];
  });
}

const FIRST = /^(.+)\.lock$/;

/**
 * Refuses while another process holds any lock in a folder, or uses what one guards.
 *
 * @param subjectOf what a lock's name stands for, at the beginning of a sentence
 * @throws UserError (`busy`) that names who does
 */
export function refuseOthers(folder: string, subjectOf: (name: string) => string): void {
  const own = ownerTag();
  const refuse = (name: string, entry: Entry | null): void => {
    if (entry === null || entry.note?.owner === own || !holds(entry)) return;
    throw busy(entry, { subject: subjectOf(name), doing: '' });
  };
  for (const file of fs.existsSync(folder) ? fs.readdirSync(folder) : []) {
    const [lock, use] = [FIRST.exec(file)?.[1], USE.exec(file)?.[1]];
    if (lock !== undefined) refuse(lock, walk(path.join(folder, file)).last);
    else if (use !== undefined) refuse(use, read(path.join(folder, file)));
  }
}

/**
 * Clears away what processes that are gone have left in a folder of locks and what stands in nobody's way. Locks that
 * they held stay until the next one takes them: they cannot be removed without being taken.
 */
export function tidyLocks(folder: string): void {
  try {
    usesAmong(folder, () => true);
    for (const file of fs.readdirSync(folder)) {
      const first = FOLLOWING.exec(file)?.[1];
      // What follows a lock that is not there is void, and will be for ever.
      if (first !== undefined && !fs.existsSync(path.join(folder, first))) {
        fs.rmSync(path.join(folder, file), { force: true });
      }
    }
  } catch {
    // There is none, or it cannot be written to.
  }
}

function noteOf(folder: string, token: string, { doing }: LockRequest): Note {
  return {
    format: 'covae-lock',
    version: 1,
    token,
    owner: ownerTag(),
    host: os.hostname(),
    program,
    doing,
    since: new Date().toISOString(),
    folder: folderOf(folder),
  };
}

function folderOf(folder: string): Note['folder'] {
  const { ino, dev } = fs.statSync(folder, { bigint: true });
  return { ino: String(ino), dev: String(dev) };
}

const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

/** Makes a lock's file, with its content from the first moment on. @returns false when it is there already */
function create(file: string, note: Note): boolean {
  const text = JSON.stringify(note) + '\n';
  const temporary = temporaryBeside(file);
  try {
    fs.writeFileSync(temporary, text, { flag: 'wx' });
    fs.linkSync(temporary, file);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    if (!NO_LINKS.has(errorCode(error) ?? '')) throw error;
  } finally {
    fs.rmSync(temporary, { force: true });
  }
  // Disks without links, such as FAT: for a moment it is empty, which `read` waits out.
  try {
    fs.writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  }
}

const EMPTY_FOR_MS = 1000;

/** @returns null when there is no such file */
function read(file: string): Entry | null {
  for (let waited = 0; ; waited += 20) {
    let content: Buffer;
    try {
      refuseOtherKinds(file);
      content = fs.readFileSync(file);
    } catch (error) {
      if (errorCode(error) === 'ENOENT') return null;
      throw readProblem(error, file);
    }
    if (content.length > 0 || waited >= EMPTY_FOR_MS) return entryOf(file, content);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}

function entryOf(file: string, content: Buffer): Entry {
  const value = parsed(content);
  const checked = v.safeParse(NoteSchema, value);
  if (checked.success) return { file, token: checked.output.token, note: checked.output, newer: false };
  const version = v.safeParse(v.object({ format: v.literal('covae-lock'), version: v.number() }), value);
  // Damaged by a power cut, after which its process is gone too. What comes after it needs a token all the same.
  const token = createHash('sha256').update(path.basename(file)).update(content).digest('hex').slice(0, 16);
  return { file, token, note: null, newer: version.success && version.output.version > 1 };
}

function parsed(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    return null;
  }
}

function newToken(): string {
  return randomBytes(8).toString('hex');
}

/** Who stands in the way, and what to do. */
function busy({ file, note }: Entry, { subject }: LockRequest): UserError {
  const facts = { code: 'busy', file } as const;
  const owner = note && ownerInName(note.owner);
  if (note === null || owner === null) {
    const way = `end that first, or remove ${file} if it does not run any more`;
    return new UserError(`${subject} is in use by a newer version of this program; ${way}.`, facts);
  }
  const who = `${note.program} (process ${owner.pid}, since ${timeText(note.since)})`;
  if (stateOf(owner) === 'unknown') {
    const way = `stop it there, or remove ${file} if nothing runs there any more`;
    return new UserError(`${subject} ${note.doing} on the computer ${note.host} by ${who}; ${way}.`, facts);
  }
  return new UserError(`${subject} ${note.doing} by ${who}; stop that first, or wait for its end.`, facts);
}

/** `14:02`, with the day when that is another one. */
function timeText(iso: string): string {
  const time = new Date(iso);
  const two = (value: number): string => String(value).padStart(2, '0');
  const clock = `${two(time.getHours())}:${two(time.getMinutes())}`;
  if (time.toDateString() === new Date().toDateString()) return clock;
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${clock}`;
}
