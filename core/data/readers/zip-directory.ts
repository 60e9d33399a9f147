/** The table of contents of a zip archive. */
import yauzl from 'yauzl';
import { UserError } from '../../errors.ts';
import type { FileBytes, RandomBytes } from './bytes.ts';
import { MAX_FILES } from './caps.ts';
import { countOf } from './words.ts';

const CENTRAL_SIGNATURE = 0x02014b50;
const ENCRYPTED = 0x1;
const UNIX = 3;
const S_IFMT = 0o170000;
const S_IFLNK = 0o120000;

export interface ZipEntry {
  /** With `/` between its parts. */
  name: string;
  /** Where its local header begins. */
  offset: number;
  compressedSize: number;
  size: number;
  /** 0 stored, 8 deflated; others are not read. */
  method: number;
  crc32: number;
  encrypted: boolean;
  isFolder: boolean;
  isLink: boolean;
}

/** Lets yauzl read through our windows: it makes two reads an entry, each a system call otherwise. */
class WindowReader extends yauzl.RandomAccessReader {
  /** End of the last read. */
  end = 0;
  readonly #bytes: RandomBytes;

  constructor(bytes: RandomBytes) {
    super();
    this.#bytes = bytes;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.#bytes.read(position, length).then(
      (part) => {
        this.end = position + length;
        buffer.set(part, offset);
        callback(part.length < length ? new Error('unexpected EOF') : null);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error))),
    );
  }

  override close(callback: (error: Error | null) => void): void {
    callback(null);
  }
}

/**
 * Reads the table of contents, zip64 too, in the order of the entries' places in the file.
 *
 * @throws UserError when it is damaged, missing or one part of several; the signal's reason when aborted
 */
export async function readZipDirectory(file: FileBytes, signal?: AbortSignal): Promise<ZipEntry[]> {
  const { name } = file;
  const reader = new WindowReader(file);
  const entries: ZipEntry[] = [];
  try {
    const zip = await yauzl.fromRandomAccessReaderPromise(reader, file.size, {
      decodeStrings: false,
      validateEntrySizes: false,
    });
    if (zip.entryCount > MAX_FILES) {
      throw new UserError(
        `${name} has more than ${countOf(MAX_FILES, 'entry', 'entries')}, too many to list; unpack it and import its folders one by one.`,
      );
    }
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted();
      entries.push(toEntry(entry));
    }
    if (entries.length > 0) {
      const next = await file.read(reader.end, 4);
      if (next.length === 4 && Buffer.from(next).readUInt32LE() === CENTRAL_SIGNATURE) {
        throw new Error('more entries than it says');
      }
    }
  } catch (error) {
    if (error instanceof UserError || signal?.aborted === true) throw error;
    throw directoryProblem(name, error);
  }
  return entries.sort((a, b) => a.offset - b.offset);
}

function toEntry(entry: yauzl.Entry): ZipEntry {
  const name = yauzl
    .getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, false)
    .replace(/^(?:\.\/+)+/, '');
  const mode = entry.versionMadeBy >> 8 === UNIX ? entry.externalFileAttributes >>> 16 : 0;
  return {
    name,
    offset: entry.relativeOffsetOfLocalHeader,
    compressedSize: entry.compressedSize,
    size: entry.uncompressedSize,
    method: entry.compressionMethod,
    crc32: entry.crc32,
    encrypted: (entry.generalPurposeBitFlag & ENCRYPTED) !== 0,
    isFolder: name.endsWith('/'),
    isLink: (mode & S_IFMT) === S_IFLNK,
  };
}

function directoryProblem(name: string, error: unknown): UserError {
  const text = error instanceof Error ? error.message : '';
  if (text.startsWith('End of central directory')) {
    return new UserError(
      `${name} is cut off: the end of the zip archive is missing; copy or download it again.`,
    );
  }
  if (text.startsWith('multi-disk')) {
    return new UserError(`${name} is one part of a zip archive in several; join the parts first.`);
  }
  if (text.startsWith('strong encryption')) {
    return new UserError(`${name} is encrypted; unpack it with its password and choose the folder.`);
  }
  return new UserError(
    `${name} is damaged: the table of contents of the zip archive cannot be read; copy or download it again.`,
  );
}
