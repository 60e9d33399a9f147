/** Headers of npy files (https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html). */
import { elementCount } from '../../shape.ts';
import { UserError } from '../../errors.ts';
import type { ByteStream } from './bytes.ts';
import { MAX_NPY_HEADER_BYTES } from './caps.ts';
import type { NumberType } from './numbers.ts';
import { countOf } from '../../words.ts';

/** What the numbers are: numbers, or texts of so many bytes each. */
export type NpyType =
  | NumberType
  | { kind: 'S'; size: number; littleEndian: boolean }
  | { kind: 'U'; size: number; littleEndian: boolean };

export interface NpyHeader {
  type: NpyType;
  fortran: boolean;
  shape: number[];
  headerBytes: number;
}

const MAGIC = '\x93NUMPY';

export function isNpy(head: Uint8Array): boolean {
  return Buffer.from(head.buffer, head.byteOffset, Math.min(6, head.byteLength)).toString('latin1') === MAGIC;
}

/**
 * Reads the header at the start of a stream.
 *
 * @param name of the array, for the sentence
 * @throws UserError when it is damaged, too long, or tells of Python objects or records
 */
export async function readNpyHeader(stream: ByteStream, name: string): Promise<NpyHeader> {
  const start = Buffer.from(await stream.read(8));
  if (start.length < 8 || !isNpy(start))
    throw new UserError(`${name} is not an npy file; choose one that numpy.save wrote.`, {
      code: 'unreadable',
      file: name,
    });
  const version = start[6]!;
  if (version < 1 || version > 3) {
    throw new UserError(
      `${name} is an npy file of version ${version}.${start[7]!}, of which 1 to 3 can be read; save it with numpy.save.`,
      { code: 'unreadable', file: name },
    );
  }
  const lengthBytes = version === 1 ? 2 : 4;
  const told = Buffer.from(await stream.read(lengthBytes));
  if (told.length < lengthBytes) throw cutOff(name);
  const length = told.readUIntLE(0, lengthBytes);
  if (length > MAX_NPY_HEADER_BYTES) {
    throw new UserError(
      `${name} is damaged: its header says that it is ${countOf(length, 'byte')} long; copy or download it again.`,
      { code: 'unreadable', file: name },
    );
  }
  const text = Buffer.from(await stream.read(length)).toString(version === 3 ? 'utf8' : 'latin1');
  if (text.length < length && version !== 3) throw cutOff(name);
  return { ...parseHeader(text, name), headerBytes: 8 + lengthBytes + length };
}

/** The header is a Python dictionary of exactly three keys, written as text. */
function parseHeader(text: string, name: string): Omit<NpyHeader, 'headerBytes'> {
  const damaged = (): UserError =>
    new UserError(`${name} is damaged: its header cannot be read; copy or download it again.`, {
      code: 'unreadable',
      file: name,
    });
  const dictionary = /^\{(.*)\}\s*$/s.exec(text)?.[1];
  if (dictionary === undefined) throw damaged();
  const key = (key: string, value: string): string | undefined =>
    new RegExp(`(?:^|[,\\s])['"]${key}['"]\\s*:\\s*(?:${value})\\s*(?:,|$)`, 's')
      .exec(dictionary)
      ?.slice(1)
      .join('');
  const shape = key('shape', '\\(([^()]*)\\)');
  const fortran = key('fortran_order', '(True|False)');
  const descr = key('descr', `'([^']*)'|"([^"]*)"`);
  if (/['"]descr['"]\s*:\s*[[(]/.test(dictionary)) {
    throw new UserError(
      `${name} holds records of several fields; save the images alone as an array of numbers.`,
      { code: 'unreadable', file: name },
    );
  }
  if (shape === undefined || fortran === undefined || descr === undefined) throw damaged();
  const axes = shape
    .split(',')
    .map((axis) => axis.trim().replace(/L$/, ''))
    .filter((axis) => axis !== '');
  if (!axes.every((axis) => /^\d{1,15}$/.test(axis)) || axes.length > 32) throw damaged();
  const sizes = axes.map(Number);
  if (!Number.isSafeInteger(elementCount(sizes))) throw damaged();
  return { type: parseType(descr, name, damaged), fortran: fortran === 'True', shape: sizes };
}

function parseType(descr: string, name: string, damaged: () => UserError): NpyType {
  const [, order = '|', kind = '', digits = ''] = /^([<>|=]?)([A-Za-z?])(\d*)(?:\[.*\])?$/.exec(descr) ?? [];
  const littleEndian = order !== '>';
  const size = Number(digits);
  if (kind === 'O') {
    throw new UserError(
      `${name} holds Python objects, which are never opened because they may run code; save it as an array of numbers.`,
      { code: 'unreadable', file: name },
    );
  }
  if (kind === '?') return { kind: 'b', size: 1, littleEndian };
  if (kind === 'S' || kind === 'a') return { kind: 'S', size, littleEndian };
  if (kind === 'U') return { kind: 'U', size: size * 4, littleEndian };
  if (kind === 'b' && size === 1) return { kind, size, littleEndian };
  if ((kind === 'u' || kind === 'i') && (size === 1 || size === 2 || size === 4 || size === 8)) {
    return { kind, size, littleEndian };
  }
  if (kind === 'f' && (size === 2 || size === 4 || size === 8)) return { kind, size, littleEndian };
  if (kind === '') throw damaged();
  const what =
    { c: 'complex numbers', M: 'times', m: 'durations', V: 'raw bytes' }[kind] ??
    `numbers of the type "${descr}"`;
  throw new UserError(`${name} holds ${what}, which are no pixels; save the images as uint8 or float32.`, {
    code: 'unreadable',
    file: name,
  });
}

function cutOff(name: string): UserError {
  return new UserError(`${name} is cut off: it ends within its header; copy or download it again.`, {
    code: 'unreadable',
    file: name,
  });
}
