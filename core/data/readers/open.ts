/** Opening whatever the user points at. */
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { readProblem } from '../../files.ts';
import { pagesOf } from '../decode/decode.ts';
import type { ImageFormat } from '../decode/format.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { type FileBytes, openFileBytes } from './bytes.ts';
import { cifarBatchesAmong, openCifarFiles, openCifarTar, refusePickledCifar } from './cifar.ts';
import { openFiles, openFolder } from './folder.ts';
import { readImageFile } from './image-file.ts';
import { idxImagesAmong, openIdx } from './idx.ts';
import { type FileKind, fileKind, isFolder } from './kinds.ts';
import { type FolderListing, listFiles } from './list-files.ts';
import { openNpy } from './npy.ts';
import { openNpz } from './npz.ts';
import { openParquet } from './parquet.ts';
import { openSample } from './sample-source.ts';
import type { ImageSource, SourceKind, SourceRequest } from './source.ts';
import { openTar, scanTar } from './tar.ts';
import { openTiles } from './tiles.ts';
import { countOf, formatByName, listOf } from './words.ts';
import { openZip } from './zip.ts';

/** What a kind is called in sentences. */
const WORDS: Readonly<Record<Exclude<SourceKind, 'sample'> | 'image', string>> = {
  folder: 'a folder',
  zip: 'a zip archive',
  tar: 'a tar archive',
  idx: 'an IDX file',
  cifar: 'a batch of CIFAR',
  npy: 'an npy file',
  npz: 'an npz file',
  parquet: 'a Parquet file',
  tiles: 'an image',
  files: 'an image',
  image: 'an image',
};

/**
 * Opens what the user points at, guessing its kind by content when none is given.
 *
 * @throws UserError in one sentence; the signal's reason when aborted
 */
export async function openSource(request: SourceRequest, signal?: AbortSignal): Promise<ImageSource> {
  signal?.throwIfAborted();
  const { kind, paths } = request;
  if (kind === 'sample') return openSample();
  const [first] = paths;
  // An empty path would mean the current folder.
  if (first === undefined || paths.includes('')) {
    throw new UserError('Nothing to import was named; give a folder or a file.');
  }
  if (kind === 'files') return openFiles(paths);
  if (paths.length > 1) return openSeveral(request, signal);
  const name = path.resolve(first);
  let folder: boolean;
  try {
    folder = await isFolder(name);
  } catch (error) {
    throw readProblem(error, name);
  }
  return folder ? openDirectory(name, request, signal) : openFile(name, request, signal);
}

async function openFile(name: string, request: SourceRequest, signal?: AbortSignal): Promise<ImageSource> {
  const { kind } = request;
  if (kind === 'tiles') return openTiles(name, request.tile);
  const file = await openFileBytes(name);
  let found: FileKind;
  try {
    found = await fileKind(file, signal, kind);
    // An npz file is a zip archive, too, but one of arrays; batches of CIFAR come in a tar archive.
    const asSaid = kind === found.kind || (kind === 'cifar' && found.kind === 'tar');
    if (kind !== null && !asSaid) {
      throw new UserError(
        `${name} is ${WORDS[found.kind]}, not ${WORDS[kind === 'sample' ? 'folder' : kind]}; leave the kind out to have it guessed.`,
      );
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  if (found.kind === 'zip') return openZip(file, signal, request.zipEncoding);
  if (found.kind === 'npz') return openNpz(file, request, signal);
  if (found.kind === 'tar') return openTarOrCifar(file, found.gzip, request, signal);
  await file.close();
  switch (found.kind) {
    case 'idx':
      return openIdx([name], request, signal);
    case 'cifar':
      return openCifarFiles([name], request);
    case 'npy':
      return openNpy(name, request, signal);
    case 'parquet':
      return openParquet([name], request, signal);
    case 'image':
      return openImage(name, found.format, request);
  }
}

/** One image: its pages when it has several, tiles of it when that is asked for or gives at least a few, else itself. */
async function openImage(name: string, format: ImageFormat, request: SourceRequest): Promise<ImageSource> {
  if (request.tile !== undefined) return openTiles(name, request.tile);
  if (format === 'TIFF' && hasPages(name)) return openFiles([name]);
  let tiles: ImageSource;
  try {
    tiles = await openTiles(name, undefined);
  } catch {
    // Too small for a tile, or damaged: told of as any image is.
    return openFiles([name]);
  }
  if ((tiles.total ?? 0) < FEW_TILES) return openFiles([name]);
  const description = `${tiles.description.slice(0, -1)} because it is the only one.`;
  return { ...tiles, description };
}

const FEW_TILES = 16;

function hasPages(name: string): boolean {
  try {
    return pagesOf(readImageFile(name)) !== null;
  } catch (error) {
    if (error instanceof UnusableImage) return false;
    throw error;
  }
}

async function openTarOrCifar(
  file: FileBytes,
  gzip: boolean,
  request: SourceRequest,
  signal?: AbortSignal,
): Promise<ImageSource> {
  try {
    const scan = await scanTar(file, gzip, signal);
    const names = scan.members.map((member) => member.name);
    if (!names.some((name) => formatByName(name) !== null)) {
      refusePickledCifar(names, file.name);
      if (cifarBatchesAmong(names).length > 0) return await openCifarTar(file, gzip, scan, request);
    }
    return await openTar(file, gzip, scan);
  } catch (error) {
    await file.close();
    throw error;
  }
}

async function openDirectory(
  name: string,
  request: SourceRequest,
  signal?: AbortSignal,
): Promise<ImageSource> {
  const listing = await listFiles(name, signal);
  const source = await openListed(name, listing, request, signal);
  if (source.kind === 'folder') return source;
  const own = source.remarks?.bind(source);
  const unread = listing.unreadable.map(({ file, reason }) => `${file} ${reason}.`);
  return Object.assign(source, { remarks: () => [...(own?.() ?? []), ...listing.remarks, ...unread] });
}

async function openListed(
  name: string,
  listing: FolderListing,
  request: SourceRequest,
  signal?: AbortSignal,
): Promise<ImageSource> {
  const { kind } = request;
  // Only images may have names that are not UTF-8.
  const files = listing.files.filter((file) => !listing.rawPaths.has(file));
  const whole = (file: string): string => path.join(name, file);
  const none = (what: string): UserError => new UserError(`${name} holds no ${what}; choose another folder.`);
  const parquet = files.filter((file) => /\.parquet$/i.test(file));
  switch (kind) {
    case 'folder':
      return openFolder(name, signal, listing);
    case 'idx': {
      const images = await idxImagesAmong(files.map(whole));
      if (images.length === 0) throw none('IDX files of images');
      return openIdx(images, request, signal);
    }
    case 'cifar': {
      const batches = cifarBatchesAmong(files);
      const archives = containersAmong(files, 'tar');
      if (batches.length === 0 && archives.length === 1)
        return openFile(whole(archives[0]!), request, signal);
      if (batches.length === 0) {
        refusePickledCifar(files, name);
        throw none('batches of CIFAR in binary form');
      }
      return openCifarFiles(batches.map(whole), request);
    }
    case 'parquet':
      if (parquet.length === 0) throw none('Parquet files');
      return openParquet(inSplitOrder(parquet).map(whole), request, signal);
    case null:
      break;
    default: {
      // As the guess takes the only archive or array of a folder.
      const only = containersAmong(files, kind);
      if (only.length === 1) return openFile(whole(only[0]!), request, signal);
      throw new UserError(
        `${name} is a folder, not ${WORDS[kind === 'sample' ? 'folder' : kind]}; leave the kind out to have it guessed.`,
      );
    }
  }
  if (listing.files.some((file) => formatByName(file) !== null)) return openFolder(name, signal, listing);
  const images = await idxImagesAmong(files.map(whole));
  if (images.length > 0) return openIdx(images, request, signal);
  const batches = cifarBatchesAmong(files);
  if (batches.length > 0) return openCifarFiles(batches.map(whole), request);
  refusePickledCifar(files, name);
  if (parquet.length > 0) return openParquet(inSplitOrder(parquet).map(whole), request, signal);
  const containers = containersAmong(files);
  if (containers.length === 1) return openFile(whole(containers[0]!), request, signal);
  if (containers.length > 1) {
    throw new UserError(
      `${name} holds no image files, but ${countOf(containers.length, 'archive or array', 'archives or arrays')} (${listOf(containers.slice(0, 3))}${containers.length > 3 ? ' …' : ''}); choose one of them.`,
    );
  }
  return openFolder(name, signal, listing);
}

const CONTAINERS: Readonly<Partial<Record<SourceKind, RegExp>>> = {
  ...{ zip: /\.zip$/i, tar: /\.(?:tar|tgz|tar\.gz)$/i, npz: /\.npz$/i, npy: /\.npy$/i },
};

/** Archives and arrays by their names: all, or those of a kind. */
function containersAmong(files: readonly string[], kind?: SourceKind): string[] {
  const names = kind === undefined ? Object.values(CONTAINERS) : [CONTAINERS[kind]];
  return files.filter((file) => names.some((name) => name?.test(file)));
}

/** Files of the training set first, those of the test set last; by path within each. */
function inSplitOrder(files: readonly string[]): string[] {
  const order = (file: string): number => (/train/i.test(file) ? 0 : /test/i.test(file) ? 2 : 1);
  return [...files].sort((a, b) => order(a) - order(b) || (a < b ? -1 : 1));
}

/** Several paths: the files of one data set, or single images. */
async function openSeveral(request: SourceRequest, signal?: AbortSignal): Promise<ImageSource> {
  const { kind } = request;
  const paths = request.paths.map((file) => path.resolve(file));
  const kinds = new Set<FileKind['kind']>();
  for (const name of paths) {
    let folder: boolean;
    try {
      folder = await isFolder(name);
    } catch (error) {
      throw readProblem(error, name);
    }
    if (folder) throw new UserError(`${name} is a folder among several paths; import it by itself.`);
    const file = await openFileBytes(name);
    try {
      kinds.add((await fileKind(file, signal)).kind);
    } catch (error) {
      // One bad image among many is left out later, like any other.
      if (!(error instanceof UserError)) throw error;
      kinds.add('image');
    } finally {
      await file.close();
    }
  }
  const [only] = kinds;
  if (kinds.size === 1 && (kind === null || kind === only)) {
    switch (only) {
      case 'idx': {
        const images = await idxImagesAmong(paths);
        if (images.length > 0) return openIdx(images, request, signal);
        break;
      }
      case 'cifar':
        return openCifarFiles(cifarOrder(paths), request);
      case 'parquet':
        return openParquet(inSplitOrder(paths), request, signal);
      case 'image':
        return openFiles(paths);
      default:
        break;
    }
  }
  throw new UserError(
    `These ${countOf(paths.length, 'file')} cannot be imported together; import them one by one, or give images only.`,
  );
}

function cifarOrder(files: readonly string[]): string[] {
  const batches = cifarBatchesAmong(files);
  return batches.length === files.length ? batches : [...files];
}
