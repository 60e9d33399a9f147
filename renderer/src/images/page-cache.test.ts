import { describe, expect, it } from 'vitest';
import { PageCache } from './page-cache.ts';

function cacheOf(options: { capacity: number; fails?: (page: number) => boolean }) {
  const asked: number[] = [];
  const problems: unknown[] = [];
  const waiting: (() => void)[] = [];
  const cache = new PageCache<string>({
    capacity: options.capacity,
    parallel: 2,
    load: (page) => {
      asked.push(page);
      return new Promise((resolve, reject) =>
        waiting.push(() =>
          options.fails?.(page) ? reject(new Error(`page ${page}`)) : resolve(`page ${page}`),
        ),
      );
    },
    changed: (error) => problems.push(error),
  });
  const settle = async () => {
    while (waiting.length > 0) {
      waiting.shift()?.();
      await new Promise((resolve) => setTimeout(resolve));
    }
  };
  return { cache, asked, problems, settle };
}

describe('PageCache', () => {
  it('asks for two pages at a time and never for those scrolled past', async () => {
    const { cache, asked, settle } = cacheOf({ capacity: 10 });
    cache.want([0, 1, 2, 3]);
    expect(asked).toEqual([0, 1]);
    cache.want([50, 51]);
    await settle();
    expect(asked).toEqual([0, 1, 50, 51]);
    expect(cache.get(51)).toBe('page 51');
    expect(cache.get(2)).toBeUndefined();
  });

  it('forgets the page that was used longest ago', async () => {
    const { cache, asked, settle } = cacheOf({ capacity: 2 });
    cache.want([0, 1]);
    await settle();
    cache.get(0);
    cache.want([2]);
    await settle();
    expect([0, 1, 2].map((page) => cache.get(page) !== undefined)).toEqual([true, false, true]);
    cache.want([0, 2]);
    expect(asked).toEqual([0, 1, 2]);
  });

  it('reports a failure once and asks again only when told to', async () => {
    const { cache, asked, problems, settle } = cacheOf({ capacity: 2, fails: (page) => page === 7 });
    cache.want([7]);
    await settle();
    cache.want([7]);
    await settle();
    expect(asked).toEqual([7]);
    expect(problems).toEqual([new Error('page 7')]);
    cache.retry();
    cache.want([7]);
    expect(asked).toEqual([7, 7]);
  });

  it('fetches a page anew when it is outdated, and keeps the old one until then', async () => {
    const { cache, asked, settle } = cacheOf({ capacity: 3 });
    cache.want([0, 1]);
    await settle();
    cache.outdate(1);
    expect(cache.get(1)).toBe('page 1');
    cache.want([0, 1]);
    await settle();
    cache.want([0, 1]);
    expect(asked).toEqual([0, 1, 1]);
  });

  it('keeps nothing of what was on its way when it was cleared', async () => {
    const { cache, asked, problems, settle } = cacheOf({ capacity: 3, fails: (page) => page === 1 });
    cache.want([0, 1]);
    cache.clear();
    await settle();
    expect(cache.get(0)).toBeUndefined();
    expect(problems).toEqual([null, null]);
    cache.want([0]);
    await settle();
    expect(asked).toEqual([0, 1, 0]);
    expect(cache.get(0)).toBe('page 0');
  });
});
