/** What kind of source a file is, by its content. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { foreignFile, type ImageFormat, imageFormat } from '../decode/format.ts';
import { type FileBytes, unpack } from './bytes.ts';
import { CIFAR_HEAD_BYTES, cifarForm } from './cifar.ts';
import { IDX_HEAD_BYTES, readIdxHeader } from './idx.ts';
import { isNpy } from './npy-header.ts';
import { isNpz } from './npz.ts';
import type { SourceKind } from './source.ts';
import { isTarHeader, TAR_BLOCK } from './tar-headers.ts';
import { formatByName } from './words.ts';
import { readZipDirectory } from './zip-directory.ts';
import { findZip } from './zip-end.ts';

/** What a file is. */
export type FileKind =
  | { kind: 'image'; format: ImageFormat }
  | { kind: 'tar'; gzip: boolean }
  | { kind: 'zip' | 'npz' | 'idx' | 'cifar' | 'npy' | 'parquet' };

const UNPACK = 'unpack it and choose the folder';
const SAVE = 'save its images with numpy.savez';

/** Beginnings of files that are known, but not read: what they are, and what to do. */
const FOREIGN: readonly [start: string, what: string, advice: string][] = [
  ['7z\xbc\xaf\x27\x1c', 'a 7-Zip archive', UNPACK],
  ['Rar!\x1a\x07', 'a RAR archive', UNPACK],
  ['\xfd7zXZ\0', 'compressed by xz', UNPACK],
  ['BZh', 'compressed by bzip2', UNPACK],
  ['\x28\xb5\x2f\xfd', 'compressed by zstd', UNPACK],
  ['\x04\x22\x4d\x18', 'compressed by LZ4', UNPACK],
  ['\x89HDF\r\n\x1a\n', 'an HDF5 file', SAVE],
  ['MATLAB 5.0 MAT-file', 'a MATLAB file', SAVE],
  ['ARROW1', 'an Arrow file', 'save it as Parquet'],
  ['SQLite format 3', 'a database', 'save its images as files'],
];

/**
 * Finds out what a file is by its content.
 *
 * @param said what it is said to be: one that begins as nothing known is left to the reader of that kind to refuse
 * @throws UserError when it is empty or nothing that images can be read from, with what to do
 */
export async function fileKind(
  file: FileBytes,
  signal?: AbortSignal,
  said: SourceKind | null = null,
): Promise<FileKind> {
  const { name, size } = file;
  if (size === 0)
    throw new UserError(`${name} is empty; choose another file.`, { code: 'unreadable', file: name });
  const head = await file.read(0, CIFAR_HEAD_BYTES);
  const text = Buffer.from(head.subarray(0, 64)).toString('latin1');
  const format = imageFormat(head);
  if (format !== null) return { kind: 'image', format };
  const zipKind = async (): Promise<FileKind> => ({
    kind: isNpz((await readZipDirectory(file, signal)).entries) ? 'npz' : 'zip',
  });
  if (['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'].some((start) => text.startsWith(start))) return zipKind();
  if (text.startsWith('\x1f\x8b')) return gzipKind(file);
  if (isTarHeader(head.subarray(0, TAR_BLOCK))) return { kind: 'tar', gzip: false };
  if (isNpy(head)) return { kind: 'npy' };
  if (text.startsWith('PAR1')) return { kind: 'parquet' };
  if (readIdxHeader(head) !== null) return { kind: 'idx' };
  // Programs that unpack themselves, and what else stands before a zip archive.
  if ((await findZip(file, false)) !== null) return zipKind();
  if (cifarForm(size, head) !== null) return { kind: 'cifar' };
  const foreign = foreignSource(name, head, text);
  if (foreign !== null) throw foreign;
  if (said === 'idx' || said === 'cifar' || said === 'npy') return { kind: said };
  throw nothingKnown(name);
}

async function gzipKind(file: FileBytes): Promise<FileKind> {
  const stream = unpack(file, 'gzip');
  let head: Uint8Array;
  try {
    head = await stream.read(IDX_HEAD_BYTES);
  } finally {
    await stream.close();
  }
  if (isTarHeader(head.subarray(0, TAR_BLOCK))) return { kind: 'tar', gzip: true };
  if (readIdxHeader(head) !== null) return { kind: 'idx' };
  throw new UserError(
    `${file.name} is compressed by gzip, but holds neither a tar archive nor IDX data; unpack it and choose what is in it.`,
    { code: 'unreadable', file: file.name },
  );
}

function foreignSource(name: string, head: Uint8Array, text: string): UserError | null {
  const known = foreignFile(head);
  if (known !== null)
    return new UserError(`${name} is ${known.what}, which is not read; ${known.advice}.`, {
      code: 'unreadable',
      file: name,
    });
  for (const [start, what, advice] of FOREIGN) {
    if (text.startsWith(start))
      return new UserError(`${name} is ${what}, which is not read; ${advice}.`, {
        code: 'unreadable',
        file: name,
      });
  }
  // Protocol 2 to 5; the older ones are text.
  if (head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5) {
    return new UserError(
      `${name} is a Python pickle, which is never opened because it may run code; ${SAVE}.`,
      { code: 'unreadable', file: name },
    );
  }
  return null;
}

function nothingKnown(name: string): UserError {
  const promised = promisedBy(name);
  if (promised !== null) {
    return new UserError(
      `${name} is not ${promised} as its name says: it does not begin as one; copy or download it again.`,
      { code: 'unreadable', file: name },
    );
  }
  return new UserError(
    `${name} is nothing that images can be read from; choose a folder, a zip or tar archive, an image, or an IDX, CIFAR, npy, npz or Parquet file.`,
    { code: 'unreadable', file: name },
  );
}

/** Names of files, and what they promise. */
const PROMISES: readonly [name: RegExp, what: string][] = [
  [/\.zip$/i, 'a zip archive'],
  [/\.(?:tar|tar\.gz|tgz)$/i, 'a tar archive'],
  [/\.npy$/i, 'an npy file'],
  [/\.npz$/i, 'an npz file'],
  [/\.parquet$/i, 'a Parquet file'],
  [/(?:idx\d|ubyte)(?:\.gz)?$/i, 'an IDX file'],
  [/^(?:data_batch_\d+|test_batch)\.bin$/i, 'a batch of CIFAR in binary form'],
];

function promisedBy(name: string): string | null {
  const base = path.basename(name);
  const format = formatByName(base.toLowerCase());
  if (format !== null) return `a ${format} image`;
  return PROMISES.find(([form]) => form.test(base))?.[1] ?? null;
}

/** @throws UserError when a path is neither a file nor a folder */
export async function isFolder(name: string): Promise<boolean> {
  const stat = await fs.stat(name);
  if (stat.isDirectory()) return true;
  if (stat.isFile()) return false;
  throw new UserError(`${path.resolve(name)} is neither a file nor a folder; choose one of these.`, {
    code: 'unreadable',
    file: path.resolve(name),
  });
}
