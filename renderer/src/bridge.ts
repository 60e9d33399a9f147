import {
  type CallName,
  type CallParams,
  type CallResult,
  type CovaeBridge,
  type EventName,
  type EventPayload,
  type Failure,
  PIXEL_PORT_MESSAGE,
  type PixelAnswer,
  type PixelCallName,
  type PixelParams,
  type PixelResult,
} from '../../main/ipc/contract.ts';
import { said } from './said.ts';

declare global {
  interface Window {
    /** Put there by the preload. */
    covae?: CovaeBridge;
  }
}

/** The sentence to show for anything thrown. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A call that failed: what machines need to know of it, and its sentence. */
export class CallError extends Error {
  override name = 'CallError';
  readonly code: Failure['code'];
  /** Dotted key of the setting or parameter that is wrong. */
  readonly key: string | null;
  /** Path of the file or folder concerned. */
  readonly file: string | null;
  /** The sentence for a place that shows key or file itself. */
  readonly brief: string;

  constructor({ code, key, file, brief, message }: Omit<Failure, 'ok'>, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    this.key = key ?? null;
    this.file = file ?? null;
    this.brief = brief ?? message;
  }
}

/** Whether something failed only because it is not wanted any more. */
export function isCancellation(error: unknown): boolean {
  if (error instanceof CallError) return error.code === 'cancelled';
  return error instanceof Error && error.name === 'AbortError';
}

export interface CallOptions {
  /** Aborted when the answer is not wanted any more: main stops working on it, and the call fails with its reason. */
  signal?: AbortSignal | undefined;
}

/**
 * The answer of a call that can be cancelled; rejects at once with the signal's reason when it is aborted.
 *
 * @param cancel tells main
 */
async function unlessAborted<T>(
  signal: AbortSignal | undefined,
  answer: Promise<T>,
  cancel: () => void,
): Promise<T> {
  if (signal === undefined) return answer;
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => {
      cancel();
      reject(signal.reason as Error);
    };
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([answer, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Typed client over `window.covae`: answers are values, failures are thrown as {@link CallError}. */
export class Bridge {
  readonly #covae: CovaeBridge;
  #nextId = 1;

  constructor(covae: CovaeBridge) {
    this.#covae = covae;
  }

  async call<C extends CallName>(
    channel: C,
    params: CallParams<C>,
    { signal }: CallOptions = {},
  ): Promise<CallResult<C>> {
    signal?.throwIfAborted();
    const id = this.#nextId++;
    let answer;
    try {
      answer = await unlessAborted(signal, this.#covae.invoke(channel, params, id), () =>
        this.#covae.cancel(id),
      );
    } catch (error) {
      if (signal?.aborted) throw error;
      // Main answers whatever happens; what fails here is the way to it.
      throw new CallError({ code: 'internal', message: UNREACHABLE }, { cause: error });
    }
    if (!answer.ok) throw new CallError(said(answer));
    return said(answer.value);
  }

  /** Returns the function that ends the listening. */
  on<E extends EventName>(event: E, listener: (payload: EventPayload<E>) => void): () => void {
    return this.#covae.on(event, (payload) => listener(said(payload)));
  }

  pathForFile(file: File): string {
    return this.#covae.pathForFile(file);
  }
}

const UNREACHABLE = 'The application did not answer; try again, or start it anew.';

interface Waiting {
  message: { id: number; kind: PixelCallName; params: unknown };
  sent: boolean;
  resolve: (value: unknown) => void;
  reject: (error: Error) => void;
}

/** Asks for pixels over a MessagePort. What is asked before the port is there is sent when it comes. */
export class PixelClient {
  #port: MessagePort | null = null;
  #nextId = 1;
  readonly #waiting = new Map<number, Waiting>();

  /** Takes a new port. Requests sent over an earlier one fail, since their answers cannot come any more. */
  attach(port: MessagePort): void {
    this.#port?.close();
    this.#port = port;
    for (const [id, waiting] of this.#waiting) {
      if (!waiting.sent) continue;
      this.#waiting.delete(id);
      waiting.reject(
        new Error('The connection for images was renewed, so these images have to be asked for again.'),
      );
    }
    port.onmessage = (event: MessageEvent<PixelAnswer>) => this.#receive(event.data);
    port.start();
    for (const waiting of this.#waiting.values()) this.#send(waiting);
  }

  async request<C extends PixelCallName>(
    kind: C,
    params: PixelParams<C>,
    { signal }: CallOptions = {},
  ): Promise<PixelResult<C>> {
    signal?.throwIfAborted();
    const id = this.#nextId++;
    const answer = new Promise<PixelResult<C>>((resolve, reject) => {
      const waiting: Waiting = {
        message: { id, kind, params },
        sent: false,
        // The answer's id ties it to this request, hence to the result of this kind.
        resolve: (value) => resolve(value as PixelResult<C>),
        reject,
      };
      this.#waiting.set(id, waiting);
      this.#send(waiting);
    });
    return unlessAborted(signal, answer, () => this.#cancel(id));
  }

  #cancel(id: number): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (waiting?.sent) this.#port?.postMessage({ cancel: id });
  }

  #send(waiting: Waiting): void {
    if (!this.#port) return;
    waiting.sent = true;
    this.#port.postMessage(waiting.message);
  }

  #receive(answer: PixelAnswer): void {
    const waiting = this.#waiting.get(answer.id);
    if (!waiting) return;
    this.#waiting.delete(answer.id);
    if (answer.ok) waiting.resolve(said(answer.value));
    else waiting.reject(new CallError(said(answer)));
  }
}

/** Waits for the port that the preload posts to the window. */
export function listenForPixelPort(target: Window, client: PixelClient): void {
  target.addEventListener('message', (event: MessageEvent<unknown>) => {
    const port = event.ports[0];
    if (event.data === PIXEL_PORT_MESSAGE && port) client.attach(port);
  });
}
