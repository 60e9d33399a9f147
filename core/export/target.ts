/** What the name of an export's target promises: a file of some format, or a folder. */
import path from 'node:path';
import { UserError } from '../errors.ts';
import { isFolder } from '../files.ts';

/** Endings that nobody gives to a folder. */
const FILE_ENDINGS = new Set(
  [
    'png jpg jpeg jpe jfif webp gif bmp dib tif tiff avif heic heif jxl ico svg pdf eps ps psd ppm pgm pbm pnm exr tga',
    'mp4 mov webm mkv avi zip tar tgz gz bz2 xz zst 7z rar npy npz parquet arrow h5 hdf5 mat tfrecord lmdb',
    'safetensors pt pth ckpt bin onnx pkl pickle msgpack csv tsv json jsonl txt md html htm xml yaml yml',
  ].flatMap((line) => line.split(' ')),
);

function isFileName(target: string): boolean {
  return FILE_ENDINGS.has(path.extname(target).slice(1).toLowerCase());
}

/**
 * Refuses a name that promises a file where a folder is to be written. A folder of that name may be there already.
 *
 * @param instead what to give, `a folder` for instance
 * @throws UserError in one sentence
 */
export async function checkFolderName(target: string, instead: string): Promise<void> {
  if (!isFileName(target) || (await isFolder(target))) return;
  throw new UserError(
    `${target} has the name of a ${endingOf(target)} file, but a folder is written; give ${instead}.`,
  );
}

/** @throws UserError in one sentence when the name promises another format than `ending`, `.png` for instance */
export function checkFileName(target: string, ending: string, what: string): void {
  if (target.toLowerCase().endsWith(ending) || !isFileName(target)) return;
  const format = ending.slice(1);
  throw new UserError(
    `${target} has the name of a ${endingOf(target)} file, but ${what} are written as ${format === 'png' ? 'PNG' : format}; give a name that ends in ${ending}.`,
  );
}

function endingOf(target: string): string {
  return path.extname(target).toLowerCase();
}
