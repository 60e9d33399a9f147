import { type BrowserWindow, powerSaveBlocker } from 'electron';
import type { EventPayload } from '../ipc/contract.ts';

/** Shows a training in the system's task bar, and keeps the machine from going to sleep over it. */
export class Activity {
  readonly #window: BrowserWindow;
  #blocker: number | null = null;
  #share = 0;
  readonly #failed: (error: unknown) => void;

  /** @param failed told of what the system refuses: no reason to end a training */
  constructor(window: BrowserWindow, failed: (error: unknown) => void) {
    this.#window = window;
    this.#failed = failed;
  }

  progress({ step, steps }: EventPayload<'training.progress'>): void {
    this.#share = step / steps;
    this.#try(() => this.#window.setProgressBar(this.#share));
  }

  state({ phase }: EventPayload<'training.state'>): void {
    this.#try(() => this.#showPhase(phase));
    this.#try(() => this.#keepAwake(phase === 'preparing' || phase === 'running' || phase === 'stopping'));
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
