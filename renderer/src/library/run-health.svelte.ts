import type { CallResult } from '../../../main/ipc/contract.ts';
import type { Bridge } from '../bridge.ts';
import { Latest } from '../latest.ts';

export type RunHealth = CallResult<'runs.health'>;

/** What is damaged in the run in view, and what going back has set aside; asked again whenever runs change. */
export class RunHealthWatch {
  /** null while it is not known. */
  health = $state.raw<RunHealth | null>(null);
  #runId: string | undefined;
  readonly #bridge: Bridge;
  readonly #queue: Latest<string>;

  constructor(bridge: Bridge, failed: (error: unknown) => void) {
    this.#bridge = bridge;
    this.#queue = new Latest(async (runId) => {
      const health = await bridge.call('runs.health', { runId });
      if (runId === this.#runId) this.health = health;
    }, failed);
  }

  /** Follows a run until the returned function is called. */
  follow(runId: string | undefined): () => void {
    if (runId !== this.#runId) this.health = null;
    this.#runId = runId;
    if (runId === undefined) return () => undefined;
    this.#queue.request(runId);
    const end = this.#bridge.on('library.changed', ({ what }) => {
      if (what === 'runs') this.#queue.request(runId);
    });
    return () => {
      end();
      this.#queue.clear();
    };
  }
}
