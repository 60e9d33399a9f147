/** A folder of images with its sub-folders. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { readProblem } from '../../files.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { listFiles } from '../image-file.ts';
import type { ImageSource, SourceItem } from './source.ts';
import { spread } from './spread.ts';

/**
 * A folder of image files, its sub-folders too, in the order of their paths.
 *
 * @throws UserError when the folder is none, empty or cannot be read
 */
export async function openFolder(folder: string, signal?: AbortSignal): Promise<ImageSource> {
  const root = path.resolve(folder);
  let isFolder: boolean;
  try {
    isFolder = (await fs.stat(root)).isDirectory();
  } catch (error) {
    throw readProblem(error, root);
  }
  if (!isFolder) throw new UserError(`${root} is a file; give a folder with PNG or JPEG images.`);
  const files = await listFiles(root, signal);
  if (files.length === 0) throw new UserError(`${root} is empty; choose a folder with PNG or JPEG images.`);
  const item = (file: string): SourceItem => {
    const parts = file.split('/');
    return {
      file,
      className: parts.length === 2 ? (parts[0] ?? null) : null,
      content: { kind: 'encoded', read: () => readFile(path.join(root, file)) },
    };
  };
  return {
    kind: 'folder',
    description: `A folder with ${files.length} files.`,
    total: files.length,
    classNames: null,
    shape: null,
    async *items(abort) {
      for (const file of files) {
        abort?.throwIfAborted();
        yield item(file);
      }
    },
    preview: async (count) => spread(files.length, count).map((index) => item(files[index]!)),
    close: async () => undefined,
  };
}

async function readFile(file: string): Promise<Uint8Array> {
  try {
    return await fs.readFile(file);
  } catch (error) {
    throw new UnusableImage(`cannot be read (${error instanceof Error ? error.message : String(error)})`);
  }
}
