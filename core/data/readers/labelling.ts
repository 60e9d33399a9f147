/** The classes of a collection of files: told by files beside the images, or by their folders. */
import { UserError } from '../../errors.ts';
import { UnusableImage } from '../decode/unusable-image.ts';
import { captionsAmong, captionWords } from './captions.ts';
import { type ClassFolders, findClassFolders } from './class-folders.ts';
import {
  listsAmong,
  pairsAmong,
  readDatasetJson,
  readMetadata,
  readPair,
  type ToldLabels,
} from './label-files.ts';
import { orderedNames } from './labels.ts';
import type { SourceRequest } from './source.ts';
import { formatByName, imagesOf, labelWords } from './words.ts';

export interface Listing {
  files: readonly string[];
  /** The bytes of one of the files. Rejects with `UnusableImage` or a `UserError`. */
  readonly read: (file: string) => Promise<Uint8Array>;
  /** Class folders where more than these files tell of them; else looked for among them. */
  folders?: Pick<ClassFolders, 'names' | 'classOf' | 'unlabelled'>;
}

export interface Labelling {
  /** The files without those that tell of others, captions among them. */
  files: readonly string[];
  /** Class names in their order; null without classes. */
  names: readonly string[] | null;
  /** Class of a file; null for none. */
  readonly classOf: (file: string) => string | null;
  /** Images without a class where others have one; by their names alone. */
  unlabelled: number;
  /** `12,000 JPEG images in 10 class folders`, `40 PNG images, labels of 5 classes from dataset.json`. */
  words: string;
}

/** So many files of one example each are looked at before the rest is taken not to hold labels either. */
const PROBED_PAIRS = 64;

/**
 * Finds out which class each file has. In this order: `dataset.json` of StyleGAN and EDM, `metadata.csv` or
 * `metadata.jsonl` of Hugging Face's image folder, `.cls` or `.json` of the same name as in WebDataset, class folders.
 *
 * @param labelsKey column or field with the labels; undefined: one of a usual name
 * @throws UserError when nothing has the column that was asked for; the signal's reason when aborted
 */
export async function findLabelling(
  { files: all, read, folders }: Listing,
  { labelsKey }: Pick<SourceRequest, 'labelsKey'>,
  name: string,
  signal?: AbortSignal,
): Promise<Labelling> {
  const textOf = async (file: string): Promise<string> => {
    signal?.throwIfAborted();
    try {
      return Buffer.from(await read(file)).toString('utf8');
    } catch (error) {
      if (error instanceof UnusableImage || error instanceof UserError) return '';
      throw error;
    }
  };
  const side = new Set<string>();
  const told: ToldLabels[] = [];
  for (const file of listsAmong(all)) {
    const text = await textOf(file);
    const found = file.endsWith('dataset.json')
      ? readDatasetJson(file, text)
      : readMetadata(file, text, labelsKey);
    if (found === null) continue;
    side.add(file);
    told.push(found);
  }
  const pairs = pairsAmong(all);
  for (const beside of pairs.values()) for (const file of beside) side.add(file);
  const captions = captionsAmong(all);
  for (const file of captions) side.add(file);
  const others = all.filter((file) => !side.has(file));
  const files = others.length === 0 ? all : others;
  const told0 = told.filter(({ classes }) => classes.size > 0);
  const lists = told0.filter(({ problem }) => problem === null);
  let unfit = '';
  for (const { by, problem } of told0)
    if (problem !== null) unfit = ` (${by} is not taken for labels: ${problem})`;
  const isPaired = new Set([...pairs.values()].flat());
  const unused = (paired: boolean): string =>
    captionWords([...captions].filter((file) => paired || !isPaired.has(file)).length);
  if (lists.length > 0) return fromLists(files, lists, unfit + unused(true));
  const byPairs = await classesOfPairs(pairs, textOf, labelsKey);
  if (byPairs.size > 0) {
    const of = [...pairs.values()].flat().some((file) => /\.cls$/i.test(file)) ? '.cls' : '.json';
    return labelling(
      files,
      (file) => byPairs.get(file) ?? null,
      (n, none) => labelWords(n, none, ` from ${of} files`) + unused(false),
    );
  }
  if (labelsKey !== undefined) {
    throw new UserError(
      `${name} has no labels called "${labelsKey}": neither a metadata.csv, metadata.jsonl or .json file beside the images has them; leave the name out.`,
      { code: 'unreadable', file: name },
    );
  }
  // Of images that were packed without labels the folders are parts.
  const isPacked = told.some(({ by }) => by === 'dataset.json');
  const found = isPacked ? null : (folders ?? (await findClassFolders(files, read)));
  const names = found?.names ?? null;
  const words = imagesOf(files, names?.length ?? 0, found?.unlabelled ?? 0) + unfit + unused(true);
  return {
    files,
    names,
    classOf: names === null ? () => null : found!.classOf,
    unlabelled: names === null ? 0 : found!.unlabelled,
    words: isPacked && unfit === '' ? `${words}, no labels in dataset.json` : words,
  };
}

function fromLists(files: readonly string[], lists: readonly ToldLabels[], unfit: string): Labelling {
  const by = [...new Set(lists.map((list) => list.by))].join(' and ');
  const classOf = (file: string): string | null => {
    for (const { classes } of lists) if (classes.has(file)) return classes.get(file)!;
    return null;
  };
  return labelling(files, classOf, (n, none) => `${labelWords(n, none, ` from ${by}`)}${unfit}`);
}

/** @param words what is said of so many classes and images without one */
function labelling(
  files: readonly string[],
  classOf: (file: string) => string | null,
  words: (classes: number, unlabelled: number) => string,
): Labelling {
  const images = files.filter((file) => formatByName(file) !== null);
  const found = new Set<string>();
  let unlabelled = 0;
  for (const file of images.length === 0 ? files : images) {
    const own = classOf(file);
    if (own === null) unlabelled++;
    else found.add(own);
  }
  const names = found.size === 0 ? null : orderedNames(found);
  return {
    files,
    names,
    classOf: names === null ? () => null : classOf,
    unlabelled: names === null ? 0 : unlabelled,
    words: `${imagesOf(files, 0)}, ${names === null ? 'no labels' : words(names.length, unlabelled)}`,
  };
}

async function classesOfPairs(
  pairs: ReadonlyMap<string, readonly string[]>,
  textOf: (file: string) => Promise<string>,
  labelsKey: string | undefined,
): Promise<Map<string, string | null>> {
  const classes = new Map<string, string | null>();
  let looked = 0;
  for (const [image, beside] of pairs) {
    if (looked++ >= PROBED_PAIRS && classes.size === 0) break;
    for (const file of beside) {
      const found = readPair(file, await textOf(file), labelsKey);
      if (found === undefined) continue;
      classes.set(image, found);
      break;
    }
  }
  return [...classes.values()].some((name) => name !== null) ? classes : new Map();
}
