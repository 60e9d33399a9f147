import * as v from 'valibot';
import { fromErrorData } from '../../core/error-data.ts';
import { UserError } from '../../core/errors.ts';
import {
  CANCEL,
  type EventKind,
  type ParamsOf,
  type PayloadOf,
  type Protocol,
  ReplySchema,
  type RequestKind,
  type RequestMessage,
  type ResultOf,
} from './protocol.ts';

/** A process as the supervisor sees it: Electron's utility process, or a stand-in in tests. */
export interface ChildProcess {
  readonly pid: number | undefined;
  postMessage(message: RequestMessage): void;
  onMessage(listener: (message: unknown) => void): void;
  /** Called once; `reason` says in one sentence how it ended. */
  onGone(listener: (reason: string) => void): void;
  kill(): void;
}

export interface ProcessStatus {
  state: 'starting' | 'ready' | 'dead';
  /** How it ended last; null when it has not. */
  reason: string | null;
}

interface Clock {
  now(): number;
  setTimeout(callback: () => void, milliseconds: number): NodeJS.Timeout;
  clearTimeout(timer: NodeJS.Timeout): void;
}

const systemClock: Clock = {
  now: () => Date.now(),
  setTimeout: (callback, milliseconds) => setTimeout(callback, milliseconds),
  clearTimeout: (timer) => clearTimeout(timer),
};

export interface SupervisorOptions<P extends Protocol> {
  /** What the process is called in sentences, `trainer` for instance. */
  name: string;
  protocol: P;
  fork: () => ChildProcess;
  log: (message: string, error?: unknown) => void;
  clock?: Clock;
}

/** Waiting time before the first, second, … automatic start after deaths in quick succession, milliseconds. */
const BACK_OFF = [500, 2_000, 8_000];
/** A process that lived this long (milliseconds) has not died in quick succession. */
const STABLE_AFTER = 60_000;

function gone(reason: string): UserError {
  return new UserError(reason, { code: 'process-gone' });
}

interface Pending {
  kind: string;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/**
 * Owns one process: starts it, asks it, and starts it again when it dies, a little later each time; after
 * {@link BACK_OFF} is used up it waits for {@link Supervisor.restart} or the next request. Requests that were
 * under way when it died are rejected with the reason.
 *
 * The process has to send the event `ready` before it is asked anything; a `fatal` event with a `message`
 * says why it cannot start.
 */
export class Supervisor<P extends Protocol> {
  readonly #options: SupervisorOptions<P>;
  readonly #clock: Clock;
  #child: ChildProcess | null = null;
  #status: ProcessStatus = { state: 'dead', reason: null };
  #fatal: string | null = null;
  #nextId = 1;
  readonly #pending = new Map<number, Pending>();
  readonly #listeners = new Map<string, Set<(payload: unknown) => void>>();
  readonly #statusListeners = new Set<(status: ProcessStatus) => void>();
  readonly #waiting: { resolve: () => void; reject: (error: Error) => void }[] = [];
  #startedAt = 0;
  #deaths = 0;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;

  constructor(options: SupervisorOptions<P>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  get status(): ProcessStatus {
    return this.#status;
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  onStatus(listener: (status: ProcessStatus) => void): void {
    this.#statusListeners.add(listener);
  }

  /** Events come checked; one that does not fit its schema is logged and left out. */
  on<K extends EventKind<P>>(kind: K, listener: (payload: PayloadOf<P, K>) => void): void {
    const listeners = this.#listeners.get(kind) ?? new Set();
    // Payloads are parsed with this kind's schema before they are handed out.
    listeners.add((payload) => listener(payload as PayloadOf<P, K>));
    this.#listeners.set(kind, listeners);
  }

  /** Starts the process unless it runs. */
  start(): void {
    if (this.#child !== null || this.#closed) return;
    this.#cancelTimer();
    this.#fatal = null;
    this.#startedAt = this.#clock.now();
    this.#setStatus({ state: 'starting', reason: null });
    const child = this.#options.fork();
    this.#child = child;
    child.onMessage((message) => {
      if (this.#child === child) this.#receive(message);
    });
    child.onGone((reason) => {
      if (this.#child === child) this.#gone(reason);
    });
  }

  /** Starts it anew, whether it runs or not; what was under way is rejected. Resolves when it is ready. */
  async restart(): Promise<void> {
    this.#deaths = 0;
    if (this.#child !== null) {
      const child = this.#child;
      this.#detach(`The ${this.#options.name} was started again.`);
      child.kill();
    }
    this.start();
    await this.#ready();
  }

  /**
   * Asks the process, starting it when it is dead.
   *
   * @param signal takes the request back when aborted; how far it came is for the process to say
   * @throws UserError with the process's error, or with the reason when it dies before it answers
   */
  async request<K extends RequestKind<P>>(
    kind: K,
    params: ParamsOf<P, K>,
    signal?: AbortSignal,
  ): Promise<ResultOf<P, K>> {
    signal?.throwIfAborted();
    if (this.#closed) throw gone('The application is closing.');
    if (this.#child === null) this.start();
    await this.#ready();
    signal?.throwIfAborted();
    const child = this.#child;
    const schemas = this.#options.protocol.requests[kind];
    if (child === null || schemas === undefined) throw new Error(`${kind} cannot be asked.`);
    const id = this.#nextId++;
    const takeBack = (): void => child.postMessage({ id, kind: CANCEL, params: null });
    signal?.addEventListener('abort', takeBack, { once: true });
    const value = await new Promise<unknown>((resolve, reject) => {
      this.#pending.set(id, { kind, resolve, reject });
      child.postMessage({ id, kind, params });
    }).finally(() => signal?.removeEventListener('abort', takeBack));
    const result = v.safeParse(schemas.result, value);
    if (!result.success)
      throw new Error(`The ${this.#options.name} gave an answer to ${kind} that does not fit.`);
    return result.output as ResultOf<P, K>;
  }

  /** Ends the process until it is asked again. What was under way is rejected. */
  rest(): void {
    this.#cancelTimer();
    this.#deaths = 0;
    const child = this.#child;
    this.#detach(`The ${this.#options.name} was ended.`);
    child?.kill();
  }

  /** Ends the process and never starts it again. */
  close(): void {
    this.#closed = true;
    this.#cancelTimer();
    const child = this.#child;
    this.#detach('The application is closing.');
    child?.kill();
  }

  #ready(): Promise<void> {
    if (this.#status.state === 'ready') return Promise.resolve();
    if (this.#status.state === 'dead') return Promise.reject(gone(this.#deathSentence()));
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #deathSentence(): string {
    return this.#status.reason ?? `The ${this.#options.name} is not running.`;
  }

  #receive(message: unknown): void {
    const reply = v.safeParse(ReplySchema, message);
    if (!reply.success) {
      this.#options.log(`The ${this.#options.name} sent a message that does not fit.`);
      return;
    }
    const { output } = reply;
    if (output.type === 'event') {
      this.#receiveEvent(output.kind, output.payload);
      return;
    }
    const pending = this.#pending.get(output.id);
    if (pending === undefined) return;
    this.#pending.delete(output.id);
    if (output.type === 'answer') pending.resolve(output.value);
    else {
      const { type: _, id: __, ...data } = output;
      pending.reject(fromErrorData(data));
    }
  }

  #receiveEvent(kind: string, raw: unknown): void {
    const schema = Object.hasOwn(this.#options.protocol.events, kind)
      ? this.#options.protocol.events[kind]
      : undefined;
    const payload = schema && v.safeParse(schema, raw);
    if (payload?.success !== true) {
      this.#options.log(`The ${this.#options.name} sent an event (${kind}) that does not fit.`);
      return;
    }
    if (kind === 'fatal') {
      const { message } = v.parse(v.object({ message: v.string() }), payload.output);
      this.#fatal = message;
    }
    for (const listener of this.#listeners.get(kind) ?? []) listener(payload.output);
    if (kind === 'ready') {
      this.#setStatus({ state: 'ready', reason: null });
      for (const waiting of this.#waiting.splice(0)) waiting.resolve();
    }
  }

  #gone(reason: string): void {
    const why = this.#fatal ?? reason;
    this.#options.log(`The ${this.#options.name} ended: ${why}`);
    if (this.#clock.now() - this.#startedAt >= STABLE_AFTER) this.#deaths = 0;
    // What it said itself will not be different the next time.
    const delay = this.#fatal === null ? BACK_OFF[this.#deaths] : undefined;
    this.#deaths++;
    this.#detach(why);
    if (delay !== undefined && !this.#closed) {
      this.#timer = this.#clock.setTimeout(() => {
        this.#timer = null;
        this.start();
      }, delay);
    }
  }

  /** Forgets the process and rejects what it still owed. */
  #detach(reason: string): void {
    this.#child = null;
    this.#setStatus({ state: 'dead', reason });
    const error = gone(reason);
    for (const pending of this.#pending.values()) pending.reject(error);
    this.#pending.clear();
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  #cancelTimer(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #setStatus(status: ProcessStatus): void {
    this.#status = status;
    for (const listener of this.#statusListeners) listener(status);
  }
}
