import * as v from 'valibot';
import { toErrorData } from '../../core/error-data.ts';
import { InFlight } from '../in-flight.ts';
import {
  CANCEL,
  type EventKind,
  type ParamsOf,
  type PayloadOf,
  type Protocol,
  type ReplyMessage,
  type RequestKind,
  RequestSchema,
  type ResultOf,
} from './protocol.ts';

export type Handlers<P extends Protocol> = {
  [K in RequestKind<P>]: (
    params: ParamsOf<P, K>,
    signal: AbortSignal,
  ) => ResultOf<P, K> | Promise<ResultOf<P, K>>;
};

/** The end of the line inside the process. */
export interface ParentPort {
  onMessage(listener: (message: unknown) => void): void;
  postMessage(message: ReplyMessage): void;
}

/** Tells main about an event. */
export type Tell<P extends Protocol> = <K extends EventKind<P>>(kind: K, payload: PayloadOf<P, K>) => void;

/**
 * Answers main's requests with `handlers`, whose signal is aborted when main takes the request back. A request that is not
 * known, or whose handler throws, is answered with a failure; nothing here ends the process.
 *
 * @returns the function that tells main about events
 */
export function serve<P extends Protocol>(protocol: P, port: ParentPort, handlers: Handlers<P>): Tell<P> {
  const inFlight = new InFlight();

  async function answer<K extends RequestKind<P>>(id: number, kind: K, params: unknown): Promise<unknown> {
    if (!Object.hasOwn(protocol.requests, kind)) throw new Error(`There is no request called ${kind}.`);
    // Main's compiler and its gate have checked them (see protocol.ts).
    return inFlight.run(id, (signal) => handlers[kind](params as ParamsOf<P, K>, signal));
  }

  port.onMessage((message) => {
    const request = v.safeParse(RequestSchema, message);
    if (!request.success) {
      console.error('A message that is no request was ignored.');
      return;
    }
    const { id, kind, params } = request.output;
    if (kind === CANCEL) {
      inFlight.cancel(id);
      return;
    }
    answer(id, kind, params).then(
      (value) => port.postMessage({ type: 'answer', id, value }),
      (error: unknown) => {
        const data = toErrorData(error);
        if (data.code === 'internal') console.error(`${kind} failed:`, error);
        port.postMessage({ type: 'failure', id, ...data });
      },
    );
  });

  return (kind, payload) => port.postMessage({ type: 'event', kind, payload });
}
