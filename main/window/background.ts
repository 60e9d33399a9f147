/** The window's system side: its notifications, its life in the background, and the way back from there. */
import { app, type BrowserWindow, Notification } from 'electron';
import { windowSentenceOf } from '../../core/errors.ts';
import type { Note } from '../notifier.ts';
import type { Studio } from '../studio.ts';
import type { Activity } from './activity.ts';
import { TrayIcon } from './tray.ts';

export interface BackgroundOptions {
  window: BrowserWindow;
  studio: Pick<Studio, 'calls'>;
  activity: Activity;
  /** Opens a run in the window. */
  openRun: (runId: string) => void;
  /** Tells the person a sentence in the window. */
  tell: (sentence: string) => void;
  log: (message: string, error?: unknown) => void;
}

export class Background {
  readonly #options: BackgroundOptions;
  readonly #tray: TrayIcon;
  /** Held, since what is collected as garbage hears no click. */
  readonly #shown = new Set<Notification>();

  constructor(options: BackgroundOptions) {
    this.#options = options;
    const { studio, tell, log } = options;
    const ask = (what: 'training.pause' | 'training.resume' | 'training.stop') => (): void => {
      studio.calls[what]({}, new AbortController().signal).catch((error: unknown) =>
        tell(windowSentenceOf(error)),
      );
    };
    this.#tray = new TrayIcon(
      {
        show: () => this.show(),
        pause: ask('training.pause'),
        resume: ask('training.resume'),
        stop: ask('training.stop'),
        quit: () => app.quit(),
      },
      log,
    );
  }

  /** Hides the window; a notification says how it comes back, since not every desktop shows icons in a tray. */
  hide(): void {
    const { window, activity } = this.#options;
    window.hide();
    this.#tray.show(activity.now);
    const body =
      'The window is hidden, and what is under way goes on. The icon in the tray brings it back; ' +
      'where the desktop shows none, start CoVAE Studio again.';
    this.notify({ title: 'CoVAE Studio goes on in the background', body, runId: null });
  }

  /** Brings the window to the front, from wherever it is. */
  show(): void {
    const { window } = this.#options;
    if (window.isDestroyed()) return;
    if (window.isMinimized()) window.restore();
    window.show();
    window.focus();
    this.#tray.hide();
  }

  /** The training is further, or another, or told in another language. */
  update(): void {
    this.#tray.update(this.#options.activity.now);
  }

  /** Removes the icon. */
  close(): void {
    this.#tray.hide();
  }

  notify({ title, body, runId }: Note): void {
    if (!Notification.isSupported()) return;
    const note = new Notification({ title, body });
    this.#shown.add(note);
    const forget = (): void => void this.#shown.delete(note);
    note.on('close', forget);
    note.on('failed', (_event, reason) => {
      forget();
      this.#options.log('A notification was not shown', reason);
    });
    note.on('click', () => {
      forget();
      this.show();
      if (runId !== null) this.#options.openRun(runId);
    });
    note.show();
  }
}
