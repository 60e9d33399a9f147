import type { Bridge } from '../bridge.ts';
import { Latest } from '../latest.ts';
import type { DrawingInfo } from './options.ts';

/** What the run in view can draw with: its times and classes. Asked for once a run. */
export class RunDrawing {
  info = $state.raw<DrawingInfo | null>(null);
  #runId: string | undefined;
  readonly #queue: Latest<string>;

  constructor(bridge: Bridge, failed: (error: unknown) => void) {
    this.#queue = new Latest(async (runId) => {
      const info = await bridge.call('runs.drawing', { runId });
      if (runId === this.#runId) this.info = info;
    }, failed);
  }

  follow(runId: string | undefined): void {
    if (runId === this.#runId) return;
    this.#runId = runId;
    this.info = null;
    if (runId !== undefined) this.#queue.request(runId);
  }
}
