import fs from 'node:fs';
import fsp from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { loadPreset } from '../config/presets.ts';
import { lockQueue } from '../library-locks.ts';
import {
  addToQueue,
  moveInQueue,
  nextInQueue,
  pauseQueue,
  type Queue,
  readQueue,
  removeFromQueue,
  settleInQueue,
  tidyQueue,
} from './queue.ts';
import { createRunFolder } from './run-folder.ts';

const IDS = ['a-aaaaaa', 'b-bbbbbb', 'c-cccccc'];
let home: string;

beforeEach(async () => {
  home = await fsp.mkdtemp(path.join(os.tmpdir(), 'covae-queue-'));
  const { config } = await loadPreset('smoke');
  for (const id of IDS) {
    await createRunFolder(home, {
      ...{ format: 'covae-run', version: 1, id, name: id, createdAt: '2026-01-01T00:00:00.000Z' },
      ...{ preset: 'smoke', seed: 0, dataset: { name: 'digits', fingerprint: 'sha256:0', count: 10 } },
      ...{ config, parameters: 1, versions: { app: '0', tensorflow: '0', tfjs: '0' } },
    });
  }
});
afterEach(() => fsp.rm(home, { recursive: true, force: true }));

const order = ({ entries }: Queue): string => entries.map(({ run }) => run[0]).join('');

it('keeps its order in a file of the library', async () => {
  expect(nextInQueue(await readQueue(home))).toBeNull();
  await addToQueue(home, IDS);
  expect(order(await addToQueue(home, ['a-aaaaaa']))).toBe('abc');
  expect(order(await moveInQueue(home, 'c-cccccc', 0))).toBe('cab');
  expect(order(await moveInQueue(home, 'c-cccccc', 99))).toBe('abc');
  await pauseQueue(home, true);
  expect(await readQueue(home)).toMatchObject({ paused: true });
  expect(order(await removeFromQueue(home, 'b-bbbbbb'))).toBe('ac');
  await expect(removeFromQueue(home, 'b-bbbbbb')).rejects.toThrow(/not in the queue/);
  await expect(addToQueue(home, ['z-zzzzzz'])).rejects.toThrow(/cannot be queued/);
});

it('goes on past one that failed, which stays with the reason and can be tried again', async () => {
  await addToQueue(home, IDS, 'rates');
  const failed = await settleInQueue(home, 'a-aaaaaa', 'The disk is on fire.');
  expect(failed.done).toEqual([]);
  expect(nextInQueue(failed.queue)).toBe('b-bbbbbb');
  await settleInQueue(home, 'b-bbbbbb', null);
  // The last of a sweep: its comparison is due.
  const { queue, done } = await settleInQueue(home, 'c-cccccc', null);
  expect(done).toEqual([{ name: 'rates', runs: IDS }]);
  expect(queue).toMatchObject({
    entries: [{ run: 'a-aaaaaa', problem: 'The disk is on fire.' }],
    sweeps: [],
  });
  expect(nextInQueue(queue)).toBeNull();
  expect(nextInQueue(await addToQueue(home, ['a-aaaaaa']))).toBe('a-aaaaaa');
});

it('forgets runs that are gone, and waits for another process that changes it', async () => {
  await addToQueue(home, IDS);
  const lock = lockQueue(home, 'is being changed');
  const moved = moveInQueue(home, 'c-cccccc', 0);
  setTimeout(() => lock.release(), 150);
  expect(order(await moved)).toBe('cab');
  expect(order(await tidyQueue(home, new Set(['a-aaaaaa'])))).toBe('a');
  fs.writeFileSync(path.join(home, 'queue.json'), '{}');
  await expect(readQueue(home)).rejects.toThrow(/queue\.json/);
});
