import {
  type CallName,
  type CallParams,
  type CallResult,
  type CovaeBridge,
  type EventName,
  type EventPayload,
  PIXEL_PORT_MESSAGE,
  type PixelAnswer,
  type PixelCallName,
  type PixelParams,
  type PixelResult,
} from '../../main/ipc/contract.ts';

declare global {
  interface Window {
    /** Put there by the preload. */
    covae?: CovaeBridge;
  }
}

/** The sentence to show for anything thrown. */
export function sentenceOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  // Electron wraps what a handler throws; the person needs only the sentence.
  return text.replace(/^Error invoking remote method '[^']*': (?:\w*Error: )?/, '');
}

/** Typed client over `window.covae`: answers are values, failures are thrown as `Error` with their sentence. */
export class Bridge {
  readonly #covae: CovaeBridge;

  constructor(covae: CovaeBridge) {
    this.#covae = covae;
  }

  async call<C extends CallName>(channel: C, params: CallParams<C>): Promise<CallResult<C>> {
    let answer;
    try {
      answer = await this.#covae.invoke(channel, params);
    } catch (error) {
      throw new Error(sentenceOf(error), { cause: error });
    }
    if (!answer.ok) throw new Error(answer.message);
    return answer.value;
  }

  /** Returns the function that ends the listening. */
  on<E extends EventName>(event: E, listener: (payload: EventPayload<E>) => void): () => void {
    return this.#covae.on(event, listener);
  }

  pathForFile(file: File): string {
    return this.#covae.pathForFile(file);
  }
}

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
        new Error('The connection for pictures was renewed, so this picture has to be asked for again.'),
      );
    }
    port.onmessage = (event: MessageEvent<PixelAnswer>) => this.#receive(event.data);
    port.start();
    for (const waiting of this.#waiting.values()) this.#send(waiting);
  }

  request<C extends PixelCallName>(kind: C, params: PixelParams<C>): Promise<PixelResult<C>> {
    return new Promise((resolve, reject) => {
      const id = this.#nextId++;
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
    if (answer.ok) waiting.resolve(answer.value);
    else waiting.reject(new Error(answer.message));
  }
}

/** Waits for the port that the preload posts to the window. */
export function listenForPixelPort(target: Window, client: PixelClient): void {
  target.addEventListener('message', (event: MessageEvent<unknown>) => {
    const port = event.ports[0];
    if (event.data === PIXEL_PORT_MESSAGE && port) client.attach(port);
  });
}
