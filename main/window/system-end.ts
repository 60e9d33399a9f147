/** What ends the application from outside: signals, the end of the session, the system that shuts down. */
import { app, type BrowserWindow, powerMonitor } from 'electron';
import { EXIT } from '../exit-codes.ts';
import type { Studio } from '../studio.ts';
import { isActive } from '../training-state.ts';
import type { OrderlyEnd } from './orderly-end.ts';

/** SIGHUP comes with a closed terminal and with the end of a session, SIGQUIT from Ctrl-\\ and from some supervisors. */
const SIGNALS = ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const;

/**
 * Stops a training that is under way and waits for its checkpoint.
 *
 * @returns the exit code, as the command line's
 */
export async function stopTraining(studio: Pick<Studio, 'training' | 'stopTraining'>): Promise<number> {
  if (!isActive(studio.training)) return EXIT.DONE;
  await studio.stopTraining();
  const { phase } = studio.training;
  if (phase === 'idle') return EXIT.STOPPED;
  return phase === 'finished' ? EXIT.DONE : EXIT.FAILED;
}

/** Only once the application is ready: Chromium sets its own handlers of signals before, which ask the person. */
export function endBySystem(window: BrowserWindow, orderly: OrderlyEnd): void {
  const end = (why: string): void => {
    // A signal to all processes takes the graphics process, too, which Chromium else gives up over at once.
    app.commandLine.appendSwitch('disable-gpu-process-crash-limit');
    if (!window.isDestroyed()) window.hide();
    void orderly.now(why);
  };
  for (const signal of SIGNALS) process.on(signal, end);
  // The system waits for who prevents it, for a few seconds at least. The types know nothing of what is told.
  powerMonitor.on('shutdown', (...told: unknown[]) => {
    if (prevents(told[0])) told[0].preventDefault();
    end('the system shuts down');
  });
  if (process.platform !== 'win32') return;
  window.on('query-session-end', (event) => {
    if (orderly.idle) return;
    event.preventDefault();
    end('the session ends');
  });
  window.on('session-end', () => end('the session ends'));
}

/** Electron's types leave the event out. */
function prevents(event: unknown): event is { preventDefault(): void } {
  return typeof event === 'object' && event !== null && 'preventDefault' in event;
}
