/** A folder of images with its sub-folders, and several image files. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { readProblem } from '../../files.ts';
import { readBytes, readText } from '../../read-file.ts';
import { EXPORT_NOTE, readExportedFolder } from './exported-folder.ts';
import { readImageFile } from './image-file.ts';
import { mayHoldLabels } from './label-files.ts';
import { findLabelling } from './labelling.ts';
import { type FolderListing, listFiles } from './list-files.ts';
import { indexedSource } from './indexed.ts';
import type { ImageSource, SourceItem, SourceRequest } from './source.ts';
import { imagesOf } from './words.ts';

/**
 * A folder of image files, its sub-folders too, in the order of their paths; how their classes are found is told at
 * `findLabelling`.
 *
 * @param listed the folder's files when they are known already
 * @throws UserError when the folder is none, empty or cannot be read
 */
export async function openFolder(
  folder: string,
  signal?: AbortSignal,
  listed?: FolderListing,
  request: Pick<SourceRequest, 'labelsKey'> = {},
): Promise<ImageSource> {
  const root = path.resolve(folder);
  if (listed === undefined) await checkIsFolder(root);
  const { files: all, rawPaths, unreadable, remarks } = listed ?? (await listFiles(root, signal));
  if (all.length + unreadable.length === 0)
    throw new UserError(`${root} is empty; choose a folder with images.`, { code: 'unreadable', file: root });
  const whole = (file: string): string | Uint8Array => rawPaths.get(file) ?? path.join(root, file);
  const own = all.includes(EXPORT_NOTE)
    ? readExportedFolder(all, await readText(path.join(root, EXPORT_NOTE)).catch(() => ''))
    : null;
  const read = (file: string): Promise<Uint8Array> => readFolderFile(file, whole(file));
  const listing = { files: own?.files ?? all, read, ...(own !== null && { folders: own }) };
  const labelling = await findLabelling(listing, request, root, signal);
  const { files, names, unlabelled, classOf, words } = labelling;
  return indexedSource({
    kind: 'folder',
    description: `A folder with ${words}.`,
    total: files.length + unreadable.length,
    remarks,
    classNames: names,
    unlabelled,
    shape: null,
    item(index) {
      const file = files[index];
      if (file === undefined) return { skipped: unreadable[index - files.length]! };
      const item = itemOf(file, whole(file), classOf(file));
      return own === null ? item : { ...item, heldOut: own.isHeldOut(file) };
    },
  });
}

/** An image, or a file of labels. */
async function readFolderFile(file: string, whole: string | Uint8Array): Promise<Uint8Array> {
  if (typeof whole !== 'string' || !mayHoldLabels(file, 0)) return readImageFile(whole);
  try {
    const { size } = await fs.stat(whole);
    return mayHoldLabels(file, size) ? await readBytes(whole) : new Uint8Array();
  } catch (error) {
    throw readProblem(error, whole);
  }
}

async function checkIsFolder(root: string): Promise<void> {
  let isFolder: boolean;
  try {
    isFolder = (await fs.stat(root)).isDirectory();
  } catch (error) {
    throw readProblem(error, root);
  }
  if (!isFolder)
    throw new UserError(`${root} is a file, not a folder; choose the folder it lies in.`, {
      code: 'unreadable',
      file: root,
    });
}

function itemOf(file: string, whole: string | Uint8Array, className: string | null): SourceItem {
  return {
    file,
    className,
    content: { kind: 'encoded', path: whole, read: async () => readImageFile(whole) },
  };
}

/**
 * Image files that were chosen one by one, in the order given, without classes.
 *
 * @throws UserError when one does not exist or is a folder
 */
export async function openFiles(files: readonly string[]): Promise<ImageSource> {
  const paths = files.map((file) => path.resolve(file));
  for (const file of paths) {
    let isFolder: boolean;
    try {
      isFolder = (await fs.stat(file)).isDirectory();
    } catch (error) {
      throw readProblem(error, file);
    }
    if (isFolder)
      throw new UserError(`${file} is a folder among single files; import it by itself.`, {
        code: 'unreadable',
        file: file,
      });
  }
  return indexedSource({
    kind: 'files',
    description: `${imagesOf(paths, 0)}${paths.length > 1 ? ', chosen one by one' : ''}.`,
    total: paths.length,
    classNames: null,
    unlabelled: 0,
    shape: null,
    item: (index) => itemOf(path.basename(paths[index]!), paths[index]!, null),
  });
}
