/** A zip archive of images. */
import zlib from 'node:zlib';
import { crc32 } from '../../crc32.ts';
import { UserError } from '../../errors.ts';
import { errorCode } from '../../files.ts';
import { damaged, UnusableImage } from '../decode/unusable-image.ts';
import { nameProblem, readEntry } from './archive-entry.ts';
import type { FileBytes, RandomBytes } from './bytes.ts';
import { findClutter } from './clutter.ts';
import { indexedSource } from './indexed.ts';
import { mayHoldLabels } from './label-files.ts';
import { findLabelling } from './labelling.ts';
import type { ImageSource, SourceRequest } from './source.ts';
import { readZipDirectory, type ZipDirectory, type ZipEntry } from './zip-directory.ts';

const LOCAL_SIGNATURE = 0x04034b50;
const LOCAL_HEADER = 30;
const STORED = 0;
const DEFLATED = 8;
/** So many compressed bytes hold the first bytes of an entry. */
const ENOUGH_FOR_HEAD = 1024;

/**
 * The images of a zip archive in the order they have in the file, read where they lie: nothing is unpacked to disk.
 * Classes are found as those of a folder are.
 *
 * @param file taken over: closed with the source, and when opening fails
 * @param request `labelsKey`; `zipEncoding` of names that the archive does not tell the encoding of, else guessed
 * @throws UserError when it is damaged, encrypted or without files
 */
export async function openZip(
  file: FileBytes,
  request: Pick<SourceRequest, 'labelsKey' | 'zipEncoding'> = {},
  signal?: AbortSignal,
): Promise<ImageSource> {
  try {
    const directory = await readZipDirectory(file, signal, request.zipEncoding);
    const { entries: all, problems, remarks } = usableEntries(directory);
    if (all.length === 0)
      throw new UserError(`${file.name} holds no files; choose another archive.`, {
        code: 'unreadable',
        file: file.name,
      });
    if (all.every((entry) => entry.encrypted)) {
      throw new UserError(`${file.name} is encrypted; unpack it with its password and choose the folder.`, {
        code: 'unreadable',
        file: file.name,
      });
    }
    const usable = new Map(all.filter((entry) => !problems.has(entry)).map((entry) => [entry.name, entry]));
    const read = (entry: ZipEntry): Promise<Uint8Array> =>
      readEntry(entry.name, entry.size, (length) => readZipEntry(file, entry, length));
    const listing = {
      files: all.map((entry) => entry.name),
      read: async (name: string) => {
        const entry = usable.get(name);
        if (entry === undefined) throw new UnusableImage('left out');
        return mayHoldLabels(name, entry.size) ? readZipEntry(file, entry, entry.size) : read(entry);
      },
    };
    const labelling = await findLabelling(listing, request, file.name, signal);
    const files = new Set(labelling.files);
    const entries = all.filter((entry) => files.has(entry.name));
    return indexedSource({
      kind: 'zip',
      description: `A zip archive with ${labelling.words}.`,
      total: entries.length,
      classNames: labelling.names,
      unlabelled: labelling.unlabelled,
      shape: null,
      item(index) {
        const entry = entries[index]!;
        const reason = problems.get(entry);
        if (reason !== undefined) return { skipped: { file: entry.name, reason } };
        return {
          file: entry.name,
          className: labelling.classOf(entry.name),
          content: { kind: 'encoded', read: () => read(entry) },
        };
      },
      remarks,
      close: () => file.close(),
    });
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** Files that are no clutter, and why some of them are left out all the same. */
function usableEntries(directory: ZipDirectory): {
  entries: ZipEntry[];
  problems: ReadonlyMap<ZipEntry, string>;
  remarks: readonly string[];
} {
  const files = directory.entries.filter((entry) => !entry.isFolder || entry.size > 0);
  const clutter = findClutter(files.map(({ name }) => name));
  const entries = files.filter(({ name }) => !clutter.has(name));
  const problems = new Map<ZipEntry, string>();
  const seen = new Set<string>();
  for (const [i, entry] of entries.entries()) {
    const before = entries[i - 1];
    const overlaps =
      before !== undefined && before.offset + LOCAL_HEADER + before.compressedSize > entry.offset;
    const reason =
      nameProblem(entry.name) ??
      (entry.isFolder ? 'its name is that of a folder' : null) ??
      (entry.isLink ? 'a symbolic link' : null) ??
      (entry.encrypted ? 'encrypted' : null) ??
      (seen.has(entry.name) ? 'an earlier entry has the same name' : null) ??
      (overlaps ? 'its data overlaps that of another entry' : null);
    seen.add(entry.name);
    if (reason !== null) problems.set(entry, reason);
  }
  return { entries, problems, remarks: [...directory.remarks, ...clutter.remarks] };
}

/** Where an entry's compressed data begins. @throws UnusableImage when its local header is damaged */
export async function zipDataStart(bytes: RandomBytes, entry: ZipEntry): Promise<number> {
  const header = Buffer.from(await bytes.read(entry.offset, LOCAL_HEADER));
  if (header.length < LOCAL_HEADER || header.readUInt32LE(0) !== LOCAL_SIGNATURE) {
    throw damaged('its header in the zip archive is not where it should be');
  }
  return entry.offset + LOCAL_HEADER + header.readUInt16LE(26) + header.readUInt16LE(28);
}

/**
 * The first `length` bytes of an entry; when that is all of it, its checksum is compared.
 *
 * @throws UnusableImage when it is damaged or compressed in a way that is not read
 */
export async function readZipEntry(bytes: RandomBytes, entry: ZipEntry, length: number): Promise<Uint8Array> {
  if (entry.method !== STORED && entry.method !== DEFLATED) {
    throw new UnusableImage(
      `compressed in a way that is not read (zip method ${entry.method}); unpack the archive and choose the folder`,
    );
  }
  const start = await zipDataStart(bytes, entry);
  const whole = length >= entry.size;
  if (entry.method === STORED) {
    const data = await bytes.read(start, Math.min(length, entry.compressedSize));
    if (data.length < length) throw damaged('the zip archive ends within it');
    return whole ? checked(data, entry) : data;
  }
  const wanted = whole ? entry.compressedSize : Math.min(entry.compressedSize, ENOUGH_FOR_HEAD + length);
  const compressed = await bytes.read(start, wanted);
  if (compressed.length < wanted) throw damaged('the zip archive ends within it');
  if (!whole) {
    try {
      return zlib
        .inflateRawSync(compressed, { finishFlush: zlib.constants.Z_SYNC_FLUSH })
        .subarray(0, length);
    } catch {
      throw damaged('its compressed data is damaged');
    }
  }
  try {
    // A byte more than there should be, so that too many are noticed.
    return checked(zlib.inflateRawSync(compressed, { maxOutputLength: entry.size + 1 }), entry);
  } catch (error) {
    if (error instanceof UnusableImage) throw error;
    if (errorCode(error) === 'ERR_BUFFER_TOO_LARGE') throw damaged('it is larger than the zip archive says');
    throw damaged('its compressed data is damaged');
  }
}

function checked(data: Uint8Array, entry: ZipEntry): Uint8Array {
  if (data.length !== entry.size) throw damaged('its size is not what the zip archive says');
  if (crc32(data) !== entry.crc32) throw damaged('its checksum is not what the zip archive says');
  return data;
}
