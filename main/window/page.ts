/** The window's page: tells it events, and brings it back when its process dies. */
import type { BrowserWindow } from 'electron';
import { EVENT_CHANNEL } from '../ipc/channels.ts';
import type { EventName, EventPayload } from '../ipc/contract.ts';
import type { Log } from '../ipc/gate.ts';

/** So many deaths in this time, in milliseconds, and the page is not brought back by itself any more. */
const DEATHS = 3;
const DEATHS_WITHIN = 60_000;

export interface PageOptions {
  window: BrowserWindow;
  log: Log;
  /** Whether the application ends, and needs no page any more. */
  ending: () => boolean;
  /** The page that nobody waits for any more. */
  onGone: () => void;
  /** It dies again and again: whether to try once more. */
  askToRetry: () => Promise<boolean>;
}

export class Page {
  readonly #options: PageOptions;
  readonly #deaths: number[] = [];
  #alive = true;
  #told = false;

  constructor(options: PageOptions) {
    this.#options = options;
    const { webContents } = options.window;
    webContents.on('did-finish-load', () => (this.#alive = true));
    webContents.on('render-process-gone', (_event, { reason }) => {
      this.#alive = false;
      options.log(`The window's page ended: ${reason}`);
      options.onGone();
      if (reason !== 'clean-exit') this.#bringBack();
    });
  }

  /** Tells an event; a page that is gone asks for everything anew when it is back. Never throws. */
  emit<E extends EventName>(event: E, payload: EventPayload<E>): void {
    const { window, log } = this.#options;
    if (window.isDestroyed() || !this.#alive) return;
    try {
      window.webContents.send(EVENT_CHANNEL, event, payload);
    } catch (error) {
      if (!this.#told) log(`The page could not be told ${event}`, error);
      this.#told = true;
    }
  }

  #bringBack(): void {
    const { window, ending, askToRetry } = this.#options;
    if (ending() || window.isDestroyed()) return;
    const now = Date.now();
    this.#deaths.push(now);
    const late = this.#deaths.filter((time) => now - time < DEATHS_WITHIN);
    if (late.length <= DEATHS) {
      this.#reload();
      return;
    }
    void askToRetry().then((again) => {
      this.#deaths.length = 0;
      if (again) this.#reload();
      else window.close();
    });
  }

  /** Not within the event: Chromium is still taking the old page down. */
  #reload(): void {
    setImmediate(() => {
      const { window, ending } = this.#options;
      if (!ending() && !window.isDestroyed()) window.webContents.reload();
    });
  }
}
