import { describe, expect, it, vi } from 'vitest';
import { UserError } from '../core/errors.ts';
import { ImportQueue } from './import-queue.ts';
import type { ImportOrder } from './ipc/contract.ts';

function order(name: string): ImportOrder {
  return {
    jobId: `job-${name}`,
    name,
    request: { kind: null, paths: [`/pictures/${name}`] },
    settings: {
      size: 32,
      channels: 3,
      fit: 'crop',
      padColour: '#000000',
      background: '#ffffff',
      minSide: 0,
      dedupe: false,
      holdOut: 0,
      classes: 'auto',
      flip: 'auto',
    },
  };
}

/** A queue whose imports end when the test says so. */
function setup(taken: (name: string) => string | null = () => null) {
  const started: string[] = [];
  const ends = new Map<string, { done: () => void; fail: (error: Error) => void }>();
  const events: [string, unknown][] = [];
  const queue = new ImportQueue({
    run: ({ name }, signal) => {
      started.push(name);
      return new Promise((resolve, reject) => {
        ends.set(name, { done: () => resolve({ count: 5, skipped: 1 }), fail: reject });
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    },
    taken: async (name) => taken(name),
    emit: (event, payload) => events.push([event, payload]),
  });
  const states = () => queue.jobs.map(({ name, state }) => `${name} ${state}`);
  const end = (name: string) => ends.get(name);
  return { queue, started, events, states, end };
}

describe('ImportQueue', () => {
  it('runs one import at a time, in their order, and tells of each', async () => {
    const { queue, started, events, states, end } = setup();
    await queue.add(order('a'));
    await queue.add(order('b'));
    expect(states()).toEqual(['a running', 'b waiting']);
    end('a')?.done();
    await vi.waitFor(() => expect(states()).toEqual(['b running']));
    expect(events).toContainEqual(['datasets.imported', { jobId: 'job-a', name: 'a', count: 5, skipped: 1 }]);
    expect(events).toContainEqual(['library.changed', { what: 'datasets' }]);
    end('b')?.done();
    await vi.waitFor(() => expect(queue.active).toBe(0));
    await queue.add(order('c'));
    expect(started).toEqual(['a', 'b', 'c']);
  });

  it('keeps what failed with its sentence, goes on, and lets the same be tried again', async () => {
    const { queue, states, end } = setup();
    await queue.add(order('a'));
    await queue.add(order('b'));
    end('a')?.fail(new UserError('/pictures/a is empty.'));
    await vi.waitFor(() => expect(states()).toEqual(['a failed', 'b running']));
    expect(queue.jobs[0]?.problem).toBe('/pictures/a is empty.');
    await queue.add({ ...order('a'), jobId: 'again' });
    queue.cancel('job-a');
    expect(states()).toEqual(['b running', 'a waiting']);
  });

  it('cancels what waits at once and what runs when it has stopped', async () => {
    const { queue, started, events, states } = setup();
    await queue.add(order('a'));
    await queue.add(order('b'));
    queue.cancel('job-b');
    expect(states()).toEqual(['a running']);
    queue.cancel('job-a');
    expect(events).toContainEqual(['datasets.imports', [expect.objectContaining({ state: 'cancelling' })]]);
    await vi.waitFor(() => expect(queue.jobs).toEqual([]));
    expect(started).toEqual(['a']);
  });

  it('refuses a name that is taken or will be', async () => {
    const { queue } = setup((name) => (name === 'old' ? 'There is already a data set "old".' : null));
    await expect(queue.add(order('old'))).rejects.toThrow('There is already a data set "old".');
    const both = [queue.add(order('new')), queue.add({ ...order('new'), jobId: 'other' })];
    const outcomes = await Promise.allSettled(both);
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    await expect(queue.add({ ...order('new'), jobId: 'third' })).rejects.toThrow('choose another name');
  });

  it('tells of progress without sending the whole queue', async () => {
    const { queue, events } = setup();
    await queue.add(order('a'));
    const before = events.length;
    const progress = {
      phase: 'reading' as const,
      done: 3,
      total: 9,
      skipped: 0,
      imagesPerSecond: 2,
      secondsLeft: 3,
    };
    queue.progress('job-a', progress);
    queue.progress('gone', progress);
    expect(events.slice(before)).toEqual([['datasets.progress', { jobId: 'job-a', progress }]]);
    expect(queue.jobs[0]?.progress).toEqual(progress);
  });

  it('waits in the end for the import under way to clean up', async () => {
    const { queue, started } = setup();
    await queue.add(order('a'));
    await queue.add(order('b'));
    await queue.close();
    expect(queue.jobs).toEqual([]);
    expect(started).toEqual(['a']);
    await expect(queue.add(order('c'))).rejects.toThrow('The application is quitting.');
  });
});
