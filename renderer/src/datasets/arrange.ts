import type { DatasetEntry } from '../library/database.ts';
import { originOf, pixelBytes } from './origin.ts';

/** From so many data sets on there is a search. */
export const MANY = 7;

export const ORDERS = [
  { value: 'name', label: 'By name' },
  { value: 'newest', label: 'Newest first' },
  { value: 'largest', label: 'Largest first' },
] as const;

export type Order = (typeof ORDERS)[number]['value'];

/** The data sets with all words of `search` in their name or origin, in this order. They come sorted by name. */
export function arrange(
  entries: readonly DatasetEntry[],
  search: string,
  order: Order,
): readonly DatasetEntry[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const found = entries.filter(({ name, record }) => {
    const text = `${name} ${record ? originOf(record.source) : ''}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
  if (order === 'name') return found;
  const rank = ({ record }: DatasetEntry): number => {
    if (record === null) return 0;
    return order === 'newest' ? Date.parse(record.createdAt) : pixelBytes(record);
  };
  return found.sort((a, b) => rank(b) - rank(a));
}
