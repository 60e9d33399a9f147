/**
 * Runs that wait to be trained, one after the other: `queue.json` in the library, which the window and the command line
 * share. A run in it is there already, with or without checkpoints; nothing of it is trained yet, or not to its end.
 */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { UserError } from '../errors.ts';
import { exists, writeFileAtomic } from '../files.ts';
import { checkValue, parseJsonFile } from '../json-file.ts';
import { lockQueue } from '../library-locks.ts';
import type { Lock } from '../lock.ts';
import { whileLocked } from '../lock.ts';
import { summarizeRun } from './catalogue.ts';

const EntrySchema = v.strictObject({
  /** Id of the run. */
  run: v.string(),
  addedAt: v.pipe(v.string(), v.isoTimestamp()),
  /** Why its training did not come to its end; it stays in the queue, and the others go on. */
  problem: v.nullable(v.string()),
});

const SweepSchema = v.strictObject({ name: v.string(), runs: v.array(v.string()) });

export const QueueSchema = v.strictObject({
  format: v.literal('covae-queue'),
  version: v.literal(1),
  /** Nothing of it is begun by itself. */
  paused: v.boolean(),
  entries: v.array(EntrySchema),
  /** Sweeps whose comparison is to be shown when none of their runs waits any more. */
  sweeps: v.array(SweepSchema),
});

export type Queue = v.InferOutput<typeof QueueSchema>;
export type QueueEntry = Queue['entries'][number];
export type QueuedSweep = Queue['sweeps'][number];

const EMPTY: Queue = { format: 'covae-queue', version: 1, paused: false, entries: [], sweeps: [] };

/** Milliseconds that another process's change is waited for. */
const PATIENCE = 2_000;

function queueFile(home: string): string {
  return path.join(home, 'queue.json');
}

/** What waits. @throws UserError when the file is damaged */
export async function readQueue(home: string): Promise<Queue> {
  const file = queueFile(home);
  return (await exists(file)) ? parseJsonFile(QueueSchema, file) : EMPTY;
}

/**
 * Changes the queue.
 *
 * @returns it as it is now
 * @throws UserError when it is damaged or cannot be written; (`busy`) when another process keeps changing it
 */
export async function changeQueue(home: string, change: (queue: Queue) => Queue): Promise<Queue> {
  return whileLocked(await patientLock(home), async () => {
    const before = await readQueue(home);
    const after = checkValue(QueueSchema, change(before), 'The queue');
    if (JSON.stringify(after) !== JSON.stringify(before)) {
      await writeFileAtomic(queueFile(home), `${JSON.stringify(after, null, 2)}\n`, 'queue');
    }
    return after;
  });
}

async function patientLock(home: string): Promise<Lock> {
  for (let waited = 0; ; waited += 50) {
    try {
      return lockQueue(home, 'is being changed');
    } catch (error) {
      if (!(error instanceof UserError) || error.code !== 'busy' || waited >= PATIENCE) throw error;
      await sleep(50);
    }
  }
}

/**
 * Puts runs at the end of the queue.
 *
 * @param sweep name of the sweep that they are of
 * @throws UserError when one cannot be trained further: it is damaged, has no data set, or has finished; nothing is added then
 */
export async function addToQueue(home: string, ids: readonly string[], sweep?: string): Promise<Queue> {
  for (const id of ids) await checkTrainable(home, id);
  const addedAt = new Date().toISOString();
  return changeQueue(home, (queue) => {
    const failed = new Set(queue.entries.filter(({ problem }) => problem !== null).map(({ run }) => run));
    // One that failed before is tried again, at its new place.
    const left = queue.entries.filter(({ run }) => !(failed.has(run) && ids.includes(run)));
    const known = new Set(left.map(({ run }) => run));
    const added = ids.filter((id) => !known.has(id)).map((run) => ({ run, addedAt, problem: null }));
    const sweeps = sweep === undefined ? [] : [{ name: sweep, runs: [...ids] }];
    return { ...queue, entries: [...left, ...added], sweeps: [...queue.sweeps, ...sweeps] };
  });
}

async function checkTrainable(home: string, id: string): Promise<void> {
  const { problem, step, steps, dataset } = await summarizeRun(home, id);
  if (problem !== null)
    throw new UserError(`The run ${id} cannot be queued: ${problem}`, { code: 'invalid' });
  if (dataset === null) {
    throw new UserError(`The run ${id} has no data set; covae resume ${id} --data NAME gives it one.`, {
      window: `The run ${id} was made from weights and has no data set, so it cannot be trained here; start a new training from its weights.`,
      code: 'invalid',
    });
  }
  if (step >= steps) {
    throw new UserError(
      `The run ${id} has finished its steps; train it further with covae train ${id} --continue-for N.`,
      {
        code: 'invalid',
        window: `The run ${id} has finished its steps; “Train further” on its page gives it more.`,
      },
    );
  }
}

/** Takes a run out of the queue; the run itself stays. @throws UserError when it is not in it */
export function removeFromQueue(home: string, id: string): Promise<Queue> {
  return changeQueue(home, (queue) => {
    checkIn(queue, id);
    return { ...queue, entries: queue.entries.filter(({ run }) => run !== id) };
  });
}

/** Moves a run to a place in the queue, 0 for the first. @throws UserError when it is not in it */
export function moveInQueue(home: string, id: string, place: number): Promise<Queue> {
  return changeQueue(home, (queue) => {
    checkIn(queue, id);
    const moved = queue.entries.filter(({ run }) => run === id);
    const others = queue.entries.filter(({ run }) => run !== id);
    const at = Math.max(0, Math.min(others.length, place));
    return { ...queue, entries: [...others.slice(0, at), ...moved, ...others.slice(at)] };
  });
}

function checkIn({ entries }: Queue, id: string): void {
  if (entries.some(({ run }) => run === id)) return;
  throw new UserError(`The run ${id} is not in the queue.`, { code: 'not-found' });
}

/** Pauses the queue, or lets it go on; what is being trained is not touched. */
export function pauseQueue(home: string, paused: boolean): Promise<Queue> {
  return changeQueue(home, (queue) => ({ ...queue, paused }));
}

/** The run that is trained next; null where none waits. Whether the queue is paused is not looked at. */
export function nextInQueue({ entries }: Queue): string | null {
  return entries.find(({ problem }) => problem === null)?.run ?? null;
}

/**
 * Notes down what came of a run of the queue: one that came to its end leaves it, one that did not stays with the reason.
 * One that is not in it is none of its business.
 *
 * @returns the queue, whether the run was in it, and sweeps of which no run waits any more, which it forgets with that
 */
export async function settleInQueue(
  home: string,
  id: string,
  problem: string | null,
): Promise<{ queue: Queue; done: QueuedSweep[]; waited: boolean }> {
  const done: QueuedSweep[] = [];
  let waited = false;
  const queue = await changeQueue(home, (before) => {
    done.length = 0;
    waited = before.entries.some(({ run }) => run === id);
    const entries =
      problem === null
        ? before.entries.filter(({ run }) => run !== id)
        : before.entries.map((entry) => (entry.run === id ? { ...entry, problem } : entry));
    const waiting = new Set(entries.filter((entry) => entry.problem === null).map(({ run }) => run));
    const open: QueuedSweep[] = [];
    for (const sweep of before.sweeps) {
      (sweep.runs.some((run) => waiting.has(run)) ? open : done).push(sweep);
    }
    return { ...before, entries, sweeps: open };
  });
  return { queue, done, waited };
}

/** Takes out of the queue what is no longer in the library. */
export async function tidyQueue(home: string, known: ReadonlySet<string>): Promise<Queue> {
  const queue = await readQueue(home);
  if (queue.entries.every(({ run }) => known.has(run))) return queue;
  return changeQueue(home, (before) => ({
    ...before,
    entries: before.entries.filter(({ run }) => known.has(run)),
  }));
}
