/** From when on work that a person waits for is said to be under way, milliseconds: before that it seems to be at once. */
export const SLOW_MS = 150;

/** Tells that something takes so long that it has to be said. */
export class Slow {
  /** Something has been under way for {@link SLOW_MS} or more. */
  shown = $state(false);

  #underWay = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  async during<T>(work: () => Promise<T>): Promise<T> {
    if (this.#underWay++ === 0) this.#timer = setTimeout(() => (this.shown = true), SLOW_MS);
    try {
      return await work();
    } finally {
      if (--this.#underWay === 0) {
        clearTimeout(this.#timer);
        this.shown = false;
      }
    }
  }
}
