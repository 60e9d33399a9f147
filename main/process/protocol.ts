/**
 * How main talks with a process it owns: numbered requests, answers, and events.
 *
 * What comes from a process is checked once, where main receives it: these processes read strangers' files with native
 * decoders, so main does not believe them blindly. What main asks is not checked again in the process: it comes from
 * main itself, or from the window through the gate (main/ipc/gate.ts), which has checked it.
 */
import * as v from 'valibot';
import { ErrorDataSchema } from '../../core/error-data.ts';

type AnySchema = v.GenericSchema;

/** kind → what is asked, what is answered. */
export type RequestMap = Record<string, { params: AnySchema; result: AnySchema }>;
/** kind → what is told. */
export type EventMap = Record<string, AnySchema>;

export interface Protocol<R extends RequestMap = RequestMap, E extends EventMap = EventMap> {
  requests: R;
  events: E;
}

export type RequestKind<P extends Protocol> = keyof P['requests'] & string;
export type EventKind<P extends Protocol> = keyof P['events'] & string;
export type ParamsOf<P extends Protocol, K extends RequestKind<P>> = v.InferOutput<
  P['requests'][K]['params']
>;
export type ResultOf<P extends Protocol, K extends RequestKind<P>> = v.InferOutput<
  P['requests'][K]['result']
>;
export type PayloadOf<P extends Protocol, K extends EventKind<P>> = v.InferOutput<P['events'][K]>;

/** The kind of a message that takes the request of the same number back; it has no answer of its own. */
export const CANCEL = 'cancel';

/** From main to the process. */
export const RequestSchema = v.strictObject({ id: v.number(), kind: v.string(), params: v.unknown() });
export type RequestMessage = v.InferOutput<typeof RequestSchema>;

/** From the process to main. A failure with the code `internal` is not meant for people. */
export const ReplySchema = v.variant('type', [
  v.strictObject({ type: v.literal('answer'), id: v.number(), value: v.unknown() }),
  v.strictObject({ type: v.literal('failure'), id: v.number(), ...ErrorDataSchema.entries }),
  v.strictObject({ type: v.literal('event'), kind: v.string(), payload: v.unknown() }),
]);
export type ReplyMessage = v.InferOutput<typeof ReplySchema>;
