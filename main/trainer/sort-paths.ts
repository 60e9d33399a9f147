/** What was dropped, pasted or chosen together, sorted into what one import each can take. */
import path from 'node:path';
import { openFileBytes } from '../../core/data/readers/bytes.ts';
import { fileKind, isFolder } from '../../core/data/readers/kinds.ts';
import type { SourceRequest } from '../ipc/contract.ts';

const IMAGE = /\.(png|jpe?g|jfif|webp|gif|bmp|tiff?|p[bgpn]m)$/i;
/** A file of labels beside a file of images, as NumPy users name them. */
const LABELS = /(labels?|targets?|classes|(^|[-_.])y([-_.]|$))/i;

type Kind = 'folder' | 'unknown' | Awaited<ReturnType<typeof fileKind>>['kind'];

/** Several files of these kinds are parts of one data set. */
const TOGETHER: readonly Kind[] = ['image', 'idx', 'cifar', 'parquet'];

/**
 * Folders, archives and arrays are an import each; single images are one together, and so are the parts of a data set
 * that comes in several files. An array of labels goes with the one array that lies beside it.
 *
 * @param paths absolute
 * @throws the signal's reason when aborted
 */
export async function sortPaths(paths: readonly string[], signal?: AbortSignal): Promise<SourceRequest[]> {
  const files = new Map<Kind, string[]>();
  for (const file of new Set(paths.map((asked) => path.resolve(asked)))) {
    signal?.throwIfAborted();
    const kind = await kindOf(file);
    files.set(kind, [...(files.get(kind) ?? []), file]);
  }
  return [...files].flatMap(([kind, some]): SourceRequest[] => {
    if (TOGETHER.includes(kind)) {
      // One image may be a large one, to be cut into tiles: that is for its reader to guess.
      return [{ kind: kind === 'image' && some.length > 1 ? 'files' : null, paths: some }];
    }
    const labels = some.filter(isLabels);
    const arrays = some.filter((file) => !isLabels(file));
    const [labelsPath] = labels;
    if (kind === 'npy' && labelsPath !== undefined && labels.length === 1 && arrays.length === 1) {
      return [{ kind: null, paths: arrays, labelsPath }];
    }
    return some.map((file) => ({ kind: null, paths: [file] }));
  });
}

async function kindOf(name: string): Promise<Kind> {
  try {
    if (await isFolder(name)) return 'folder';
    if (IMAGE.test(name)) return 'image';
    const file = await openFileBytes(name);
    try {
      return (await fileKind(file)).kind;
    } finally {
      await file.close();
    }
  } catch {
    // What is wrong with it is said when it is looked at.
    return 'unknown';
  }
}

function isLabels(file: string): boolean {
  return LABELS.test(path.basename(file));
}
