/** Which folders of a collection are classes. */
import { formatByName } from './words.ts';

export interface ClassFolders {
  /** In the order of their code units; null when the folders are no classes. */
  names: readonly string[] | null;
  /** Class of a file; null when it lies in no class folder. */
  classOf(file: string): string | null;
}

const SPLIT = /^(?:train|training|test|testing|val|valid|validation|dev|eval)$/i;
/** More folders than this with hardly two images in each are no classes but one folder a picture. */
const FEW = 16;

/**
 * Guesses classes from paths with `/` between their parts. Folders that hold everything, and then folders that are
 * called `train`, `test` and the like, are passed over; when every image lies below one of at least two folders there,
 * these are the classes (as torchvision's `ImageFolder` has it), however deep the images lie below them.
 */
export function guessClassFolders(files: readonly string[]): ClassFolders {
  const images = files.filter((file) => formatByName(file) !== null);
  const folders = (images.length === 0 ? files : images).map((file) => file.split('/').slice(0, -1));
  const none: ClassFolders = { names: null, classOf: () => null };
  const atDepth = (depth: number): Set<string | undefined> => new Set(folders.map((parts) => parts[depth]));

  let depth = 0;
  let found = atDepth(depth);
  while (found.size === 1 && !found.has(undefined)) found = atDepth(++depth);
  if (found.size > 1 && [...found].every((name) => name !== undefined && SPLIT.test(name))) {
    found = atDepth(++depth);
  }
  const names = [...found].filter((name) => name !== undefined).sort();
  if (found.has(undefined) || names.length < 2) return none;
  if (names.length > FEW && folders.length < 2 * names.length) return none;
  const canonical = new Map(names.map((name) => [name, name]));
  return {
    names,
    classOf: (file) => {
      const parts = file.split('/');
      const name = parts.length > depth + 1 ? parts[depth] : undefined;
      // The one string of all images of a class keeps a list of millions small.
      return name === undefined ? null : (canonical.get(name) ?? null);
    },
  };
}
