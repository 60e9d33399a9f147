import { describe, expect, it, vi } from 'vitest';
import * as v from 'valibot';
import { UserError } from '../../core/errors.ts';
import type { RequestMessage } from './protocol.ts';
import { type ChildProcess, Supervisor } from './supervisor.ts';

const protocol = {
  requests: {
    double: { params: v.strictObject({ n: v.number() }), result: v.number() },
  },
  events: {
    ready: v.strictObject({}),
    fatal: v.strictObject({ message: v.string() }),
    news: v.strictObject({ n: v.number() }),
  },
} as const;

class FakeProcess implements ChildProcess {
  readonly pid = 1;
  readonly sent: RequestMessage[] = [];
  killed = false;
  #message: (message: unknown) => void = () => undefined;
  #gone: (reason: string) => void = () => undefined;

  postMessage(message: RequestMessage): void {
    this.sent.push(message);
  }
  onMessage(listener: (message: unknown) => void): void {
    this.#message = listener;
  }
  onGone(listener: (reason: string) => void): void {
    this.#gone = listener;
  }
  kill(): void {
    this.killed = true;
  }
  say(message: unknown): void {
    this.#message(message);
  }
  tell(kind: string, payload: unknown = {}): void {
    this.say({ type: 'event', kind, payload });
  }
  die(reason: string): void {
    this.#gone(reason);
  }
}

function setup() {
  const processes: FakeProcess[] = [];
  const timers: { callback: () => void; milliseconds: number }[] = [];
  const log = vi.fn();
  let now = 0;
  const supervisor = new Supervisor({
    name: 'helper',
    protocol,
    fork: () => {
      const child = new FakeProcess();
      processes.push(child);
      return child;
    },
    log,
    clock: {
      now: () => now,
      setTimeout: (callback, milliseconds) => {
        timers.push({ callback, milliseconds });
        return setTimeout(() => undefined, 0);
      },
      clearTimeout: () => timers.splice(0),
    },
  });
  const newest = (): FakeProcess => {
    const child = processes.at(-1);
    if (child === undefined) throw new Error('nothing was forked');
    return child;
  };
  const startAgain = (): void => timers.shift()?.callback();
  const pass = (milliseconds: number): void => {
    now += milliseconds;
  };
  return { supervisor, processes, timers, log, newest, startAgain, pass };
}

/** Lets promises settle. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('Supervisor', () => {
  it('starts the process for the first request, waits until it is ready, and gives the answer', async () => {
    const { supervisor, newest } = setup();
    const answer = supervisor.request('double', { n: 21 });
    expect(supervisor.status.state).toBe('starting');
    await settle();
    expect(newest().sent).toEqual([]);
    newest().tell('ready');
    await settle();
    const [message] = newest().sent;
    expect(message).toMatchObject({ kind: 'double', params: { n: 21 } });
    newest().say({ type: 'answer', id: message?.id, value: 42 });
    expect(await answer).toBe(42);
  });

  it('matches answers to requests by their id, in any order', async () => {
    const { supervisor, newest } = setup();
    supervisor.start();
    newest().tell('ready');
    const first = supervisor.request('double', { n: 1 });
    const second = supervisor.request('double', { n: 2 });
    await settle();
    const [a, b] = newest().sent;
    newest().say({ type: 'answer', id: b?.id, value: 4 });
    newest().say({ type: 'answer', id: a?.id, value: 2 });
    expect(await Promise.all([first, second])).toEqual([2, 4]);
  });

  it('passes on a sentence meant for the person, and keeps other failures apart', async () => {
    const { supervisor, newest } = setup();
    supervisor.start();
    newest().tell('ready');
    for (const code of ['settings', 'internal']) {
      const request = supervisor.request('double', { n: 1 });
      await settle();
      newest().say({ type: 'failure', id: newest().sent.at(-1)?.id, code, key: 'n', message: 'No.' });
      const error: unknown = await request.catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ message: 'No.' });
      expect(error instanceof UserError).toBe(code === 'settings');
      if (code === 'settings') expect(error).toMatchObject({ code, key: 'n' });
    }
  });

  it('takes a request back, and goes by what the process says then', async () => {
    const { supervisor, newest } = setup();
    supervisor.start();
    newest().tell('ready');
    const wanted = new AbortController();
    const request = supervisor.request('double', { n: 1 }, wanted.signal);
    const outcome = request.catch((error: unknown) => error);
    await settle();
    wanted.abort();
    const [asked, takenBack] = newest().sent;
    expect(takenBack).toEqual({ id: asked?.id, kind: 'cancel', params: null });
    newest().say({ type: 'failure', id: asked?.id, code: 'cancelled', message: 'This was cancelled.' });
    expect(await outcome).toMatchObject({ code: 'cancelled' });
  });

  it('does not ask what is not wanted any more when the process is ready, nor takes back what is done', async () => {
    const { supervisor, newest } = setup();
    const early = new AbortController();
    const waiting = supervisor.request('double', { n: 1 }, early.signal).catch((error: unknown) => error);
    early.abort();
    newest().tell('ready');
    expect(await waiting).toMatchObject({ name: 'AbortError' });
    expect(newest().sent).toEqual([]);
    const late = new AbortController();
    const done = supervisor.request('double', { n: 1 }, late.signal);
    await settle();
    newest().say({ type: 'answer', id: newest().sent[0]?.id, value: 2 });
    expect(await done).toBe(2);
    late.abort();
    expect(newest().sent).toHaveLength(1);
  });

  it('refuses an answer that does not fit', async () => {
    const { supervisor, newest } = setup();
    supervisor.start();
    newest().tell('ready');
    const request = supervisor.request('double', { n: 1 });
    await settle();
    newest().say({ type: 'answer', id: newest().sent[0]?.id, value: 'two' });
    await expect(request).rejects.toThrow('does not fit');
  });

  it('rejects what was under way when the process dies, with the reason', async () => {
    const { supervisor, newest } = setup();
    supervisor.start();
    newest().tell('ready');
    const requests = [supervisor.request('double', { n: 1 }), supervisor.request('double', { n: 2 })];
    const outcomes = Promise.allSettled(requests);
    await settle();
    newest().die('It fell over.');
    for (const outcome of await outcomes) {
      expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'It fell over.' } });
    }
    expect(supervisor.status).toEqual({ state: 'dead', reason: 'It fell over.' });
  });

  it('rejects what waited for a process that dies while it starts', async () => {
    const { supervisor, newest } = setup();
    const request = supervisor.request('double', { n: 1 });
    newest().die('It never woke.');
    await expect(request).rejects.toThrow('It never woke.');
  });

  it('starts it again later and later, then waits to be asked', async () => {
    const { supervisor, processes, timers, newest, startAgain } = setup();
    supervisor.start();
    const waits: number[] = [];
    for (let death = 0; death < 3; death++) {
      newest().die('Gone.');
      waits.push(timers[0]?.milliseconds ?? -1);
      startAgain();
    }
    expect(processes).toHaveLength(4);
    expect(waits).toEqual([...waits].sort((a, b) => a - b));
    newest().die('Gone.');
    expect(timers).toEqual([]);
    expect(supervisor.status.state).toBe('dead');

    const restarted = supervisor.restart();
    newest().tell('ready');
    await restarted;
    expect(processes).toHaveLength(5);
    expect(supervisor.status).toEqual({ state: 'ready', reason: null });
  });

  it('forgives deaths that lie long back', () => {
    const { supervisor, timers, newest, startAgain, pass } = setup();
    supervisor.start();
    for (let death = 0; death < 6; death++) {
      pass(120_000);
      newest().die('Gone.');
      expect(timers).toHaveLength(1);
      startAgain();
    }
  });

  it('does not try again what the process itself called hopeless', () => {
    const { supervisor, timers, newest } = setup();
    supervisor.start();
    newest().tell('fatal', { message: 'The library is missing.' });
    newest().die('It ended.');
    expect(supervisor.status).toEqual({ state: 'dead', reason: 'The library is missing.' });
    expect(timers).toEqual([]);
  });

  it('ignores what an old process says after a restart', async () => {
    const { supervisor, newest, processes } = setup();
    supervisor.start();
    newest().tell('ready');
    const restarted = supervisor.restart();
    const [old] = processes;
    expect(old?.killed).toBe(true);
    newest().tell('ready');
    await restarted;
    old?.die('Late news.');
    expect(supervisor.status.state).toBe('ready');
  });

  it('hands out events that fit and logs those that do not', () => {
    const { supervisor, newest, log } = setup();
    const heard = vi.fn();
    supervisor.on('news', heard);
    supervisor.start();
    newest().tell('news', { n: 1 });
    newest().tell('news', { n: 'one' });
    newest().tell('gossip');
    newest().say('nonsense');
    expect(heard.mock.calls).toEqual([[{ n: 1 }]]);
    expect(log).toHaveBeenCalledTimes(3);
  });

  it('neither answers nor starts again once it is closed', async () => {
    const { supervisor, newest, timers, processes } = setup();
    supervisor.start();
    newest().tell('ready');
    const request = supervisor.request('double', { n: 1 });
    const outcome = request.catch((error: unknown) => error);
    await settle();
    supervisor.close();
    expect(await outcome).toBeInstanceOf(UserError);
    newest().die('Killed.');
    expect(timers).toEqual([]);
    await expect(supervisor.request('double', { n: 1 })).rejects.toThrow('closing');
    expect(processes).toHaveLength(1);
  });
});

describe('a process that rests', () => {
  it('is ended, rejects what was under way, and starts when it is asked again', async () => {
    const { supervisor, processes, timers, newest } = setup();
    const first = supervisor.request('double', { n: 1 });
    newest().tell('ready');
    await vi.waitFor(() => expect(newest().sent).toHaveLength(1));
    supervisor.rest();
    await expect(first).rejects.toThrow('The helper was ended.');
    expect(newest().killed).toBe(true);
    // Its end is no death that it would be started again after.
    newest().die('It was killed.');
    expect(timers).toEqual([]);
    const second = supervisor.request('double', { n: 2 });
    newest().tell('ready');
    await vi.waitFor(() => expect(newest().sent).toHaveLength(1));
    newest().say({ type: 'answer', id: newest().sent[0]?.id, value: 4 });
    expect(await second).toBe(4);
    expect(processes).toHaveLength(2);
  });
});
