/** Goes through frames one after the other. */
export class Player {
  /** Number of the frame that is shown; null while it rests. */
  frame = $state<number | null>(null);
  /** Frames a second. */
  rate = $state(10);
  #timer: ReturnType<typeof setInterval> | undefined;
  #step = 1;
  #count = (): number => 0;
  #closed = (): boolean => false;

  get playing(): boolean {
    return this.frame !== null;
  }

  /** Goes on at another rate. */
  setRate(rate: number): void {
    this.rate = rate;
    if (this.#timer !== undefined && this.playing) this.#start();
  }

  /**
   * @param count how many frames there are now
   * @param closed goes on at the beginning after the end; else back the way it came
   */
  play(count: () => number, closed: () => boolean): void {
    this.stop();
    this.frame = 0;
    this.#step = 1;
    this.#count = count;
    this.#closed = closed;
    this.#start();
  }

  #start(): void {
    clearInterval(this.#timer);
    this.#timer = setInterval(() => this.#next(), 1000 / this.rate);
  }

  #next(): void {
    const frames = this.#count();
    if (frames < 2 || this.frame === null) return;
    if (this.#closed()) {
      this.frame = (this.frame + 1) % frames;
      return;
    }
    if (this.frame + this.#step < 0 || this.frame + this.#step >= frames) this.#step = -this.#step;
    this.frame = Math.min(frames - 1, Math.max(0, this.frame + this.#step));
  }

  stop(): void {
    clearInterval(this.#timer);
    this.frame = null;
  }
}
