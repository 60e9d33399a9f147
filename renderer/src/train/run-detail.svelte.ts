import type { MetricsLine } from '../../../core/run/manifest.ts';
import type { ImageBatch } from '../../../core/data/dataset.ts';
import type { Bridge, PixelClient } from '../bridge.ts';
import { Latest } from '../latest.ts';
import { MetricSeries } from './series.ts';

/** Curves and sample grid of one run, read from its folder and then followed live while it is trained. */
export class RunDetail {
  /** A new array on every change. */
  lines = $state.raw<readonly MetricsLine[]>([]);
  samples = $state.raw<(ImageBatch & { step: number }) | null>(null);
  known = $state(false);

  readonly runId: string;
  readonly #bridge: Bridge;
  readonly #pixels: PixelClient;
  readonly #failed: (error: unknown) => void;
  readonly #series = new MetricSeries();
  readonly #grid: Latest<null>;
  #frame = 0;

  constructor(bridge: Bridge, pixels: PixelClient, runId: string, failed: (error: unknown) => void) {
    this.#bridge = bridge;
    this.#pixels = pixels;
    this.runId = runId;
    this.#failed = failed;
    this.#grid = new Latest(() => this.#fetchSamples(), failed);
  }

  /** Reads and follows the run until the returned function is called. */
  follow(): () => void {
    let gone = false;
    // Progress that comes while the file is read is added behind it.
    let early: MetricsLine[] | null = [];
    const ends = [
      this.#bridge.on('training.progress', (progress) => {
        if (progress.runId !== this.runId) return;
        if (early) early.push(progress);
        else this.#add(progress);
      }),
      this.#bridge.on('training.samples', ({ runId }) => {
        if (runId === this.runId) this.#grid.request(null);
      }),
    ];
    this.#grid.request(null);
    this.#bridge
      .call('runs.metrics', { runId: this.runId })
      .then((lines) => {
        if (gone) return;
        this.#series.replace(lines);
        const last = lines.at(-1)?.step ?? -1;
        for (const line of early ?? []) if (line.step > last) this.#series.add(line);
        this.lines = [...this.#series.lines];
      })
      .catch((error: unknown) => {
        if (!gone) this.#failed(error);
      })
      .finally(() => {
        early = null;
        this.known = true;
      });
    return () => {
      gone = true;
      cancelAnimationFrame(this.#frame);
      this.#grid.clear();
      for (const end of ends) end();
    };
  }

  #add(line: MetricsLine): void {
    this.#series.add(line);
    if (this.#frame !== 0) return;
    // Ten lines a second need no more than a drawing each frame.
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      this.lines = [...this.#series.lines];
    });
  }

  async #fetchSamples(): Promise<void> {
    const samples = await this.#pixels.request('run.latestSamples', { runId: this.runId });
    if (samples.count > 0) this.samples = samples;
  }
}
