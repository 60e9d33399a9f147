import { composed, hiveValue, isLabelFolder } from '../readers/class-folders.ts';
import type { SourceItem } from '../readers/source.ts';
import type { ImportSettings } from './settings.ts';

/** The class that an image gets: a name, null for none, or undefined when its class is left out. */
export function classOf(
  { file, className }: Pick<SourceItem, 'file' | 'className'>,
  { classes, classMap }: Pick<ImportSettings, 'classes' | 'classMap'>,
): string | null | undefined {
  const own = classFound({ file, className }, { classes });
  if (own === null || classMap === undefined || !Object.hasOwn(classMap, own)) return own;
  return classMap[own] ?? undefined;
}

/** The class that an image has in its source, before classes are renamed or left out; null for none. */
export function classFound(
  { file, className }: Pick<SourceItem, 'file' | 'className'>,
  { classes }: Pick<ImportSettings, 'classes'>,
): string | null {
  if (classes === 'none') return null;
  return classes === 'folders' ? folderOf(file) : className;
}

function folderOf(file: string): string | null {
  const folder = composed(file).split('/').at(-2);
  return folder === undefined ? null : isLabelFolder(folder) ? hiveValue(folder) : folder;
}

/** Names in the order of classes: that of the source where it has one, then numbers by value, then by code units. */
export function orderClasses(names: Iterable<string>, known: readonly string[] | null): string[] {
  const rank = new Map(known?.map((name, index) => [name, index]));
  return [...names].sort((a, b) => {
    const byRank = (rank.get(a) ?? rank.size) - (rank.get(b) ?? rank.size);
    if (byRank !== 0) return byRank;
    const bothNumbers = /^\d{1,9}$/.test(a) && /^\d{1,9}$/.test(b);
    return (bothNumbers ? Number(a) - Number(b) : 0) || (a < b ? -1 : a > b ? 1 : 0);
  });
}
