/** The preferences of the window as main holds them: read at the start, changed by the window and by its menus. */
import { preferencesFile, readPreferences, writePreferences } from '../core/preferences-file.ts';
import { DEFAULT_PREFERENCES, type PreferenceChange, type Preferences } from '../core/preferences.ts';
import { defined } from './defined.ts';
import type { CallHandlers } from './ipc/gate.ts';
import type { PreferenceCalls } from './ipc/preferences-contract.ts';
import type { Messages } from './messages.ts';

export class PreferenceStore {
  readonly #file: string;
  #value: Preferences;
  readonly #listeners: ((value: Preferences) => void)[] = [];
  /** One file, one writer at a time. */
  #writing: Promise<void> = Promise.resolve();

  /** @param value what the file has */
  constructor(file: string, value = DEFAULT_PREFERENCES) {
    this.#file = file;
    this.#value = value;
  }

  /** Reads the file; what is wrong with it is told once, and the usual values hold. */
  static async open(userData: string, messages: Pick<Messages, 'tell'>): Promise<PreferenceStore> {
    const file = preferencesFile(userData);
    const { preferences, problem } = await readPreferences(file);
    if (problem !== null) messages.tell(problem);
    return new PreferenceStore(file, preferences);
  }

  readonly calls: Pick<CallHandlers, keyof typeof PreferenceCalls> = {
    'preferences.get': async () => this.#value,
    'preferences.change': (change) => this.change(change),
  };

  get value(): Preferences {
    return this.#value;
  }

  onChange(listener: (value: Preferences) => void): void {
    this.#listeners.push(listener);
  }

  /**
   * Holds at once, also when the file cannot be written: then until the window closes.
   *
   * @throws UserError when it cannot be kept
   */
  async change(change: PreferenceChange): Promise<Preferences> {
    const value = { ...this.#value, ...defined(change) };
    this.#value = value;
    for (const listener of this.#listeners) listener(value);
    const written = this.#writing.then(() => writePreferences(this.#file, value));
    this.#writing = written.catch(() => undefined);
    await written;
    return value;
  }
}
