/** The arrays in an npz file, each a member of the zip archive. */
import { elementCount } from '../../shape.ts';
import { crc32 } from '../../crc32.ts';
import { UserError } from '../../errors.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { type ByteStream, type FileBytes, streamOf, unpack } from './bytes.ts';
import { type NpyHeader, readNpyHeader } from './npy-header.ts';
import { Unreadable } from './unreadable.ts';
import { countOf, listOf } from './words.ts';
import { zipDataStart } from './zip.ts';
import type { ZipEntry } from './zip-directory.ts';

export const STORED = 0;
const DEFLATED = 8;

/** An array of the file. */
export interface Member {
  key: string;
  /** What sentences call it: `/data/set.npz: images`. */
  name: string;
  entry: ZipEntry;
  /** Where its compressed bytes begin. */
  start: number;
  /** Null when it cannot be read, with the sentence that says why. */
  header: NpyHeader | null;
  problem: UserError | null;
}

/** What can be known of an array without its data. One that cannot be read is kept, with the sentence that says why. */
export async function readMember(file: FileBytes, entry: ZipEntry): Promise<Member> {
  const key = entry.name.replace(/\.npy$/, '');
  const member: Member = { key, name: `${file.name}: ${key}`, entry, start: 0, header: null, problem: null };
  try {
    if (entry.encrypted)
      throw new Unreadable(member.name, 'is encrypted', 'save the array without a password');
    if (entry.method !== STORED && entry.method !== DEFLATED) {
      throw new Unreadable(
        member.name,
        `is compressed in a way that is not read (zip method ${entry.method})`,
        'save it with numpy.savez',
      );
    }
    member.start = await zipDataStart(file, entry);
    const stream = compressedStream(file, member);
    try {
      member.header = await readNpyHeader(stream, member.name);
    } finally {
      await stream.close();
    }
  } catch (error) {
    if (error instanceof UnusableImage) {
      member.problem = new Unreadable(member.name, `is ${error.message}`, 'copy or download the file again');
    } else if (error instanceof UserError) member.problem = error;
    else throw error;
  }
  return member;
}

function compressedStream(file: FileBytes, { entry, start, name }: Member): ByteStream {
  const named = { ...file, name };
  const end = start + entry.compressedSize;
  return entry.method === STORED ? streamOf(named, start, end) : unpack(named, 'deflate', start, end);
}

/** The data behind a member's header; at its end the checksum is compared. */
export async function openData(file: FileBytes, member: Member): Promise<ByteStream> {
  const stream = compressedStream(file, member);
  let crc = 0;
  let have = 0;
  let whole = true;
  const read = async (length: number): Promise<Uint8Array> => {
    const bytes = await stream.read(length);
    have += bytes.length;
    if (whole) crc = crc32(bytes, crc);
    if (whole && have === member.entry.size && crc !== member.entry.crc32) {
      throw new Unreadable(
        member.name,
        'is damaged: its checksum is not what the file says',
        'copy or download it again',
      );
    }
    return bytes;
  };
  await read(headerOf(member).headerBytes);
  return {
    ...stream,
    read,
    async skip(length) {
      if (length > 0) whole = false;
      return stream.skip(length);
    },
  };
}

/** @throws UserError the sentence that says why the array cannot be read, when it cannot */
export function headerOf(member: Member): NpyHeader {
  if (member.header === null) throw member.problem ?? new Error('no header');
  return member.header;
}

/** @throws UserError when the archive holds more or less of the array than its header says */
export function checkSize({ name, entry }: Member, { shape, type, headerBytes }: NpyHeader): void {
  const wanted = type.size * elementCount(shape) + headerBytes;
  if (entry.size === wanted) return;
  const told = `its header says ${countOf(wanted, 'byte')}, but the file says ${entry.size.toLocaleString('en-US')}`;
  throw new Unreadable(name, `is damaged: ${told}`, 'copy or download the file again');
}

/** @throws UserError when there is no array of that name */
export function memberOf(file: string, members: readonly Member[], key: string): Member {
  const member = members.find((some) => some.key === key);
  if (member !== undefined) return member;
  throw new UserError(`${file} has no array "${key}"; it has ${listOf(members.map((some) => some.key))}.`, {
    code: 'unreadable',
    file: file,
  });
}
