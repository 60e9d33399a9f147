/** How the application ends: what is under way stops and saves first, and the person is asked where there is time to ask. */
import type { QuitQuestion } from './quit-question.ts';

/** Time for what is under way to end, a training with a checkpoint, milliseconds. */
const STOP_LIMIT = 60_000;

/** `background`: the window goes, what is under way stays. */
export type CloseAnswer = 'stop' | 'background' | 'cancel';

export interface EndOptions {
  /** What would be ended; null when nothing is under way. */
  question: () => QuitQuestion | null;
  /** What the person wants. The signal takes the question back. */
  ask: (question: QuitQuestion, signal: AbortSignal) => Promise<CloseAnswer>;
  /** Ends what is under way. @returns the exit code that tells how it ended */
  stop: () => Promise<number>;
  /** Hides the window; what is under way goes on. */
  hide: () => void;
  /** Closes the window, which ends the application. */
  close: () => void;
  /** Ends the application whatever its windows and dialogs say. */
  exit: (code: number) => void;
  log: (message: string, error?: unknown) => void;
}

/**
 * Two ways to the same end. Closing the window asks first. A signal or the end of the session does not: nobody may be
 * there to answer, and the system does not wait; a question that is on the screen is taken back.
 */
export class OrderlyEnd {
  readonly #options: EndOptions;
  #state: 'open' | 'asking' | 'stopping' | 'done' = 'open';
  #question = new AbortController();
  #stopping: Promise<number> | null = null;

  constructor(options: EndOptions) {
    this.#options = options;
  }

  /** Whether nothing would be lost. */
  get idle(): boolean {
    return this.#options.question() === null;
  }

  /** Whether anybody has decided that the application ends. */
  get ending(): boolean {
    return this.#state === 'stopping' || this.#state === 'done';
  }

  /** The window is asked to close. @returns whether it may now */
  mayClose(): boolean {
    const question = this.#options.question();
    if (this.#state === 'done' || (this.#state === 'open' && question === null)) return true;
    if (this.#state === 'open' && question !== null) void this.#askFirst(question);
    return false;
  }

  /** Ends without a question. @param why for the log */
  async now(why: string): Promise<void> {
    const { log, exit } = this.#options;
    log(`The application ends: ${why}`);
    this.#question.abort();
    const code = await this.#stop();
    this.#state = 'done';
    exit(code);
  }

  async #askFirst(question: QuitQuestion): Promise<void> {
    this.#state = 'asking';
    this.#question = new AbortController();
    const { signal } = this.#question;
    const answer = await this.#options.ask(question, signal).catch((): CloseAnswer => 'cancel');
    // Meanwhile a signal came, which ends the application by itself.
    if (signal.aborted) return;
    if (answer !== 'stop') {
      this.#state = 'open';
      if (answer === 'background') this.#options.hide();
      return;
    }
    await this.#stop();
    this.#state = 'done';
    this.#options.close();
  }

  /** Stops once, however many want it. */
  #stop(): Promise<number> {
    this.#state = 'stopping';
    this.#stopping ??= this.#inTime();
    return this.#stopping;
  }

  async #inTime(): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<number>((resolve) => {
      timer = setTimeout(() => {
        this.#options.log('What was under way has not ended in time');
        resolve(1);
      }, STOP_LIMIT);
    });
    const stopped = this.#options.stop().catch((error: unknown) => {
      this.#options.log('What was under way was not stopped', error);
      return 1;
    });
    try {
      return await Promise.race([stopped, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}
