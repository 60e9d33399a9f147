/**
 * The headers of tar archives: ustar, pax and GNU. Read here because plain tar files are read by position, which needs
 * to know where each member lies.
 */
import { UserError } from '../../errors.ts';
import type { ByteStream } from './bytes.ts';
import { decodeName } from './name-encoding.ts';
import { octal, octalOrBinary, untilZero } from './tar-numbers.ts';
import { oldSparseNumbers, sparseRecords, type SparseRun, sparseRuns } from './tar-sparse.ts';

export const TAR_BLOCK = 512;
/** A pax header, a long name or a map of holes with more bytes than this is none. */
const MAX_EXTENSION = 2 ** 20;
/** Zeros behind the end of an archive that are looked through for another one: the largest record of any tape. */
const MAX_ZEROS = 16 * 2 ** 20;

export interface TarMember {
  name: string;
  /** Of the file, with its holes. */
  size: number;
  kind: 'file' | 'hard link' | 'symbolic link' | 'special' | 'folder';
  /** Where its data begins, in the unpacked archive. */
  offset: number;
  /** Bytes stored of it. */
  stored: number;
  /** The stretches that are stored where the file has holes; else null. */
  runs: readonly SparseRun[] | null;
  /** What a link leads to; empty for all else. */
  target: string;
  /** Why it cannot be read, in few words; null when it can. */
  problem: string | null;
}

/** What was found behind the members, once all have been read. */
export interface TarEnd {
  /** The empty blocks that end an archive are there. */
  marked: boolean;
  /** Archives one after another. */
  archives: number;
  /** Bytes behind the last one. */
  behind: number;
}

export interface TarReading {
  /** Tells how much of the current member's data the consumer has read. */
  consumed?: () => number;
  /** Names that are not UTF-8. */
  decode?: (raw: Uint8Array) => string;
  /** Told at the end. */
  onEnd?: (end: TarEnd) => void;
}

/** True for the first block of a tar archive: its checksum holds. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length < TAR_BLOCK) return false;
  let sum = 0;
  for (let i = 0; i < TAR_BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : block[i]!;
  const told = octal(block.subarray(148, 156));
  return told !== null && told === sum && sum > 8 * 32;
}

/** Names as bytes become text one by one: the bytes that are no UTF-8 stand for themselves. */
const asLatin1 = (raw: Uint8Array): string => Buffer.from(raw).toString('latin1');

/**
 * The members of a tar archive in their order, and of further archives behind it. The consumer may read a member's data
 * from the stream before it asks for the next member; what it leaves is passed over.
 *
 * @throws UserError when a header is damaged or the archive ends within a member
 */
export async function* tarMembers(
  stream: ByteStream,
  { consumed = () => 0, decode = asLatin1, onEnd }: TarReading = {},
): AsyncGenerator<TarMember> {
  const { name: archive } = stream;
  const text = (raw: Uint8Array): string => decodeName(raw, 'utf-8') ?? decode(raw);
  const withoutDots = (name: string): string => name.replace(/^(?:\.\/+)+/, '');
  let position = 0;
  let globals: Records = noRecords();
  let locals: Records = noRecords();
  const end: TarEnd = { marked: false, archives: 1, behind: 0 };

  async function nextBlock(): Promise<Uint8Array> {
    const block = await stream.read(TAR_BLOCK);
    position += block.length;
    return block;
  }

  async function blocks(size: number): Promise<Uint8Array> {
    if (size > MAX_EXTENSION) throw damagedTar(archive);
    const data = await stream.read(Math.ceil(size / TAR_BLOCK) * TAR_BLOCK);
    position += data.length;
    if (data.length < size) throw endsEarly(archive);
    return data.subarray(0, size);
  }

  /** The first block of the next archive, behind the end of one; null when there is none. */
  async function nextArchive(): Promise<Uint8Array | null> {
    end.marked = true;
    for (let zeros = 0; zeros < MAX_ZEROS; zeros += TAR_BLOCK) {
      const block = await nextBlock().catch((error: unknown) => {
        // What is damaged behind the end does no harm.
        if (error instanceof UserError) return null;
        throw error;
      });
      if (block === null || block.length === 0) return null;
      if (block.every((byte) => byte === 0)) continue;
      if (isTarHeader(block)) {
        end.archives++;
        end.marked = false;
        return block;
      }
      end.behind = block.length + (await stream.skip(Number.MAX_SAFE_INTEGER));
      return null;
    }
    return null;
  }

  /** The map before the data in format 1.0 of pax: a count, then offsets and lengths, a number a line. */
  async function mapInData(stored: number): Promise<{ numbers: string[]; bytes: number }> {
    let read = '';
    let bytes = 0;
    for (;;) {
      const lines = read.split('\n');
      const count = lines.length > 1 ? 2 * Number(lines[0]) : Infinity;
      if (Number.isNaN(count)) return { numbers: ['?'], bytes };
      if (lines.length > count + 1) return { numbers: lines.slice(1, 1 + count), bytes };
      if (bytes + TAR_BLOCK > Math.min(stored, MAX_EXTENSION)) return { numbers: ['?'], bytes };
      const block = await nextBlock();
      if (block.length < TAR_BLOCK) throw endsEarly(archive);
      bytes += block.length;
      read += asLatin1(block);
    }
  }

  /** The map of an old GNU header, which goes on in blocks of its own. */
  async function oldMap(block: Uint8Array): Promise<string[]> {
    let { numbers, ended } = oldSparseNumbers(block.subarray(386, 482), 4);
    let goesOn = block[482] !== 0;
    while (goesOn) {
      const more = await nextBlock();
      if (more.length < TAR_BLOCK) throw endsEarly(archive);
      if (numbers.length > MAX_EXTENSION / 24) throw damagedTar(archive);
      const part = oldSparseNumbers(more, 21);
      if (!ended) numbers = [...numbers, ...part.numbers];
      ended ||= part.ended;
      goesOn = more[504] !== 0;
    }
    return numbers;
  }

  for (;;) {
    let block: Uint8Array | null = await nextBlock();
    // Without the empty blocks at the end, nobody knows whether more files were to follow.
    if (block.length === 0 && locals.texts.size === 0) break;
    if (block.length < TAR_BLOCK) throw endsEarly(archive);
    if (block.every((byte) => byte === 0)) {
      block = await nextArchive();
      if (block === null) break;
      globals = noRecords();
    }
    if (!isTarHeader(block)) throw damagedTar(archive);
    const type = String.fromCharCode(block[156]!);
    const told = octalOrBinary(block.subarray(124, 136));
    if (told === null) throw damagedTar(archive);
    if (type === 'x' || type === 'X') {
      locals = merged(locals, paxRecords(await blocks(told), archive, text));
      continue;
    }
    if (type === 'g') {
      globals = paxRecords(await blocks(told), archive, text);
      continue;
    }
    if (type === 'L' || type === 'K') {
      locals.texts.set(type === 'L' ? 'path' : 'linkpath', text(untilZero(await blocks(told))));
      continue;
    }
    const { texts, runs: paxRuns } = merged(globals, locals);
    locals = noRecords();
    const kind = kindOf(type, block);
    const isLink = kind === 'hard link' || kind === 'symbolic link';
    const onTape = isLink ? 0 : (paxSize(texts.get('size'), archive) ?? told);
    let stored = onTape;
    let mapBytes = 0;
    let size = onTape;
    let numbers: readonly string[] | null = null;
    const pax = kind === 'file' ? sparseRecords(texts, paxRuns) : null;
    if (pax !== null) {
      size = paxSize(pax.size, archive) ?? onTape;
      numbers = pax.numbers;
      if (pax.mapInData) ({ numbers, bytes: mapBytes } = await mapInData(onTape));
      stored -= mapBytes;
    } else if (type === 'S') {
      size = octalOrBinary(block.subarray(483, 495)) ?? -1;
      numbers = await oldMap(block);
    }
    const runs = numbers === null ? null : sparseRuns(numbers, stored, size);
    const name = withoutDots(pax?.name ?? texts.get('path') ?? text(nameOf(block)));
    const target = isLink
      ? withoutDots(texts.get('linkpath') ?? text(untilZero(block.subarray(157, 257))))
      : '';
    const isFolder = kind === 'folder' || (kind === 'file' && name.endsWith('/') && size === 0);
    const problem =
      numbers !== null && runs === null ? 'damaged or truncated (its map of holes does not fit)' : null;
    if (type !== 'V') {
      yield { name, size, kind: isFolder ? 'folder' : kind, offset: position, stored, runs, target, problem };
    }
    const padded = Math.ceil(onTape / TAR_BLOCK) * TAR_BLOCK - mapBytes;
    const have = consumed();
    const passed = await stream.skip(padded - have);
    position += padded;
    if (passed + have < stored) throw endsEarly(archive);
  }
  onEnd?.(end);
}

function kindOf(type: string, block: Uint8Array): TarMember['kind'] {
  if (type === '1') return 'hard link';
  if (type === '2') return 'symbolic link';
  if (type === '5' || type === 'D') return 'folder';
  if (type === '3' || type === '4' || type === '6' || type === 'M') return 'special';
  // GNU tar takes kinds it does not know for files.
  return type === '\0' && nameOf(block).at(-1) === 47 ? 'folder' : 'file';
}

function nameOf(block: Uint8Array): Uint8Array {
  const name = untilZero(block.subarray(0, 100));
  const isUstar = Buffer.from(block.subarray(257, 262)).toString('latin1') === 'ustar';
  // GNU's older form, `ustar` and two blanks, has times where the prefix is.
  const hasPrefix = isUstar && block[262] === 0 && block[345] !== 0;
  return hasPrefix ? Buffer.concat([untilZero(block.subarray(345, 500)), Buffer.from('/'), name]) : name;
}

/** The records of extended headers: by their keys, and those that may come again and again. */
interface Records {
  texts: Map<string, string>;
  /** Offsets and lengths of a sparse file in format 0.0, by turns. */
  runs: readonly string[];
}

const noRecords = (): Records => ({ texts: new Map(), runs: [] });

function merged(before: Records, after: Records): Records {
  return { texts: new Map([...before.texts, ...after.texts]), runs: [...before.runs, ...after.runs] };
}

/** `30 path=some/long/name\n` and so on; the number is the record's length in bytes. */
function paxRecords(data: Uint8Array, archive: string, text: (raw: Uint8Array) => string): Records {
  const texts = new Map<string, string>();
  const runs: string[] = [];
  for (let at = 0; at < data.length;) {
    const blank = data.indexOf(32, at);
    const length = blank < 0 ? NaN : Number(asLatin1(data.subarray(at, blank)));
    if (!(length > blank - at) || at + length > data.length) throw damagedTar(archive);
    const record = data.subarray(blank + 1, at + length - 1);
    const equals = record.indexOf(61);
    if (equals > 0) {
      const key = asLatin1(record.subarray(0, equals));
      const value = text(record.subarray(equals + 1));
      if (key === 'GNU.sparse.offset' || key === 'GNU.sparse.numbytes') runs.push(value);
      else texts.set(key, value);
    }
    at += length;
  }
  return { texts, runs };
}

function paxSize(told: string | undefined, archive: string): number | null {
  if (told === undefined) return null;
  const size = Number(told);
  if (!/^\d+$/.test(told) || !Number.isSafeInteger(size)) throw damagedTar(archive);
  return size;
}

function damagedTar(name: string): UserError {
  return new UserError(
    `${name} is damaged: a header of the tar archive cannot be read; copy or download it again.`,
    { code: 'unreadable', file: name },
  );
}

function endsEarly(name: string): UserError {
  return new UserError(
    `${name} is cut off: the end of the tar archive is missing; copy or download it again.`,
    { code: 'unreadable', file: name },
  );
}
