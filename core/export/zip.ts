/** Zip archives of stored (uncompressed) entries, written as their content comes. */
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ZipFile } from 'yazl';

/** An entry: its name, and the pieces of its content. */
export interface ZipEntry {
  name: string;
  /** Bytes that the pieces have together. */
  size: number;
  pieces: () => AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** How entries are stored. */
export const STORED = {
  compress: false,
  mode: 0o100644,
  // The format's first day: archives of the same content are the same.
  mtime: new Date(1980, 0, 1),
  forceDosTimestamp: true,
} as const;

/**
 * Writes a zip archive into an open, empty file. Memory does not grow with the entries' size, which may be 4 GB and
 * more.
 *
 * @throws what a piece's source or the disk throws; Error when an entry has not the size it should
 */
export async function writeZip(file: FileHandle, entries: readonly ZipEntry[]): Promise<void> {
  const zip = new ZipFile();
  // Not piped: an error of a source reaches the reader of the output only by destroying it.
  const output = zip.outputStream as Readable;
  const fail = (error: Error) => output.destroy(error);
  zip.on('error', fail);
  for (const { name, size, pieces } of entries) {
    zip.addReadStreamLazy(name, { ...STORED, size }, (deliver) => {
      const source = Readable.from(pieces(), { objectMode: false });
      source.on('error', fail);
      deliver(null, source);
    });
  }
  zip.end();
  for await (const chunk of output) await writeAll(file, chunk as Uint8Array);
}

/** Writes all of it, at the file's end. */
export async function writeAll(file: FileHandle, data: Uint8Array): Promise<void> {
  for (let done = 0; done < data.length;) {
    done += (await file.write(data, done, data.length - done)).bytesWritten;
  }
}
