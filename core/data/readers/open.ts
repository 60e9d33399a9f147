/** Opening whatever the user points at. */
import path from 'node:path';
import { UserError } from '../../errors.ts';
import { readProblem } from '../../files.ts';
import { pagesOf } from '../decode/decode.ts';
import type { ImageFormat } from '../decode/format.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { type FileBytes, openFileBytes } from './bytes.ts';
import { cifarBatchesAmong, openCifarFiles, openCifarTar, refusePickledCifar } from './cifar.ts';
import { inSplitOrder, openDirectory } from './directory.ts';
import { openFiles } from './folder.ts';
import { readImageFile } from './image-file.ts';
import { idxImagesAmong, openIdx } from './idx.ts';
import { type FileKind, fileKind, isFolder } from './kinds.ts';
import { openNpy } from './npy.ts';
import { openNpz } from './npz.ts';
import { openParquet } from './parquet.ts';
import { openSample } from './sample-source.ts';
import type { ImageSource, SourceRequest } from './source.ts';
import { scanTar, type TarScan } from './tar.ts';
import { openedWhenRead, openTars, type TarShard } from './tar-shards.ts';
import { openTiles } from './tiles.ts';
import { KIND_WORDS } from './kind-words.ts';
import { countOf, formatByName } from './words.ts';
import { openZip } from './zip.ts';

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
  return folder
    ? openDirectory(name, request, { openFile, openTarFiles }, signal)
    : openFile(name, request, signal);
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
        `${name} is ${KIND_WORDS[found.kind]}, not ${KIND_WORDS[kind === 'sample' ? 'folder' : kind]}; leave the kind out to have it guessed.`,
        { code: 'unreadable', file: name },
      );
    }
  } catch (error) {
    await file.close();
    throw error;
  }
  if (found.kind === 'zip') return openZip(file, request, signal);
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
  let scan: TarScan;
  try {
    scan = await scanTar(file, gzip, signal);
    const names = scan.members.map((member) => member.name);
    const imageFiles = names.filter((name) => formatByName(name) !== null).length;
    const batches = cifarBatchesAmong(names).length;
    if (imageFiles === 0) refusePickledCifar(names, file.name);
    // Five batches of thousands of images each, whatever few images lie beside them.
    if (batches > 0 && imageFiles <= FEW_IMAGE_FILES) return await openCifarTar(file, gzip, scan, request);
  } catch (error) {
    await file.close();
    throw error;
  }
  return openTars([{ file, gzip, scan }], request, signal);
}

/** So many images beside batches of CIFAR are no collection of their own. */
const FEW_IMAGE_FILES = 8;

/** Archives that are the parts of one data set. */
async function openTarFiles(
  names: readonly string[],
  request: SourceRequest,
  signal?: AbortSignal,
): Promise<ImageSource> {
  const shards: TarShard[] = [];
  for (const name of names) {
    const file = await openFileBytes(name);
    try {
      const found = await fileKind(file, signal, 'tar');
      if (found.kind !== 'tar')
        throw new UserError(`${name} is ${KIND_WORDS[found.kind]}, not a tar archive; leave it out.`, {
          code: 'unreadable',
          file: name,
        });
      const scan = await scanTar(file, found.gzip, signal);
      shards.push({ file: openedWhenRead(file.name, file.size), gzip: found.gzip, scan });
    } finally {
      await file.close();
    }
  }
  return openTars(shards, request, signal);
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
    if (folder)
      throw new UserError(`${name} is a folder among several paths; import it by itself.`, {
        code: 'unreadable',
        file: name,
      });
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
      case 'tar':
        return openTarFiles(paths, request, signal);
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
