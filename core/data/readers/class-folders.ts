/** Which folders of a collection are classes. */
import { UserError } from '../../errors.ts';
import { decodeImage } from '../decode/decode.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { LABEL_NAMES } from './labels.ts';
import { formatByName } from './words.ts';

export interface ClassFolders {
  /** In the order of their code units; null when the folders are no classes. */
  names: readonly string[] | null;
  /** Class of a file; null when it lies in no class folder. */
  readonly classOf: (file: string) => string | null;
  /** Images without a class where others have one; by their names alone. */
  unlabelled: number;
  /** Images that lie beside the folders; by their names alone. */
  loose: readonly string[];
}

const SPLIT = /^(?:[^=]+=)?(?:train|training|test|testing|val|valid|validation|dev|eval|held-?out)$/i;
/** `label=cat`, as Hive and Spark name folders. */
const HIVE = /^([^=]+)=(.*)$/;
const HIVE_NONE = '__HIVE_DEFAULT_PARTITION__';
/** A folder beside class folders that holds the images without a class. */
export const UNLABELLED_FOLDER = 'unlabelled';
const UNLABELLED = /^un-?label(?:l?ed|)$/i;
/** More folders than this with hardly two images in each are no classes but one folder an image. */
const FEW = 16;
/** So many images beside the folders may be broken ones; more are a collection of their own. */
const FEW_LOOSE = 8;

/**
 * Guesses classes from paths with `/` between their parts. Folders that hold everything, and then folders that are
 * called `train`, `test` and the like, are passed over; when most images lie below one of at least two folders there,
 * these are the classes (as torchvision's `ImageFolder` has it), however deep the images lie below them. Images beside
 * them, or in a folder called `unlabelled`, have no class. Of folders such as `label=cat` the value is the class. Numbered
 * parts of one collection (`00000/img00000000.png`, …) are no classes.
 */
export function guessClassFolders(files: readonly string[]): ClassFolders {
  const images = files.filter((file) => formatByName(file) !== null);
  const counted = images.length === 0 ? files : images;
  const folders = counted.map((file) => composed(file).split('/').slice(0, -1));
  const atDepth = (depth: number): Set<string | undefined> => new Set(folders.map((parts) => parts[depth]));

  const hive = hiveDepth(folders);
  let depth = hive ?? 0;
  let found = atDepth(depth);
  while (hive === null && found.size === 1 && !found.has(undefined)) found = atDepth(++depth);
  const areSplits = (some: Set<string | undefined>): boolean =>
    [...some].every((name) => name === undefined || SPLIT.test(name));
  const belowSplits = found.size > 1 && !found.has(undefined) && areSplits(found);
  if (belowSplits) found = atDepth(++depth);
  const loose = counted.filter((_, i) => folders[i]![depth] === undefined);
  const none = { names: null, classOf: () => null, unlabelled: 0, loose };
  // A test set without labels may be larger than the training set.
  if (!belowSplits && loose.length > counted.length / 2) return none;
  if (loose.length > 0 && (found.size === 2 || areSplits(found))) {
    // One folder holds all the others, so the classes lie deeper.
    const beside = new Set(loose);
    const below = guessClassFolders(counted.filter((file) => !beside.has(file)));
    if (below.names === null) return none;
    return { ...below, unlabelled: below.unlabelled + loose.length, loose };
  }
  const names = [...found].filter((name) => name !== undefined && !UNLABELLED.test(name)) as string[];
  const least = [...found].some((name) => name !== undefined && UNLABELLED.test(name)) ? 1 : 2;
  if (names.length < least || (names.length > FEW && folders.length < 2 * names.length)) return none;
  if (areParts(counted, depth)) return none;
  const canonical = new Map(names.map((name) => [name, name] as [string, string | null]));
  if (areHive(names)) for (const name of names) canonical.set(name, hiveValue(name));
  const classOf = (file: string): string | null => {
    const parts = composed(file).split('/');
    const name = parts.length > depth + 1 ? parts[depth] : undefined;
    // The one string of all images of a class keeps a list of millions small.
    return name === undefined ? null : (canonical.get(name) ?? null);
  };
  const unlabelled = counted.filter((file) => classOf(file) === null).length;
  const classes = [...new Set(canonical.values())].filter((name) => name !== null);
  return { names: classes.sort(), classOf, unlabelled, loose };
}

/** True for `label=cat` and the like. */
export function isLabelFolder(folder: string): boolean {
  return LABEL_NAMES.includes(HIVE.exec(folder)?.[1]?.toLowerCase() ?? '');
}

/** How deep the folders `label=…` lie; null when not every image lies in one. */
function hiveDepth(folders: readonly (readonly string[])[]): number | null {
  const depth = folders[0]?.findIndex(isLabelFolder) ?? -1;
  if (depth < 0) return null;
  return folders.every((parts) => parts[depth] !== undefined && isLabelFolder(parts[depth])) ? depth : null;
}

/** True for folders that all have the same key: `label=cat`, `label=dog`. */
function areHive(names: readonly string[]): boolean {
  const keys = new Set(names.map((name) => HIVE.exec(name)?.[1]));
  return keys.size === 1 && !keys.has(undefined);
}

/** The value of `label=cat`; null where it stands for none. */
export function hiveValue(folder: string): string | null {
  const value = HIVE.exec(folder)?.[2] ?? '';
  if (value === '' || value === HIVE_NONE) return null;
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

/**
 * True for parts of one collection, as StyleGAN, EDM, FFHQ and img2dataset number them: folders of five digits and more
 * in which the files are numbered on from one folder to the next.
 */
function areParts(images: readonly string[], depth: number): boolean {
  const ranges = new Map<string, { first: number; last: number }>();
  for (const file of images) {
    const parts = file.split('/');
    const folder = parts[depth] ?? '';
    const number = /^(?:img)?(\d{5,})\.\w+$/.exec(parts.at(-1) ?? '')?.[1];
    if (!/^\d{5,}$/.test(folder) || number === undefined || parts.length !== depth + 2) return false;
    const range = ranges.get(folder) ?? { first: Infinity, last: -1 };
    ranges.set(folder, {
      first: Math.min(range.first, Number(number)),
      last: Math.max(range.last, Number(number)),
    });
  }
  const inOrder = [...ranges].sort(([a], [b]) => Number(a) - Number(b)).map(([, range]) => range);
  return inOrder.every(({ first }, i) => i === 0 || first > inOrder[i - 1]!.last);
}

/** Letters with marks as one character each: a Mac writes them as two, and what looks the same is one class. */
export function composed(name: string): string {
  return name.normalize('NFC');
}

/**
 * As {@link guessClassFolders}, but a few images beside the folders do not keep these from being classes when none of
 * them can be used.
 *
 * @param read the bytes of an image; rejects with `UnusableImage` or a `UserError`
 */
export async function findClassFolders(
  files: readonly string[],
  read: (file: string) => Promise<Uint8Array>,
): Promise<ClassFolders> {
  const guess = guessClassFolders(files);
  const { loose, names } = guess;
  if (names !== null || loose.length === 0 || loose.length > FEW_LOOSE || loose.length === files.length) {
    return guess;
  }
  for (const file of loose) if (await canBeUsed(read, file)) return guess;
  const broken = new Set(loose);
  return findClassFolders(
    files.filter((file) => !broken.has(file)),
    read,
  );
}

async function canBeUsed(read: (file: string) => Promise<Uint8Array>, file: string): Promise<boolean> {
  try {
    await decodeImage(await read(file));
    return true;
  } catch (error) {
    if (error instanceof UnusableImage || error instanceof UserError) return false;
    throw error;
  }
}
