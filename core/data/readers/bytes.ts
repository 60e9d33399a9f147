/** Bytes of files, by position or one after another, in few system calls and bounded memory. */
import type fs from 'node:fs/promises';
import path from 'node:path';
import zlib from 'node:zlib';
import { pipeline, Readable } from 'node:stream';
import { errorCode, readProblem } from '../../files.ts';
import { openToRead } from '../../read-file.ts';
import { isLfsPointer } from '../decode/format.ts';
import { MAX_RATIO, RATIO_COUNTS_FROM } from './caps.ts';
import { Unreadable } from './unreadable.ts';

const WINDOW = 256 * 1024;
const WINDOWS_HELD = 4;
/** Pointers of Git LFS are shorter: they name a hash and a size. */
const LFS_POINTER_BYTES = 1024;

/** Bytes that can be read from any position. */
export interface RandomBytes {
  /** What sentences call it. */
  readonly name: string;
  readonly size: number;
  /**
   * Fewer bytes than asked for only at the end. The result is the caller's own.
   *
   * @param alone true when nothing near by is going to be read, so that no more than asked for is
   */
  read(at: number, length: number, alone?: boolean): Promise<Uint8Array>;
}

/** Bytes in their order only. */
export interface ByteStream {
  readonly name: string;
  /** Fewer bytes than asked for only at the end. The result is the caller's own. */
  read(length: number): Promise<Uint8Array>;
  /** Passes over bytes. @returns how many there were, fewer than asked for only at the end */
  skip(length: number): Promise<number>;
  close(): Promise<void>;
}

export interface FileBytes extends RandomBytes {
  close(): Promise<void>;
}

/**
 * Opens a file for reading at any position; neighbouring small reads share a system call.
 *
 * @throws UserError when it cannot be read, also later, or is a pointer of Git LFS
 */
export async function openFileBytes(file: string): Promise<FileBytes> {
  const name = path.resolve(file);
  let handle: fs.FileHandle;
  let size: number;
  try {
    handle = await openToRead(name);
    ({ size } = await handle.stat());
    if (size < LFS_POINTER_BYTES) await refusePointer(handle, name);
  } catch (error) {
    throw readProblem(error, name);
  }
  const windows = new Map<number, Promise<Uint8Array>>();

  async function pread(at: number, length: number): Promise<Uint8Array> {
    const bytes = new Uint8Array(Math.max(0, Math.min(length, size - at)));
    let have = 0;
    try {
      while (have < bytes.length) {
        const { bytesRead } = await handle.read(bytes, have, bytes.length - have, at + have);
        if (bytesRead === 0) break;
        have += bytesRead;
      }
    } catch (error) {
      throw readProblem(error, name);
    }
    // A file may shrink while it is read.
    return have < bytes.length ? bytes.subarray(0, have) : bytes;
  }

  function window(index: number): Promise<Uint8Array> {
    const known = windows.get(index);
    if (known !== undefined) return known;
    const reading = pread(index * WINDOW, WINDOW);
    windows.set(index, reading);
    for (const oldest of windows.keys()) {
      if (windows.size <= WINDOWS_HELD) break;
      windows.delete(oldest);
    }
    // Whoever asked gets the error; the window is asked for anew next time.
    reading.catch(() => windows.delete(index));
    return reading;
  }

  return {
    name,
    size,
    async read(at, length, alone = false) {
      if (alone || length >= WINDOW) return pread(at, length);
      const end = Math.min(at + length, size);
      if (end <= at) return new Uint8Array();
      const first = Math.floor(at / WINDOW);
      const start = await window(first);
      const offset = at - first * WINDOW;
      if (end <= (first + 1) * WINDOW) return start.slice(offset, end - first * WINDOW);
      const rest = await window(first + 1);
      const bytes = new Uint8Array(end - at);
      bytes.set(start.subarray(offset));
      bytes.set(rest.subarray(0, end - (first + 1) * WINDOW), start.length - offset);
      return bytes;
    },
    close: () => handle.close(),
  };
}

/** @throws UserError when the file stands for one that Git LFS has not brought; the handle is closed then */
async function refusePointer(handle: fs.FileHandle, name: string): Promise<void> {
  const head = new Uint8Array(LFS_POINTER_BYTES);
  const { bytesRead } = await handle.read(head, 0, head.length, 0);
  if (!isLfsPointer(head.subarray(0, bytesRead))) return;
  await handle.close();
  throw new Unreadable(
    name,
    'is a pointer of Git LFS instead of the file',
    'run "git lfs pull" in its repository',
  );
}

/** A stretch of bytes as bytes of their own. */
export function stretchOf(bytes: RandomBytes, from: number, to: number): RandomBytes {
  const size = Math.max(0, Math.min(to, bytes.size) - from);
  return {
    name: bytes.name,
    size,
    read: (at, length, alone) => bytes.read(from + at, Math.max(0, Math.min(length, size - at)), alone),
  };
}

/** A stretch of bytes as a stream. Closing it leaves the bytes open. */
export function streamOf(bytes: RandomBytes, from = 0, to = bytes.size): ByteStream {
  let at = from;
  return {
    name: bytes.name,
    async read(length) {
      const result = await bytes.read(at, Math.max(0, Math.min(length, to - at)));
      at += result.length;
      return result;
    },
    async skip(length) {
      const passed = Math.max(0, Math.min(length, to - at));
      at += passed;
      return passed;
    },
    close: async () => undefined,
  };
}

/** A node stream read by lengths. `check` is told how long each part is and may throw. */
function streamOfReadable(
  readable: Readable,
  name: string,
  onError: (error: unknown) => Error,
  check: (length: number) => void,
): ByteStream {
  const iterator = readable[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let chunk: Uint8Array = new Uint8Array();
  let ended = false;

  async function more(): Promise<boolean> {
    while (chunk.length === 0 && !ended) {
      try {
        const next = await iterator.next();
        if (next.done === true) ended = true;
        else {
          check(next.value.length);
          chunk = next.value;
        }
      } catch (error) {
        throw onError(error);
      }
    }
    return chunk.length > 0;
  }

  return {
    name,
    async read(length) {
      if (chunk.length >= length) {
        const result = chunk.slice(0, length);
        chunk = chunk.subarray(length);
        return result;
      }
      // Grown as bytes arrive: a length from a damaged header must not take the memory by itself.
      const parts: Uint8Array[] = [];
      let have = 0;
      while (have < length && (await more())) {
        const part = chunk.subarray(0, length - have);
        chunk = chunk.subarray(part.length);
        have += part.length;
        parts.push(part);
      }
      return new Uint8Array(Buffer.concat(parts, have));
    },
    async skip(length) {
      let passed = 0;
      while (passed < length && (await more())) {
        const part = Math.min(chunk.length, length - passed);
        chunk = chunk.subarray(part);
        passed += part;
      }
      return passed;
    },
    async close() {
      readable.destroy();
    },
  };
}

/**
 * Unpacks a compressed stretch of bytes as a stream.
 *
 * @param form `gzip`, or `deflate` without a header as zip archives hold it
 * @throws UserError (from the stream) when the data is damaged, ends early or unpacks to a bomb
 */
export function unpack(bytes: RandomBytes, form: 'gzip' | 'deflate', from = 0, to = bytes.size): ByteStream {
  const unzip =
    form === 'gzip' ? zlib.createGunzip({ chunkSize: WINDOW }) : zlib.createInflateRaw({ chunkSize: WINDOW });
  async function* parts(): AsyncGenerator<Uint8Array> {
    for (let at = from; at < to; at += WINDOW) yield bytes.read(at, Math.min(WINDOW, to - at));
  }
  // An error reaches whoever reads; the callback is there so that it does not end the process when nobody does.
  pipeline(Readable.from(parts(), { objectMode: false }), unzip, () => undefined);
  let unpacked = 0;
  return streamOfReadable(
    unzip,
    bytes.name,
    (error) => unpackProblem(error, bytes.name),
    (length) => {
      unpacked += length;
      if (unpacked > RATIO_COUNTS_FROM && unpacked > MAX_RATIO * (to - from)) {
        throw new Unreadable(
          bytes.name,
          `unpacks to more than ${MAX_RATIO} times its size, which no collection of images does`,
          'it may be made to do harm',
        );
      }
    },
  );
}

/** What to throw when unpacking failed. */
function unpackProblem(error: unknown, name: string): Error {
  const code = errorCode(error);
  if (code === 'Z_BUF_ERROR') {
    return new Unreadable(name, 'ends before its data does', 'copy or download it again');
  }
  if (code !== null && code.startsWith('Z_')) {
    return new Unreadable(
      name,
      'is damaged: its compressed data does not unpack',
      'copy or download it again',
    );
  }
  return error instanceof Error ? error : new Error(String(error));
}
