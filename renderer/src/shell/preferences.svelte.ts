import {
  DEFAULT_PREFERENCES,
  type PreferenceChange,
  type Preferences as Values,
} from '../../../main/ipc/contract.ts';
import type { Bridge } from '../bridge.ts';

/** What a person chose in the settings. Main keeps it, since it acts on most of it itself. */
export class Preferences {
  value = $state.raw<Values>(DEFAULT_PREFERENCES);
  readonly #bridge: Bridge;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
    bridge.on('preferences.changed', (value) => (this.value = value));
  }

  /** Asks for them; the first view depends on it. */
  async load(): Promise<void> {
    this.value = await this.#bridge.call('preferences.get', {});
  }

  /** @throws CallError when main cannot keep it; it holds until the window closes then */
  async change(change: PreferenceChange): Promise<void> {
    this.value = await this.#bridge.call('preferences.change', change);
  }
}
