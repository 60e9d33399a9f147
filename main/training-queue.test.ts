import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readQueue } from '../core/run/queue.ts';
import { makeRun, testStudio } from './test-studio.ts';

const IDS = ['one-abc123', 'two-abc123', 'three-abc123'];
let home: string;
/** On a busy machine that takes its time. */
const soon = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 30_000 });

beforeEach(async () => {
  home = await fs.mkdtemp(path.join(os.tmpdir(), 'covae-training-queue-'));
  for (const id of IDS) await makeRun(home, { id, name: id.split('-')[0]! });
});
afterEach(() => fs.rm(home, { recursive: true, force: true }));

/** A studio whose trainer is ready, and which runs it was asked to train. */
async function setup() {
  const all = testStudio(home);
  all.trainers.start();
  await soon(() => expect(all.trainers.status.state).toBe('ready'));
  const begun = (): unknown[] =>
    all.trainer.asked
      .filter(({ kind }) => kind === 'training.resumeRun')
      .map(({ params }) => (params as { runId: string }).runId);
  const tell = (runId: string, event: object): void =>
    all.trainer.tell('training.state', { runId, ...event });
  return { ...all, begun, tell };
}

it('trains one after the other, and one that fails does not end the rest', async () => {
  const { studio, begun, tell, emit } = await setup();
  await studio.calls['queue.add']({ runIds: IDS });
  await soon(() => expect(begun()).toEqual([IDS[0]]));
  tell(IDS[0]!, { phase: 'running' });
  tell(IDS[0]!, { phase: 'failed', detail: 'The disk is on fire.' });
  await soon(() => expect(begun()).toEqual([IDS[0], IDS[1]]));
  tell(IDS[1]!, { phase: 'running' });
  tell(IDS[1]!, { phase: 'finished' });
  await soon(() => expect(begun()).toEqual(IDS));
  expect(await studio.calls['queue.get']({})).toEqual({
    paused: false,
    entries: [
      { runId: IDS[0], problem: 'The disk is on fire.' },
      { runId: IDS[2], problem: null },
    ],
  });
  expect(emit).not.toHaveBeenCalledWith('queue.ended', expect.anything());
  tell(IDS[2]!, { phase: 'running' });
  tell(IDS[2]!, { phase: 'finished' });
  // Told once, of all that was trained since it was last at its end.
  await soon(() => expect(emit).toHaveBeenCalledWith('queue.ended', { trained: 2, failed: 1 }));
  studio.queue.close();
});

it('is paused when a person stops one of it, and goes on when it is told to', async () => {
  const { studio, begun, tell } = await setup();
  await studio.calls['queue.add']({ runIds: IDS.slice(0, 2) });
  await soon(() => expect(begun()).toEqual([IDS[0]]));
  tell(IDS[0]!, { phase: 'running' });
  await studio.calls['training.stop']({});
  tell(IDS[0]!, { phase: 'stopped' });
  expect(await readQueue(home)).toMatchObject({ paused: true });
  await expect(studio.calls['queue.move']({ runId: IDS[1]!, to: 0 })).resolves.toEqual({});
  expect(begun()).toHaveLength(1);
  await studio.calls['queue.pause']({ paused: false });
  await soon(() => expect(begun()).toEqual([IDS[0], IDS[1]]));
  studio.queue.close();
});

it('goes on where it was after a restart, and not while the window closes', async () => {
  const first = await setup();
  await first.studio.calls['queue.add']({ runIds: IDS.slice(0, 2) });
  await soon(() => expect(first.begun()).toEqual([IDS[0]]));
  first.studio.queue.close();
  first.tell(IDS[0]!, { phase: 'finished' });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(first.begun()).toHaveLength(1);
  const second = await setup();
  await soon(() => expect(second.begun()).toEqual([IDS[0]]));
  second.studio.queue.close();
});
