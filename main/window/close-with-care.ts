/** How the window closes: what is under way ends first, or goes on behind it, as the person wants. */
import { app, type BrowserWindow } from 'electron';
import type { PreferenceStore } from '../preferences.ts';
import type { Studio } from '../studio.ts';
import { isActive } from '../training-state.ts';
import type { Background } from './background.ts';
import { closeAnswer } from './close-answer.ts';
import { OrderlyEnd } from './orderly-end.ts';
import { confirmStop } from './platform.ts';
import { quitQuestion } from './quit-question.ts';
import { endBySystem, stopTraining } from './system-end.ts';

interface Parts {
  window: BrowserWindow;
  studio: Studio;
  preferences: PreferenceStore;
  background: Background;
  log: (message: string, error?: unknown) => void;
}

/**
 * Ends what is under way before the window goes: a training with a checkpoint, imports, evaluations and exports without a trace.
 *
 * @param end ends our processes
 */
export function closeWithCare(
  { window, studio, preferences, background, log }: Parts,
  end: () => void,
): OrderlyEnd {
  const { datasets, evaluations, exports } = studio;
  const others = (): { imports: number; evaluations: number; exports: number } => ({
    imports: datasets.imports.active,
    evaluations: evaluations.queue.active,
    exports: exports.queue.active,
  });
  /** The application is asked to quit, not only its window to close. */
  let quitting = false;
  const orderly = new OrderlyEnd({
    question: () => quitQuestion({ training: isActive(studio.training), ...others() }),
    ask: async (question, signal) => {
      const answer = await closeAnswer({
        preferences,
        quitting,
        onlyTraining: Object.values(others()).every((count) => count === 0),
        confirm: () => confirmStop(window, question, signal, quitting),
        log,
      });
      quitting = false;
      return answer;
    },
    stop: async () => {
      studio.queue.close();
      const [code] = await Promise.all([
        stopTraining(studio),
        datasets.close(),
        evaluations.close(),
        exports.close(),
      ]);
      return code;
    },
    hide: () => background.hide(),
    close: () => window.close(),
    exit: (code) => {
      end();
      app.exit(code);
    },
    log,
  });
  app.on('before-quit', () => (quitting = true));
  window.on('close', (event) => {
    if (!orderly.mayClose()) event.preventDefault();
  });
  window.on('closed', end);
  endBySystem(window, orderly);
  return orderly;
}
