/** The table of contents of a zip archive. */
import yauzl from 'yauzl';
import { UserError } from '../../errors.ts';
import { type FileBytes, type RandomBytes, stretchOf } from './bytes.ts';
import { MAX_FILES } from './caps.ts';
import { NAME_ENCODING_TITLES, type NameEncoding } from './name-encoding.ts';
import { countOf } from './words.ts';
import { bytesBefore, findZip } from './zip-end.ts';
import { zipNames } from './zip-names.ts';

const CENTRAL_SIGNATURE = 0x02014b50;
const ENCRYPTED = 0x1;
const UTF8 = 0x800;
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

export interface ZipDirectory {
  /** In the order of their places in the file. */
  entries: ZipEntry[];
  /** What one should know of the archive, one sentence each. */
  remarks: string[];
}

/** Lets yauzl read through our windows: it makes two reads an entry, each a system call otherwise. */
class WindowReader extends yauzl.RandomAccessReader {
  /** End of the last read. */
  end = 0;
  readonly #bytes: RandomBytes;
  readonly #comment: number;

  /** @param comment where the archive's comment begins: what looks like an end record in it is not shown */
  constructor(bytes: RandomBytes, comment: number) {
    super();
    this.#bytes = bytes;
    this.#comment = comment;
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
        const ofComment = Math.max(0, this.#comment - position);
        if (ofComment < part.length) buffer.fill(0, offset + ofComment, offset + part.length);
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
 * Reads the table of contents, zip64 too. Bytes before and behind the archive are passed over.
 *
 * @param encoding of names that the archive does not tell the encoding of; guessed when left out
 * @throws UserError when it is damaged, missing or one part of several; the signal's reason when aborted
 */
export async function readZipDirectory(
  file: FileBytes,
  signal?: AbortSignal,
  encoding?: NameEncoding,
): Promise<ZipDirectory> {
  const { name } = file;
  // Where none is found, yauzl says what is wrong.
  const { start, end, comment, directory } = (await findZip(file, true)) ?? {
    ...{ start: 0, end: file.size, comment: file.size, directory: null },
  };
  const archive = stretchOf(file, start, end);
  const reader = new WindowReader(archive, comment);
  const found: yauzl.Entry[] = [];
  try {
    const zip = await yauzl.fromRandomAccessReaderPromise(reader, archive.size, {
      decodeStrings: false,
      validateEntrySizes: false,
    });
    if (zip.entryCount > MAX_FILES) {
      throw new UserError(
        `${name} has more than ${countOf(MAX_FILES, 'entry', 'entries')}, too many to list; unpack it and import its folders one by one.`,
        { code: 'unreadable', file: name },
      );
    }
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted();
      found.push(entry);
    }
    // One that says it has no entries may have some all the same.
    const behind = found.length > 0 ? reader.end : directory;
    if (behind !== null) {
      const next = await archive.read(behind, 4);
      if (next.length === 4 && Buffer.from(next).readUInt32LE() === CENTRAL_SIGNATURE) {
        throw new Error('more entries than it says');
      }
    }
  } catch (error) {
    if (error instanceof UserError || signal?.aborted === true) throw error;
    throw directoryProblem(name, error);
  }
  const { names, guessed } = zipNames(
    found.map((entry) => ({
      raw: entry.fileNameRaw,
      saysUtf8: (entry.generalPurposeBitFlag & UTF8) !== 0,
      extraFields: entry.extraFields,
      host: entry.versionMadeBy >> 8,
    })),
    encoding,
  );
  const entries = found.map((entry, i) => toEntry(entry, names[i]!, start));
  entries.sort((a, b) => a.offset - b.offset);
  const before = await bytesBefore(file, entries[0]?.offset ?? 0);
  return { entries, remarks: remarksOf(before, file.size - end, guessed) };
}

function remarksOf(before: number, behind: number, guessed: NameEncoding | null): string[] {
  const ofOthers = (where: string, bytes: number): string[] => {
    if (bytes === 0) return [];
    const [lie, are] = bytes === 1 ? ['lies', 'is'] : ['lie', 'are'];
    return [`${where} the zip archive ${lie} ${countOf(bytes, 'byte')} that ${are} no part of it.`];
  };
  return [
    ...ofOthers('Before', before),
    ...ofOthers('Behind', behind),
    ...(guessed === null
      ? []
      : [
          `The archive does not say which encoding its names are in; they are read as ${NAME_ENCODING_TITLES[guessed]}.`,
        ]),
  ];
}

function toEntry(entry: yauzl.Entry, name: string, start: number): ZipEntry {
  const mode = entry.versionMadeBy >> 8 === UNIX ? entry.externalFileAttributes >>> 16 : 0;
  return {
    name,
    offset: start + entry.relativeOffsetOfLocalHeader,
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
      { code: 'unreadable', file: name },
    );
  }
  if (text.startsWith('multi-disk')) {
    return new UserError(`${name} is one part of a zip archive in several; join the parts first.`, {
      code: 'unreadable',
      file: name,
    });
  }
  if (text.startsWith('strong encryption')) {
    return new UserError(`${name} is encrypted; unpack it with its password and choose the folder.`, {
      code: 'unreadable',
      file: name,
    });
  }
  return new UserError(
    `${name} is damaged: the table of contents of the zip archive cannot be read; copy or download it again.`,
    { code: 'unreadable', file: name },
  );
}
