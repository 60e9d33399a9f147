import type { ImportProgress } from '../dataset.ts';

const INTERVAL_MS = 50;

/** Counts what an import has done and tells how long it will take, at most twenty times a second. */
export class ProgressMeter {
  total: number | null = null;
  skipped = 0;
  #phase: ImportProgress['phase'] = 'reading';
  #done = 0;
  #started = performance.now();
  #reported = -Infinity;
  readonly #send: ((progress: ImportProgress) => void) | undefined;

  constructor(send: ((progress: ImportProgress) => void) | undefined) {
    this.#send = send;
  }

  /** Begins the measuring of `total` images. */
  measure(total: number): void {
    this.report();
    this.#phase = 'measuring';
    this.#done = 0;
    this.total = total;
    this.#started = performance.now();
    this.report();
  }

  step(images = 1): void {
    this.#done += images;
    if (performance.now() - this.#reported >= INTERVAL_MS) this.report();
  }

  report(): void {
    const now = performance.now();
    this.#reported = now;
    const seconds = (now - this.#started) / 1000;
    const imagesPerSecond = seconds > 0 ? this.#done / seconds : 0;
    const left =
      this.total === null || imagesPerSecond === 0
        ? null
        : Math.max(0, this.total - this.#done) / imagesPerSecond;
    this.#send?.({
      phase: this.#phase,
      done: this.#done,
      total: this.total,
      skipped: this.skipped,
      imagesPerSecond,
      secondsLeft: left,
    });
  }
}
