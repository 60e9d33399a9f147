import type { MetricsLine } from '../../../core/run/manifest.ts';
import type { Bridge, PixelClient } from '../bridge.ts';
import { CurveStore, type CurveSnapshot } from './curves/curve-store.ts';

/** Least time between two drawings of the curves, milliseconds: a hundred thousand points are looked at for each. */
const INTERVAL = 250;

/** The curves of one run, read from its folder and then followed live while it is trained: the same lines either way. */
export class RunDetail {
  /** A new one on every change. */
  curves = $state.raw<CurveSnapshot>(new CurveStore().snapshot());
  known = $state(false);

  readonly runId: string;
  readonly #bridge: Bridge;
  readonly #pixels: PixelClient;
  readonly #failed: (error: unknown) => void;
  readonly #store = new CurveStore();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(bridge: Bridge, pixels: PixelClient, runId: string, failed: (error: unknown) => void) {
    this.#bridge = bridge;
    this.#pixels = pixels;
    this.runId = runId;
    this.#failed = failed;
  }

  /** Reads and follows the run until the returned function is called. */
  follow(): () => void {
    let gone = false;
    // What comes while the file is read may be in it, or not.
    let early: MetricsLine[] | null = [];
    const end = this.#bridge.on('training.logged', ({ runId, lines }) => {
      if (runId !== this.runId) return;
      if (early) early.push(...lines);
      else this.#add(lines);
    });
    this.#pixels
      .request('run.curves', { runId: this.runId })
      .then((curves) => {
        if (gone) return;
        this.#store.replace(curves);
        const last = curves.steps.at(-1) ?? -1;
        for (const line of early ?? []) if (line.step > last) this.#store.add(line);
      })
      .catch((error: unknown) => {
        if (!gone) this.#failed(error);
      })
      .finally(() => {
        early = null;
        this.known = true;
        this.curves = this.#store.snapshot();
      });
    return () => {
      gone = true;
      clearTimeout(this.#timer);
      end();
    };
  }

  #add(lines: readonly MetricsLine[]): void {
    for (const line of lines) this.#store.add(line);
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.curves = this.#store.snapshot();
    }, INTERVAL);
  }
}
