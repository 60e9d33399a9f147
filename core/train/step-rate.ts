/** Fewest steps whose mean is worth keeping. */
const ENOUGH = 10;

/** Steps a second over the last while, from the time between ticks. */
export class StepRate {
  private readonly window: number[] = [];
  private last = performance.now();
  private ticks = 0;

  constructor(private readonly size = 50) {}

  /** Notes the end of a step. @returns seconds since the tick before (or since the start) */
  tick(): number {
    const now = performance.now();
    const seconds = (now - this.last) / 1000;
    this.last = now;
    // The first step of a session is slow: TensorFlow optimises the graph then.
    if (this.ticks++ > 0) {
      this.window.push(seconds);
      if (this.window.length > this.size) this.window.shift();
    }
    return seconds;
  }

  /** What has passed since the last tick was no training. */
  rest(): void {
    this.last = performance.now();
  }

  /** So much of the time since the last tick was no training. */
  leaveOut(milliseconds: number): void {
    this.last += milliseconds;
  }

  /** null until two steps are done. */
  perSecond(): number | null {
    if (this.window.length === 0) return null;
    return this.window.length / this.window.reduce((sum, seconds) => sum + seconds, 0);
  }

  /** Mean seconds of the last steps, where they are enough to say what such a step takes; null where not. */
  measured(): number | null {
    const rate = this.perSecond();
    return rate === null || this.window.length < ENOUGH ? null : 1 / rate;
  }
}
