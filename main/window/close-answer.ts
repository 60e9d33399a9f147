/** What becomes of what is under way when the window is closed: as the settings say, or as the person answers. */
import type { PreferenceStore } from '../preferences.ts';
import type { CloseAnswer } from './orderly-end.ts';
import type { ConfirmedClose } from './platform.ts';

interface CloseOptions {
  preferences: PreferenceStore;
  /** Whether the whole application is to end: nothing can go on behind it then. */
  quitting: boolean;
  /** Whether a training is all that is under way. It is saved when it stops, and what else there is would be lost. */
  onlyTraining: boolean;
  confirm: () => Promise<ConfirmedClose>;
  log: (message: string, error?: unknown) => void;
}

export async function closeAnswer(options: CloseOptions): Promise<CloseAnswer> {
  const { preferences, quitting, onlyTraining, confirm, log } = options;
  const { whenClosing } = preferences.value;
  if (whenClosing === 'background' && !quitting) return 'background';
  if (whenClosing === 'stop' && onlyTraining) return 'stop';
  const { answer, remember } = await confirm();
  if (remember && answer !== 'cancel') {
    await preferences.change({ whenClosing: answer }).catch((error: unknown) => {
      log('What closing the window does could not be kept', error);
    });
  }
  return answer;
}
