import { type BrowserWindow, powerSaveBlocker } from 'electron';
import { printable } from '../../core/printable.ts';
import type { EventPayload } from '../ipc/contract.ts';

const NAME = 'CoVAE Studio';

/**
 * How far a training is, in few words; null when there is none.
 *
 * @param share of the steps, 0 … 1
 */
export function phaseWords(phase: EventPayload<'training.state'>['phase'], share: number): string | null {
  const percent = `${Math.floor(100 * share)} %`;
  const words: Partial<Record<typeof phase, string>> = {
    preparing: 'Preparing',
    running: percent,
    waiting: 'Waiting for room',
    paused: `Paused at ${percent}`,
    stopping: 'Stopping',
  };
  return words[phase] ?? null;
}

/**
 * What the window is called: what runs, and how far it is.
 *
 * @param name of the run
 * @param share of the steps, 0 … 1
 */
export function titleOf(
  phase: EventPayload<'training.state'>['phase'],
  name: string | null,
  share: number,
): string {
  const words = phaseWords(phase, share);
  return words === null || name === null ? NAME : `${words} – ${printable(name)} – ${NAME}`;
}

export interface ActivityOptions {
  window: BrowserWindow;
  /** Name of a run. */
  nameOf: (runId: string) => Promise<string>;
  /** Whether the machine is kept awake over a training. */
  keepAwake: boolean;
  /** Told of what the system refuses: no reason to end a training. */
  failed: (error: unknown) => void;
  /** Something of {@link Activity.now} is another. */
  changed?: () => void;
}

/** Shows a training in the system's task bar and the window's title, and keeps the machine from going to sleep over it. */
export class Activity {
  readonly #options: ActivityOptions;
  #blocker: number | null = null;
  #share = 0;
  #state: EventPayload<'training.state'> = { phase: 'idle', runId: null, detail: null };
  #name: string | null = null;
  #title = NAME;
  #awake: boolean;

  constructor(options: ActivityOptions) {
    this.#options = options;
    this.#awake = options.keepAwake;
  }

  /** What runs and how far it is. */
  get now(): { phase: EventPayload<'training.state'>['phase']; name: string | null; share: number } {
    return { phase: this.#state.phase, name: this.#name, share: this.#share };
  }

  progress({ step, steps }: EventPayload<'training.progress'>): void {
    this.#share = step / steps;
    if (this.#state.phase === 'running') this.#try(() => this.#options.window.setProgressBar(this.#share));
    this.#showTitle();
  }

  state(state: EventPayload<'training.state'>): void {
    const { phase, runId } = state;
    if (runId !== this.#state.runId) {
      this.#share = 0;
      this.#name = runId;
      if (runId !== null) void this.#find(runId);
    }
    this.#state = state;
    this.#try(() => this.#showPhase(phase));
    this.#try(() => this.#keepAwake());
    this.#showTitle();
  }

  /** To be called when runs may have other names. */
  renamed(): void {
    if (this.#state.runId !== null) void this.#find(this.#state.runId);
  }

  /** To be called when another language is spoken. */
  sayAnew(): void {
    this.#showTitle();
    // Of the tray's menu most is said whatever runs.
    this.#options.changed?.();
  }

  /** @param wanted whether the machine is kept awake over a training */
  setKeepAwake(wanted: boolean): void {
    this.#awake = wanted;
    this.#try(() => this.#keepAwake());
  }

  async #find(runId: string): Promise<void> {
    const name = await this.#options.nameOf(runId).catch(() => runId);
    if (this.#state.runId !== runId || this.#options.window.isDestroyed()) return;
    this.#name = name;
    this.#showTitle();
  }

  /** Only when it has changed: there are ten messages of progress a second. */
  #showTitle(): void {
    const title = titleOf(this.#state.phase, this.#name, this.#share);
    if (title === this.#title) return;
    this.#title = title;
    this.#try(() => this.#options.window.setTitle(title));
    this.#options.changed?.();
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#options.failed(error);
    }
  }

  #showPhase(phase: EventPayload<'training.state'>['phase']): void {
    const { window } = this.#options;
    switch (phase) {
      case 'preparing':
      case 'stopping':
        window.setProgressBar(2, { mode: 'indeterminate' });
        break;
      case 'running':
        window.setProgressBar(this.#share);
        break;
      case 'waiting':
        window.setProgressBar(this.#share, { mode: 'error' });
        break;
      case 'paused':
        window.setProgressBar(this.#share, { mode: 'paused' });
        break;
      default:
        this.#share = 0;
        window.setProgressBar(-1);
    }
  }

  /** A training that is paused, or waits for room on the disk, keeps no machine awake. */
  #keepAwake(): void {
    const wanted = this.#awake && ['preparing', 'running', 'stopping'].includes(this.#state.phase);
    if (wanted) this.#blocker ??= powerSaveBlocker.start('prevent-app-suspension');
    else if (this.#blocker !== null) {
      powerSaveBlocker.stop(this.#blocker);
      this.#blocker = null;
    }
  }
}
