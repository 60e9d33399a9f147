/**
 * The application driven over Chromium's debugging pipe: without Playwright's ports, it has no reason to open a single
 * socket of the network.
 */
import type { ChildProcess } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { SLOW } from './studio.ts';

interface Reply {
  id?: number;
  result?: unknown;
  error?: { message: string };
}

/** Where the pipe is among the child's files. */
export const PIPED_STDIO = ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'] as const;
export const PIPED_SWITCH = '--remote-debugging-pipe';

export class PipedStudio {
  readonly #input: Writable;
  readonly #replies = new Map<number, (reply: Reply) => void>();
  #nextId = 1;
  #session: string | undefined;

  private constructor(child: ChildProcess) {
    this.#input = child.stdio[3] as Writable;
    let rest = '';
    (child.stdio[4] as Readable).on('data', (chunk: Buffer) => {
      const messages = (rest + chunk.toString()).split('\0');
      rest = messages.pop() ?? '';
      for (const message of messages) {
        const reply = JSON.parse(message) as Reply;
        if (reply.id !== undefined) this.#replies.get(reply.id)?.(reply);
      }
    });
    // It goes with the application.
    this.#input.on('error', () => undefined);
  }

  /** @param child started with {@link PIPED_STDIO} and {@link PIPED_SWITCH} */
  static async attach(child: ChildProcess): Promise<PipedStudio> {
    const studio = new PipedStudio(child);
    const targetId = await until(async () => {
      const { targetInfos } = await studio.#send<{ targetInfos: { targetId: string; url: string }[] }>(
        'Target.getTargets',
      );
      return targetInfos.find(({ url }) => url.startsWith('app:'))?.targetId;
    });
    const attached = await studio.#send<{ sessionId: string }>('Target.attachToTarget', {
      targetId,
      flatten: true,
    });
    studio.#session = attached.sessionId;
    await studio.until(`document.querySelector('nav') !== null`);
    return studio;
  }

  /** The value of an expression in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.#send<{
      result: { value?: unknown };
      exceptionDetails?: { exception?: { description?: string } };
    }>('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? expression);
    return result.value;
  }

  /** Waits until an expression is true in the page. */
  until(expression: string): Promise<unknown> {
    // While a page loads, its frame may go under us.
    return until(async () => (await this.evaluate(expression).catch(() => false)) === true || undefined);
  }

  /** Presses the button, link or radio button of that text or name, else the first that begins with it, once it can be pressed. */
  async press(text: string): Promise<void> {
    const named = (test: string): string =>
      `[...document.querySelectorAll('button, a, label')].find((element) => !element.disabled &&
        (element.getAttribute('aria-label') ?? element.textContent).trim()${test})`;
    const found = `(${named(` === ${JSON.stringify(text)}`)} ?? ${named(`.startsWith(${JSON.stringify(text)})`)})`;
    await this.until(`${found} !== undefined`);
    await this.evaluate(`${found}.click()`);
  }

  see(text: string): Promise<unknown> {
    return this.until(`document.body.innerText.includes(${JSON.stringify(text)})`);
  }

  /** Id of the application's main process, which may not be the child. */
  async mainProcess(): Promise<number> {
    const { processInfo } = await this.#send<{ processInfo: { type: string; id: number }[] }>(
      'SystemInfo.getProcessInfo',
    );
    const main = processInfo.find(({ type }) => type === 'browser');
    if (main === undefined) throw new Error('There is no main process.');
    return main.id;
  }

  async #send<T>(method: string, params: object = {}): Promise<T> {
    const id = this.#nextId++;
    // The pipe's own domains know no session.
    const session = /^(Target|SystemInfo)\./.test(method) ? {} : { sessionId: this.#session };
    const answered = new Promise<Reply>((resolve) => this.#replies.set(id, resolve));
    this.#input.write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    const { result, error } = await answered;
    this.#replies.delete(id);
    if (error) throw new Error(`${method}: ${error.message}`);
    return result as T;
  }
}

async function until<T>(ask: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + SLOW;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > end) throw new Error('It did not come.');
    await sleep(100);
  }
}
