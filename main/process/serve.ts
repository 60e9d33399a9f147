import * as v from 'valibot';
import { sentenceOf, UserError } from '../../core/errors.ts';
import {
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
  [K in RequestKind<P>]: (params: ParamsOf<P, K>) => ResultOf<P, K> | Promise<ResultOf<P, K>>;
};

/** The end of the line inside the process. */
export interface ParentPort {
  onMessage(listener: (message: unknown) => void): void;
  postMessage(message: ReplyMessage): void;
}

/** Tells main about an event. */
export type Tell<P extends Protocol> = <K extends EventKind<P>>(kind: K, payload: PayloadOf<P, K>) => void;

/**
 * Answers main's requests with `handlers`. A request that does not fit its schema, or whose handler throws,
 * is answered with a failure; nothing here ends the process.
 *
 * @returns the function that tells main about events
 */
export function serve<P extends Protocol>(protocol: P, port: ParentPort, handlers: Handlers<P>): Tell<P> {
  async function answer<K extends RequestKind<P>>(kind: K, params: unknown): Promise<unknown> {
    const handler = handlers[kind];
    const schemas = protocol.requests[kind];
    if (!Object.hasOwn(protocol.requests, kind) || schemas === undefined) {
      throw new Error(`There is no request called ${kind}.`);
    }
    return handler(v.parse(schemas.params, params));
  }

  port.onMessage((message) => {
    const request = v.safeParse(RequestSchema, message);
    if (!request.success) {
      console.error('A message that is no request was left aside.');
      return;
    }
    const { id, kind, params } = request.output;
    answer(kind, params).then(
      (value) => port.postMessage({ type: 'answer', id, value }),
      (error: unknown) => {
        const forPerson = error instanceof UserError;
        if (!forPerson) console.error(`${kind} failed:`, error);
        port.postMessage({ type: 'failure', id, message: sentenceOf(error), forPerson });
      },
    );
  });

  return (kind, payload) => port.postMessage({ type: 'event', kind, payload });
}
