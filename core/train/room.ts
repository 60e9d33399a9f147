/** Room on a disk: what a full one says, how much is missing, and waiting until there is some. */
import { statfs } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from '../files.ts';

/** How often the free room is looked at. */
const LOOK_MS = 2000;
/** How often it is tried where the free room says nothing: a quota, or no more files. */
const TRY_MS = 60_000;

/** What a training waits for. */
export interface Waiting {
  /** Bytes that are missing; null where the system does not say. */
  missing: number | null;
  /** For the person. */
  sentence: string;
}

/** The code of the file system's error that anything thrown comes from; null when it comes from none. */
export function fileSystemCode(error: unknown): string | null {
  for (let at = error; at instanceof Error; at = at.cause) {
    const code = errorCode(at);
    if (code !== null) return code;
  }
  return null;
}

/** Whether anything thrown comes from a full disk or a used up quota. */
export function isDiskFull(error: unknown): boolean {
  return ['ENOSPC', 'EDQUOT'].includes(fileSystemCode(error) ?? '');
}

/** Bytes that may still be written to the disk of a folder; null when unknown. */
async function freeBytes(folder: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(folder);
    return bavail * bsize;
  } catch {
    return null;
  }
}

/** `120 MB`, rounded up. */
function sizeText(bytes: number): string {
  for (const [unit, size] of [
    ['GB', 1e9],
    ['MB', 1e6],
  ] as const) {
    if (bytes >= size) return `${(Math.ceil((bytes / size) * 10) / 10).toLocaleString('en-US')} ${unit}`;
  }
  return `${Math.ceil(bytes / 1e3)} kB`;
}

/** What is missing on the disk of a folder for so many bytes more. */
export async function missingRoom(folder: string, needed: number): Promise<Waiting> {
  const free = await freeBytes(folder);
  const missing = free === null || free >= needed ? null : needed - free;
  return {
    missing,
    sentence:
      missing === null
        ? 'Waiting for room on the disk: it takes no more, or your quota is used up.'
        : `Waiting for room on the disk: ${sizeText(missing)} are missing.`,
  };
}

export interface RoomOptions {
  /** Where the work writes to. */
  folder: string;
  /** Bytes that it takes, about. */
  needed: number;
  /** Ends the waiting. */
  signal?: AbortSignal | undefined;
  /** Told what is missing, when that changes; null when the waiting is over. */
  onWaiting?: ((waiting: Waiting | null) => void) | undefined;
}

/**
 * Does a work that writes; where the disk is full, waits until there is room and does it again.
 *
 * @param work leaves nothing behind when it fails
 * @throws whatever the work throws but for a full disk; that too once the signal is aborted, after a last try
 */
export async function whenRoom<T>(
  work: () => T | Promise<T>,
  { folder, needed, signal, onWaiting }: RoomOptions,
): Promise<T> {
  let told = '';
  // How long to leave a disk alone that claims to have room.
  let patience = LOOK_MS;
  try {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!isDiskFull(error) || signal?.aborted) throw error;
      }
      for (let waited = 0; !signal?.aborted; waited += LOOK_MS) {
        const waiting = await missingRoom(folder, needed);
        if (waiting.missing !== null) patience = LOOK_MS;
        else if (waited >= patience) break;
        if (told !== waiting.sentence) onWaiting?.(waiting);
        told = waiting.sentence;
        await sleep(LOOK_MS, undefined, signal ? { signal } : {}).catch(() => undefined);
      }
      patience = TRY_MS;
    }
  } finally {
    if (told !== '') onWaiting?.(null);
  }
}
