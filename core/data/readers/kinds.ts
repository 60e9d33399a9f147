/** What kind of source a file is, by its content. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { foreignImage, type ImageFormat, imageFormat } from '../decode/format.ts';
import { type FileBytes, unpack } from './bytes.ts';
import { CIFAR_HEAD_BYTES, cifarForm } from './cifar.ts';
import { IDX_HEAD_BYTES, readIdxHeader } from './idx.ts';
import { isNpy } from './npy-header.ts';
import { isNpz } from './npz.ts';
import { isTarHeader, TAR_BLOCK } from './tar-headers.ts';
import { readZipDirectory } from './zip-directory.ts';

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
 * @throws UserError when it is empty or nothing that images can be read from, with what to do
 */
export async function fileKind(file: FileBytes, signal?: AbortSignal): Promise<FileKind> {
  const { name, size } = file;
  if (size === 0) throw new UserError(`${name} is empty; choose another file.`);
  const head = await file.read(0, CIFAR_HEAD_BYTES);
  const text = Buffer.from(head.subarray(0, 64)).toString('latin1');
  const format = imageFormat(head);
  if (format !== null) return { kind: 'image', format };
  if (['PK\x03\x04', 'PK\x05\x06', 'PK\x07\x08'].some((start) => text.startsWith(start))) {
    return { kind: isNpz(await readZipDirectory(file, signal)) ? 'npz' : 'zip' };
  }
  if (text.startsWith('\x1f\x8b')) return gzipKind(file);
  if (isTarHeader(head.subarray(0, TAR_BLOCK))) return { kind: 'tar', gzip: false };
  if (isNpy(head)) return { kind: 'npy' };
  if (text.startsWith('PAR1')) return { kind: 'parquet' };
  if (readIdxHeader(head) !== null) return { kind: 'idx' };
  if (cifarForm(size, head) !== null) return { kind: 'cifar' };
  throw foreignFile(name, head, text);
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
  );
}

function foreignFile(name: string, head: Uint8Array, text: string): UserError {
  const image = foreignImage(head);
  if (image !== null) return new UserError(`${name} is ${image}, which is not read; save it as PNG.`);
  for (const [start, what, advice] of FOREIGN) {
    if (text.startsWith(start)) return new UserError(`${name} is ${what}, which is not read; ${advice}.`);
  }
  // Protocol 2 to 5; the older ones are text.
  if (head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5) {
    return new UserError(
      `${name} is a Python pickle, which is never opened because it may run code; ${SAVE}.`,
    );
  }
  return new UserError(
    `${name} is nothing that images can be read from; choose a folder, a zip or tar archive, an image, or an IDX, CIFAR, npy, npz or Parquet file.`,
  );
}

/** @throws UserError when a path is neither a file nor a folder */
export async function isFolder(name: string): Promise<boolean> {
  const stat = await fs.stat(name);
  if (stat.isDirectory()) return true;
  if (stat.isFile()) return false;
  throw new UserError(`${path.resolve(name)} is neither a file nor a folder; choose one of these.`);
}
