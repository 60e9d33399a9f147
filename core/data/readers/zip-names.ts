/**
 * Names of a zip archive's entries. Each is decoded by what says its encoding: the flag for UTF-8, the Unicode Path extra
 * field of Info-ZIP, its bytes being UTF-8; what is left is guessed, by all such names together. (PKWARE APPNOTE 6.3.10,
 * 4.4.4 bit 11, 4.6.9 and appendix D.)
 */
import { crc32 } from '../../crc32.ts';
import { decodeName, type NameEncoding } from './name-encoding.ts';
import { guessEncoding } from './name-guess.ts';

/** What the archive holds of a name. */
export interface RawName {
  raw: Uint8Array;
  /** Bit 11: the name is UTF-8. */
  saysUtf8: boolean;
  extraFields: readonly { id: number; data: Uint8Array }[];
  /** Upper byte of `version made by`: the system whose rules names follow. */
  host: number;
}

export interface ZipNames {
  /** With `/` between their parts. */
  names: string[];
  /** The encoding that was guessed for some of them; null when none was. */
  guessed: NameEncoding | null;
}

const UNICODE_PATH = 0x7075;
/** MS-DOS, NTFS (by two numbers) and VFAT: systems whose names hold no backslash. */
const FAT = 0;
const BACKSLASH_SEPARATES = new Set([FAT, 10, 11, 14]);

/**
 * Decodes the names of an archive.
 *
 * @param chosen encoding of all names that the archive itself does not tell the encoding of
 */
export function zipNames(all: readonly RawName[], chosen?: NameEncoding): ZipNames {
  const told = all.map((one) => toldName(one, chosen));
  const open = all.filter((_, i) => told[i] === null);
  let encoding = chosen ?? null;
  if (encoding === null && open.length > 0) {
    const ofDos = open.filter(({ host }) => host === FAT).length;
    encoding = guessEncoding(
      open.map(({ raw }) => raw),
      ofDos > open.length / 2 ? 'cp437' : 'cp1252',
    );
  }
  const names = all.map((one, i) => {
    const text = told[i] ?? decodeName(one.raw, encoding ?? 'cp437') ?? decodeName(one.raw, 'cp437')!;
    return withSlashes(text, one.host);
  });
  return { names, guessed: chosen === undefined && open.length > 0 ? encoding : null };
}

/** The name where its encoding is known; else null. */
function toldName({ raw, saysUtf8, extraFields }: RawName, chosen: NameEncoding | undefined): string | null {
  const utf8 = decodeName(raw, 'utf-8');
  if (saysUtf8 && utf8 !== null) return utf8;
  const isAscii = raw.every((byte) => byte < 128);
  return unicodePath(raw, extraFields) ?? (chosen === undefined || isAscii ? utf8 : null);
}

/** The name as the extra field has it; null when there is none or it is that of a former name. */
function unicodePath(raw: Uint8Array, fields: RawName['extraFields']): string | null {
  const data = fields.find(({ id }) => id === UNICODE_PATH)?.data;
  if (data === undefined || data.length < 6 || data[0] !== 1) return null;
  if (Buffer.from(data).readUInt32LE(1) !== crc32(raw)) return null;
  return decodeName(data.subarray(5), 'utf-8');
}

/** Backslashes that were decoded as such separate where the system knows no others, or the name has nothing else to. */
function withSlashes(name: string, host: number): string {
  const separates = BACKSLASH_SEPARATES.has(host) || !name.includes('/');
  return (separates ? name.replaceAll('\\', '/') : name).replace(/^(?:\.\/+)+/, '');
}
