import { expect, it, vi } from 'vitest';
import { Recent } from './recent.ts';

it('asks again only when some time has passed, and of each key by itself', async () => {
  let now = 0;
  const recent = new Recent<string>(1000, () => now);
  const find = vi.fn(async () => `found at ${now}`);
  expect(await recent.of('a', find)).toBe('found at 0');
  now = 999;
  expect(await recent.of('a', find)).toBe('found at 0');
  expect(await recent.of('b', find)).toBe('found at 999');
  now = 1000;
  expect(await recent.of('a', find)).toBe('found at 1000');
  expect(find).toHaveBeenCalledTimes(3);
});

it('does not remember a failure', async () => {
  const recent = new Recent<number>();
  await expect(recent.of('a', () => Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  await expect(recent.of('a', async () => 3)).resolves.toBe(3);
});
