import { composed } from '../readers/class-folders.ts';
import type { SourceItem } from '../readers/source.ts';
import type { ImportSettings } from './settings.ts';

/** The class that an image gets: a name, null for none, or undefined when its class is left out. */
export function classOf(
  { file, className }: Pick<SourceItem, 'file' | 'className'>,
  { classes, classMap }: Pick<ImportSettings, 'classes' | 'classMap'>,
): string | null | undefined {
  if (classes === 'none') return null;
  const own = classes === 'folders' ? folderOf(file) : className;
  if (own === null || classMap === undefined || !Object.hasOwn(classMap, own)) return own;
  return classMap[own] ?? undefined;
}

function folderOf(file: string): string | null {
  return composed(file).split('/').at(-2) ?? null;
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
