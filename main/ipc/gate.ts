/**
 * The one gate for every call from the window: who asks, what is asked, what is answered.
 */
import * as v from 'valibot';
import { UserError } from '../../core/errors.ts';
import { describeIssue } from '../../core/json-file.ts';
import {
  type Answer,
  type CallName,
  type CallParams,
  type CallResult,
  Calls,
  type EventName,
  type EventPayload,
  Events,
  type PixelAnswer,
  type PixelCallName,
  PixelCalls,
  type PixelParams,
  type PixelResult,
} from './contract.ts';

export type CallHandlers = { [C in CallName]: (params: CallParams<C>) => Promise<CallResult<C>> };
export type PixelHandlers = { [C in PixelCallName]: (params: PixelParams<C>) => Promise<PixelResult<C>> };

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

/** The sentence the person sees; what is not meant for people is logged instead. */
export function failureMessage(error: unknown, what: string, log: Log): string {
  if (error instanceof UserError) return error.message;
  log(`${what} failed`, error);
  return GENERIC_FAILURE;
}

function has<T extends object>(map: T, key: unknown): key is keyof T {
  return typeof key === 'string' && Object.hasOwn(map, key);
}

function checked<S extends v.GenericSchema>(schema: S, value: unknown, what: string): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (!result.success) throw new UserError(`${what}: ${describeIssue(result.issues[0])}.`);
  return result.output;
}

/** An answer that does not fit is our own mistake: it is logged, not shown. */
function checkedResult<S extends v.GenericSchema>(schema: S, value: unknown, what: string): v.InferOutput<S> {
  const result = v.safeParse(schema, value);
  if (!result.success)
    throw new Error(`The answer to ${what} does not fit: ${describeIssue(result.issues[0])}.`);
  return result.output;
}

export interface GateOptions {
  handlers: CallHandlers;
  trusted: (sender: Sender | null) => boolean;
  log: Log;
}

/** Answers one call; never throws. */
export async function answerCall(
  { handlers, trusted, log }: GateOptions,
  sender: Sender | null,
  channel: unknown,
  params: unknown,
): Promise<Answer<unknown>> {
  if (!trusted(sender)) {
    log(`A call (${String(channel)}) from ${sender?.origin ?? 'a closed frame'} was refused.`);
    return { ok: false, message: 'This page may not use the application.' };
  }
  try {
    if (!has(Calls, channel)) throw new Error(`There is no call ${String(channel)}.`);
    return { ok: true, value: await handle(handlers, channel, params) };
  } catch (error) {
    return { ok: false, message: failureMessage(error, String(channel), log) };
  }
}

async function handle<C extends CallName>(
  handlers: CallHandlers,
  channel: C,
  raw: unknown,
): Promise<unknown> {
  const { params, result } = Calls[channel];
  // The schema of this channel has just been checked, which TypeScript cannot follow through the map.
  const handler = handlers[channel] as (params: unknown) => Promise<unknown>;
  return checkedResult(result, await handler(checked(params, raw, channel)), channel);
}

const PixelRequestSchema = v.strictObject({ id: v.number(), kind: v.string(), params: v.unknown() });

/**
 * Answers one request for pixels; never throws.
 *
 * @returns null for a message without an id, which cannot be answered
 */
export async function answerPixels(
  handlers: PixelHandlers,
  message: unknown,
  log: Log,
): Promise<PixelAnswer | null> {
  const request = v.safeParse(PixelRequestSchema, message);
  if (!request.success) {
    log('A message for pixels that does not fit was left aside.');
    return null;
  }
  const { id, kind, params } = request.output;
  try {
    if (!has(PixelCalls, kind)) throw new Error(`There is no request for pixels called ${kind}.`);
    return { id, ok: true, value: await handlePixels(handlers, kind, params) };
  } catch (error) {
    return { id, ok: false, message: failureMessage(error, kind, log) };
  }
}

async function handlePixels<C extends PixelCallName>(
  handlers: PixelHandlers,
  kind: C,
  raw: unknown,
): Promise<PixelResult<PixelCallName>> {
  const { params, result } = PixelCalls[kind];
  const handler = handlers[kind] as (params: unknown) => Promise<unknown>;
  return checkedResult(result, await handler(checked(params, raw, kind)), kind);
}

/** An event as it may be sent; throws when it does not fit the contract. */
export function checkedEvent<E extends EventName>(event: E, payload: EventPayload<E>): EventPayload<E> {
  const schema: v.GenericSchema<unknown, unknown> = Events[event];
  return checkedResult(schema, payload, event) as EventPayload<E>;
}
