import { describe, expect, it } from 'vitest';
import { reconcile } from './reconcile.ts';

describe('reconcile', () => {
  it('writes what is new or changed, removes what is gone, and carries over what only the catalogue knows', () => {
    const cached = [
      { id: 'same', value: 1, extra: 'x' },
      { id: 'changed', value: 1, extra: 'y' },
      { id: 'gone', value: 1, extra: null },
    ];
    const result = reconcile<
      { id: string; value: number },
      { id: string; value: number; extra: string | null },
      string
    >(
      cached,
      [
        { id: 'new', value: 3 },
        { id: 'changed', value: 2 },
        { id: 'same', value: 1 },
      ],
      (entry) => entry.id,
      (entry, before) => ({ ...entry, extra: before?.extra ?? null }),
    );
    expect(result.entries.map(({ id }) => id)).toEqual(['new', 'changed', 'same']);
    expect(result.put).toEqual([
      { id: 'new', value: 3, extra: null },
      { id: 'changed', value: 2, extra: 'y' },
    ]);
    expect(result.remove).toEqual(['gone']);
  });
});
