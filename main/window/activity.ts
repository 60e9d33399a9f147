import { type BrowserWindow, powerSaveBlocker } from 'electron';
import { printable } from '../../core/printable.ts';
import type { EventPayload } from '../ipc/contract.ts';

const NAME = 'CoVAE Studio';

/**
 * What the window is called: what runs, and how far it is.
 *
 * @param share of the steps, 0 … 1
 */
export function titleOf({ phase, runId }: EventPayload<'training.state'>, share: number): string {
  const words: Partial<Record<typeof phase, string>> = {
    preparing: 'Preparing',
    running: `${Math.floor(100 * share)} %`,
    waiting: 'Waiting for room',
    paused: `Paused at ${Math.floor(100 * share)} %`,
    stopping: 'Stopping',
  };
  const word = words[phase];
  return word === undefined || runId === null ? NAME : `${word} – ${printable(runId)} – ${NAME}`;
}

/** Shows a training in the system's task bar and the window's title, and keeps the machine from going to sleep over it. */
export class Activity {
  readonly #window: BrowserWindow;
  #blocker: number | null = null;
  #share = 0;
  #state: EventPayload<'training.state'> = { phase: 'idle', runId: null, detail: null };
  #title = NAME;
  readonly #failed: (error: unknown) => void;

  /** @param failed told of what the system refuses: no reason to end a training */
  constructor(window: BrowserWindow, failed: (error: unknown) => void) {
    this.#window = window;
    this.#failed = failed;
  }

  progress({ step, steps }: EventPayload<'training.progress'>): void {
    this.#share = step / steps;
    this.#try(() => this.#window.setProgressBar(this.#share));
    this.#showTitle();
  }

  state(state: EventPayload<'training.state'>): void {
    const { phase, runId } = state;
    if (runId !== this.#state.runId) this.#share = 0;
    this.#state = state;
    this.#try(() => this.#showPhase(phase));
    this.#try(() => this.#keepAwake(phase === 'preparing' || phase === 'running' || phase === 'stopping'));
    this.#showTitle();
  }

  /** Only when it has changed: there are ten messages of progress a second. */
  #showTitle(): void {
    const title = titleOf(this.#state, this.#share);
    if (title === this.#title) return;
    this.#title = title;
    this.#try(() => this.#window.setTitle(title));
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#failed(error);
    }
  }

  #showPhase(phase: EventPayload<'training.state'>['phase']): void {
    switch (phase) {
      case 'preparing':
      case 'stopping':
        this.#window.setProgressBar(2, { mode: 'indeterminate' });
        break;
      case 'running':
        this.#window.setProgressBar(this.#share);
        break;
      case 'waiting':
        this.#window.setProgressBar(this.#share, { mode: 'error' });
        break;
      case 'paused':
        this.#window.setProgressBar(this.#share, { mode: 'paused' });
        break;
      default:
        this.#share = 0;
        this.#window.setProgressBar(-1);
    }
    this.#keepAwake(['preparing', 'running', 'waiting', 'stopping'].includes(phase));
  }

  #keepAwake(wanted: boolean): void {
    if (wanted) this.#blocker ??= powerSaveBlocker.start('prevent-app-suspension');
    else if (this.#blocker !== null) {
      powerSaveBlocker.stop(this.#blocker);
      this.#blocker = null;
    }
  }
}
