import type { QueueView } from '../../../main/ipc/contract.ts';
import type { Bridge } from '../bridge.ts';

/** Runs that wait to be trained, as main tells of them. */
export class TrainingQueue {
  view = $state.raw<QueueView>({ paused: false, entries: [] });
  readonly #bridge: Bridge;
  #heard = false;

  constructor(bridge: Bridge) {
    this.#bridge = bridge;
    bridge.on('queue.changed', (view) => {
      this.#heard = true;
      this.view = view;
    });
  }

  /** Runs that wait, those that failed left out. */
  readonly waiting = $derived(this.view.entries.filter(({ problem }) => problem === null).length);

  /** Asks for it as it is. */
  async start(): Promise<void> {
    const view = await this.#bridge.call('queue.get', {});
    // An event is newer than the answer.
    if (!this.#heard) this.view = view;
  }

  holds(runId: string): boolean {
    return this.view.entries.some((entry) => entry.runId === runId && entry.problem === null);
  }

  async move(runId: string, to: number): Promise<void> {
    await this.#bridge.call('queue.move', { runId, to });
  }

  async remove(runId: string): Promise<void> {
    await this.#bridge.call('queue.remove', { runId });
  }

  async pause(paused: boolean): Promise<void> {
    await this.#bridge.call('queue.pause', { paused });
  }

  async add(runIds: string[]): Promise<void> {
    await this.#bridge.call('queue.add', { runIds });
  }

  async again(runIds: string[]): Promise<void> {
    await this.#bridge.call('queue.again', { runIds });
  }
}
