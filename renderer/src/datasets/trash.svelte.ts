import type { CallResult } from '../../../main/ipc/contract.ts';
import type { Bridge } from '../bridge.ts';

export type TrashEntry = CallResult<'datasets.trash'>[number];

/** Data sets that were deleted and can be taken back, the last one first. */
export class Trash {
  entries = $state.raw<TrashEntry[]>([]);
  readonly #bridge: Bridge;
  /** What withdraws the offer to undo a deletion, by token. */
  readonly #offers = new Map<string, () => void>();

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
    bridge.on('library.changed', ({ what }) => {
      if (what === 'datasets') void this.refresh().catch(() => undefined);
    });
  }

  async refresh(): Promise<void> {
    const before = this.entries;
    this.entries = await this.#bridge.call('datasets.trash', {});
    for (const { token } of before) {
      if (this.entries.some((entry) => entry.token === token)) continue;
      this.#offers.get(token)?.();
      this.#offers.delete(token);
    }
  }

  /** @param withdraw called once the data set is no longer here: restored, or deleted for good */
  offer(token: string, withdraw: () => void): void {
    this.#offers.set(token, withdraw);
  }
}
