/**
 * The one gate for every call from the window: who asks, what is asked, whether it is wanted still.
 *
 * Parameters are checked here and nowhere after: this is where the page, which is not trusted, ends. Results are not
 * checked on their way out: main makes them, typed by the contract, or has checked them where they came in from a process
 * (main/process/protocol.ts).
 */
import * as v from 'valibot';
import { toErrorData } from '../../core/error-data.ts';
import { UserError } from '../../core/errors.ts';
import { checkValue } from '../../core/json-file.ts';
import { InFlight } from '../in-flight.ts';
import {
  type Answer,
  type CallName,
  type CallParams,
  type CallResult,
  Calls,
  type Failure,
  type PixelAnswer,
  type PixelCallName,
  PixelCalls,
  type PixelParams,
  type PixelResult,
} from './contract.ts';

/** The signal is aborted when the window does not want the answer any more. */
export type CallHandlers = {
  [C in CallName]: (params: CallParams<C>, signal?: AbortSignal) => Promise<CallResult<C>>;
};
export type PixelHandlers = {
  [C in PixelCallName]: (params: PixelParams<C>, signal?: AbortSignal) => Promise<PixelResult<C>>;
};

/** The part of Electron's WebFrameMain that identifies who asks. */
export interface Sender {
  readonly processId: number;
  readonly routingId: number;
  /** `scheme://host` of the page in the frame. */
  readonly origin: string;
}

export type Log = (message: string, error?: unknown) => void;

export const GENERIC_FAILURE =
  'Something went wrong inside the application; the log in Help → Show log says more.';

/** Our page's own main frame, and nothing else, may ask. */
export function isTrusted(sender: Sender | null, mainFrame: Sender | null, origin: string): boolean {
  return (
    sender !== null &&
    mainFrame !== null &&
    sender.processId === mainFrame.processId &&
    sender.routingId === mainFrame.routingId &&
    sender.origin === origin
  );
}

/** What the window is told of anything thrown; what is not meant for people is logged instead. */
export function failureOf(error: unknown, what: string, log: Log): Failure {
  const { window, ...data } = toErrorData(error);
  if (data.code !== 'internal') return { ok: false, ...data, message: window ?? data.message };
  log(`${what} failed`, error);
  return { ok: false, code: 'internal', message: GENERIC_FAILURE };
}

function has<T extends object>(map: T, key: unknown): key is keyof T {
  return typeof key === 'string' && Object.hasOwn(map, key);
}

export interface GateOptions {
  handlers: CallHandlers;
  trusted: (sender: Sender | null) => boolean;
  log: Log;
}

/** The calls of the window. */
export class CallGate {
  readonly #options: GateOptions;
  readonly #inFlight = new InFlight();

  constructor(options: GateOptions) {
    this.#options = options;
  }

  /**
   * Answers one call; never throws.
   *
   * @param id the page's number for it; a call without one cannot be cancelled
   */
  async answer(
    sender: Sender | null,
    channel: unknown,
    params: unknown,
    id?: unknown,
  ): Promise<Answer<unknown>> {
    const { handlers, trusted, log } = this.#options;
    if (!trusted(sender)) {
      log(`A call (${String(channel)}) from ${sender?.origin ?? 'a closed frame'} was refused.`);
      return failureOf(
        new UserError('This page may not use the application.', { code: 'refused' }),
        String(channel),
        log,
      );
    }
    try {
      if (!has(Calls, channel)) throw new Error(`There is no call ${String(channel)}.`);
      const known = checkValue(Calls[channel].params, params, channel);
      // The schema of this channel has just been checked, which TypeScript cannot follow through the map.
      const handler = handlers[channel] as (params: unknown, signal?: AbortSignal) => Promise<unknown>;
      const value =
        typeof id === 'number'
          ? await this.#inFlight.run(id, (signal) => handler(known, signal))
          : await handler(known);
      return { ok: true, value };
    } catch (error) {
      return failureOf(error, String(channel), log);
    }
  }

  /** Takes a call back, when the page that made it asks for that. */
  cancel(sender: Sender | null, id: unknown): void {
    if (typeof id === 'number' && this.#options.trusted(sender)) this.#inFlight.cancel(id);
  }

  /** The page is gone, and nobody waits for its answers. */
  cancelAll(): void {
    this.#inFlight.cancelAll();
  }
}

const PixelMessageSchema = v.union([
  v.strictObject({ id: v.number(), kind: v.string(), params: v.unknown() }),
  v.strictObject({ cancel: v.number() }),
]);

/** The requests for pixels of one page. */
export class PixelGate {
  readonly #handlers: PixelHandlers;
  readonly #log: Log;
  readonly #inFlight = new InFlight();

  constructor(handlers: PixelHandlers, log: Log) {
    this.#handlers = handlers;
    this.#log = log;
  }

  /**
   * Answers one request; never throws.
   *
   * @returns null for what has no answer: a message that takes a request back, or one without an id
   */
  async answer(message: unknown): Promise<PixelAnswer | null> {
    const request = v.safeParse(PixelMessageSchema, message);
    if (!request.success) {
      this.#log('A request for pixels that does not fit was ignored.');
      return null;
    }
    if ('cancel' in request.output) {
      this.#inFlight.cancel(request.output.cancel);
      return null;
    }
    const { id, kind, params } = request.output;
    try {
      if (!has(PixelCalls, kind)) throw new Error(`There is no request for pixels called ${kind}.`);
      const known = checkValue(PixelCalls[kind].params, params, kind);
      const handler = this.#handlers[kind] as (
        params: unknown,
        signal?: AbortSignal,
      ) => Promise<PixelResult<PixelCallName>>;
      return { id, ok: true, value: await this.#inFlight.run(id, (signal) => handler(known, signal)) };
    } catch (error) {
      return { id, ...failureOf(error, kind, this.#log) };
    }
  }

  /** The page is gone, and nobody waits for its answers. */
  close(): void {
    this.#inFlight.cancelAll();
  }
}
