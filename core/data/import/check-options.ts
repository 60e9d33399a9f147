/** Options of an import that would do nothing are refused: whoever gives one expects something of it. */
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../../errors.ts';
import type { ImageSource, OriginKind, Rival, SourceRequest } from '../readers/source.ts';
import { countOf, listOf } from '../readers/words.ts';
import { givenOptions, suits } from './kind-options.ts';
import { DEFAULT_SETTINGS, type ImportSettings } from './settings.ts';

const WORDS: Readonly<Record<OriginKind, string>> = {
  sample: 'the sample digits',
  folder: 'a folder of images',
  files: 'single images',
  zip: 'a zip archive',
  tar: 'a tar archive',
  idx: 'IDX files',
  cifar: 'batches of CIFAR',
  npy: 'an npy file',
  npz: 'an npz file',
  parquet: 'Parquet files',
  tiles: 'tiles of an image',
  dataset: 'another data set',
};

const nothing = (flag: string, where: string): UserError =>
  new UserError(`The option ${flag} does nothing for ${where}; leave it out.`);

/**
 * Checks that every option does something for the source that was found.
 *
 * @param before settings of an earlier import of the same source, which are taken as they are
 * @throws UserError naming the first one that does nothing
 */
export function checkOptions(
  source: Pick<ImageSource, 'kind' | 'classNames' | 'unlabelled'>,
  request: Omit<SourceRequest, 'kind' | 'paths'>,
  settings: ImportSettings,
  before: ImportSettings | null = null,
): void {
  const { kind, classNames } = source;
  const isNew = (key: keyof ImportSettings): boolean =>
    !isDeepStrictEqual(settings[key], (before ?? DEFAULT_SETTINGS)[key]);
  if (before === null) {
    for (const { option, flag } of givenOptions(request)) {
      if (!suits(option, kind)) throw nothing(flag, WORDS[kind]);
    }
  }
  const { classes, classMap, fit } = settings;
  if (classes === 'folders' && isNew('classes') && !suits('folderClasses', kind)) {
    throw nothing('--classes folders', WORDS[kind]);
  }
  if (fit !== 'pad' && isNew('padColour')) throw nothing('--pad-colour', 'images that are not padded');
  if (classMap === undefined || !isNew('classMap')) return;
  if (classes === 'none') throw nothing('--class', 'an import without classes');
  // Sub-folders, and what is only known at the end, are looked at then.
  if (classes === 'folders' || source.unlabelled === null) return;
  checkClassNames(classMap, classNames ?? []);
}

/**
 * Checks that there are the classes that are to be renamed or left out.
 *
 * @throws UserError naming the first that there is not
 */
export function checkClassNames(
  classMap: NonNullable<ImportSettings['classMap']>,
  names: Iterable<string>,
): void {
  const known = new Set(names);
  const unknown = Object.keys(classMap).find((name) => !known.has(name));
  if (unknown === undefined) return;
  if (known.size === 0) {
    throw new UserError(
      `There is no class "${unknown}", nor any other, so it can be neither renamed nor left out.`,
    );
  }
  const some = [...known].slice(0, 10).map((name) => `"${name}"`);
  const more = known.size > some.length ? ` and ${known.size - some.length} more` : '';
  throw new UserError(
    `There is no class "${unknown}" to rename or leave out; there ${known.size === 1 ? 'is' : 'are'} ${more === '' ? listOf(some) : some.join(', ') + more}.`,
  );
}

/** What is asked where a folder holds more than one kind of data. */
export function rivalsSentence(rivals: readonly Rival[], folder: string): string {
  const found = rivals.map(({ kind, total }) => {
    const images = total === null ? '' : ` with ${countOf(total, 'image')}`;
    return kind === 'folder' ? countOf(total ?? 0, 'image file') : `${WORDS[kind]}${images}`;
  });
  const kinds = rivals.map(({ kind }) => `--kind ${kind}`);
  return `${folder} holds ${listOf(found)}; say which is meant with ${kinds.slice(0, -1).join(', ')} or ${kinds.at(-1)!}.`;
}

/** @throws UserError where a person has to say which kind of data is meant */
export function checkKind(
  source: Pick<ImageSource, 'rivals'>,
  { paths }: Pick<SourceRequest, 'paths'>,
): void {
  if (source.rivals !== undefined)
    throw new UserError(rivalsSentence(source.rivals, paths[0] ?? 'The folder'));
}
