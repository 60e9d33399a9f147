import type { ImageSource, SkippedItem, SourceItem } from './source.ts';
import { spread } from './spread.ts';

type Entry = SourceItem | { skipped: SkippedItem };

/** A source whose items can be had by their number, in any order. */
export interface IndexedSource extends Omit<
  ImageSource,
  'total' | 'items' | 'preview' | 'remarks' | 'close'
> {
  readonly total: number;
  item(index: number): Entry | Promise<Entry>;
  remarks?: readonly string[];
  close?(): Promise<void>;
}

export function indexedSource(source: IndexedSource): ImageSource {
  const { kind, description, total, classNames, unlabelled, shape } = source;
  return {
    ...{ kind, description, total, classNames, unlabelled, shape },
    async *items(signal) {
      for (let index = 0; index < total; index++) {
        signal?.throwIfAborted();
        yield await source.item(index);
      }
    },
    async preview(count, signal) {
      const items: Entry[] = [];
      for (const index of spread(total, count)) {
        signal?.throwIfAborted();
        items.push(await source.item(index));
      }
      return items;
    },
    remarks: () => source.remarks ?? [],
    close: async () => source.close?.(),
  };
}
