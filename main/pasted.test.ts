import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepPasted } from './pasted.ts';

let home: string;
beforeEach(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-pasted-'));
});
afterEach(() => fs.rm(home, { recursive: true, force: true }));

it('keeps each picture as a file of its own', async () => {
  const now = new Date('2026-03-02T14:05:09.123Z');
  const png = Uint8Array.of(0x89, 0x50, 1, 2);
  const first = await keepPasted(home, png, now);
  expect(first).toBe(path.join(home, 'pasted', '2026-03-02 14.05.09.png'));
  expect(new Uint8Array(await fs.readFile(first))).toEqual(png);
  expect(path.basename(await keepPasted(home, png, now))).toBe('2026-03-02 14.05.09 2.png');
  expect(path.basename(await keepPasted(home, Uint8Array.of(0xff, 0xd8), now))).toMatch(/\.jpg$/);
});

it('refuses what is no picture for a data set', async () => {
  await expect(keepPasted(home, new Uint8Array())).rejects.toThrow('is empty');
  await fs.writeFile(path.join(home, 'pasted'), '');
  await expect(keepPasted(home, Uint8Array.of(1))).rejects.toThrow(
    'The pasted image could not be written to',
  );
});
