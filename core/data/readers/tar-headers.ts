/**
 * The headers of tar archives: ustar, pax and GNU. Read here because plain tar files are read by position, which needs
 * to know where each member lies.
 */
import { UserError } from '../../errors.ts';
import type { ByteStream } from './bytes.ts';

export const TAR_BLOCK = 512;
/** A pax header or a long name with more bytes than this is none. */
const MAX_EXTENSION = 2 ** 20;

export interface TarMember {
  name: string;
  size: number;
  kind: 'file' | 'link' | 'other';
  /** Where its data begins, in the unpacked archive. */
  offset: number;
}

/** True for the first block of a tar archive: its checksum holds. */
export function isTarHeader(block: Uint8Array): boolean {
  if (block.length < TAR_BLOCK) return false;
  let sum = 0;
  for (let i = 0; i < TAR_BLOCK; i++) sum += i >= 148 && i < 156 ? 32 : block[i]!;
  const told = octal(block.subarray(148, 156));
  return told !== null && told === sum && sum > 8 * 32;
}

/**
 * The members of a tar archive in their order. The consumer may read a member's data from the stream before it asks for
 * the next member; what it leaves is passed over.
 *
 * @param consumed tells how much of the current member's data the consumer has read
 * @throws UserError when a header is damaged or the archive ends early
 */
export async function* tarMembers(
  stream: ByteStream,
  consumed: () => number = () => 0,
): AsyncGenerator<TarMember> {
  let position = 0;
  let globals: ReadonlyMap<string, string> = new Map();
  let locals = new Map<string, string>();

  async function blocks(size: number): Promise<Uint8Array> {
    if (size > MAX_EXTENSION) throw damagedTar(stream.name);
    const data = await stream.read(Math.ceil(size / TAR_BLOCK) * TAR_BLOCK);
    position += data.length;
    if (data.length < size) throw endsEarly(stream.name);
    return data.subarray(0, size);
  }

  for (;;) {
    const block = await stream.read(TAR_BLOCK);
    position += block.length;
    // Without the empty block at the end, nobody knows whether more files were to follow.
    if (block.length < TAR_BLOCK) throw endsEarly(stream.name);
    if (block.every((byte) => byte === 0)) return;
    if (!isTarHeader(block)) throw damagedTar(stream.name);
    const type = String.fromCharCode(block[156]!);
    const told = number(block.subarray(124, 136));
    if (told === null) throw damagedTar(stream.name);
    if (type === 'x') {
      locals = new Map([...locals, ...paxRecords(await blocks(told), stream.name)]);
      continue;
    }
    if (type === 'g') {
      globals = paxRecords(await blocks(told), stream.name);
      continue;
    }
    if (type === 'L') {
      locals.set('path', text(await blocks(told)));
      continue;
    }
    if (type === 'K') {
      await blocks(told);
      continue;
    }
    const size = paxSize(locals.get('size') ?? globals.get('size'), stream.name) ?? told;
    const name = (locals.get('path') ?? globals.get('path') ?? nameOf(block)).replace(/^(?:\.\/+)+/, '');
    locals = new Map();
    const isFile = type === '0' || type === '\0' || type === '7';
    const isLink = type === '1' || type === '2';
    const isFolder = isFile && name.endsWith('/');
    const offset = position;
    yield { name, size, kind: isFile && !isFolder ? 'file' : isLink ? 'link' : 'other', offset };
    const padded = Math.ceil((isLink ? 0 : size) / TAR_BLOCK) * TAR_BLOCK;
    const passed = await stream.skip(padded - consumed());
    position += padded;
    if (passed + consumed() < (isLink ? 0 : size)) throw endsEarly(stream.name);
  }
}

function nameOf(block: Uint8Array): string {
  const name = text(block.subarray(0, 100));
  const isUstar = text(block.subarray(257, 262)) === 'ustar';
  // GNU's older form, `ustar` and two blanks, has times where the prefix is.
  const hasPrefix = isUstar && block[262] === 0 && block[345] !== 0;
  return hasPrefix ? `${text(block.subarray(345, 500))}/${name}` : name;
}

/** Up to the first zero. */
function text(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString('utf8');
}

function octal(bytes: Uint8Array): number | null {
  const digits = text(bytes).trim();
  return /^[0-7]{1,12}$/.test(digits) ? parseInt(digits, 8) : null;
}

/** Octal digits, or GNU's binary form for large numbers. */
function number(bytes: Uint8Array): number | null {
  if ((bytes[0]! & 0x80) === 0) return text(bytes).trim() === '' ? 0 : octal(bytes);
  let value = bytes[0]! & 0x3f;
  for (const byte of bytes.subarray(1)) value = value * 256 + byte;
  return bytes[0]! < 0xc0 && Number.isSafeInteger(value) ? value : null;
}

/** `30 path=some/long/name\n` and so on; the number is the record's length in bytes. */
function paxRecords(data: Uint8Array, archive: string): Map<string, string> {
  const records = new Map<string, string>();
  for (let at = 0; at < data.length;) {
    const blank = data.indexOf(32, at);
    const length = blank < 0 ? NaN : Number(Buffer.from(data.subarray(at, blank)).toString('latin1'));
    if (!(length > blank - at) || at + length > data.length) throw damagedTar(archive);
    const record = Buffer.from(data.subarray(blank + 1, at + length - 1)).toString('utf8');
    const equals = record.indexOf('=');
    if (equals > 0) records.set(record.slice(0, equals), record.slice(equals + 1));
    at += length;
  }
  return records;
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
  );
}

function endsEarly(name: string): UserError {
  return new UserError(
    `${name} is cut off: the end of the tar archive is missing; copy or download it again.`,
  );
}
