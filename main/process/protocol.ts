/**
 * How main talks with a process it owns: numbered requests, answers, and events, each checked
 * against the schema of its kind on the side that receives it.
 */
import * as v from 'valibot';

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

/** From main to the process. */
export const RequestSchema = v.strictObject({ id: v.number(), kind: v.string(), params: v.unknown() });
export type RequestMessage = v.InferOutput<typeof RequestSchema>;

/** From the process to main. `forPerson` marks a sentence that may be shown as it is. */
export const ReplySchema = v.variant('type', [
  v.strictObject({ type: v.literal('answer'), id: v.number(), value: v.unknown() }),
  v.strictObject({
    type: v.literal('failure'),
    id: v.number(),
    message: v.string(),
    forPerson: v.boolean(),
  }),
  v.strictObject({ type: v.literal('event'), kind: v.string(), payload: v.unknown() }),
]);
export type ReplyMessage = v.InferOutput<typeof ReplySchema>;
