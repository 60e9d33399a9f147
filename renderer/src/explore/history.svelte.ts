/** Steps that were made, each of which can be undone and made again. */

const LONGEST = 200;

export class History<T> {
  #past = $state.raw<readonly T[]>([]);
  #future = $state.raw<readonly T[]>([]);
  #now = $state.raw<T>() as T;
  /** What the last change was of: a slider that is dragged is one step. */
  #merge: string | null = null;

  constructor(now: T) {
    this.#now = now;
  }

  get now(): T {
    return this.#now;
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  /** @param merge changes of the same name one after the other are one step */
  change(next: T, merge: string | null = null): void {
    if (merge === null || merge !== this.#merge) this.#past = [...this.#past, this.#now].slice(-LONGEST);
    this.#merge = merge;
    this.#future = [];
    this.#now = next;
  }

  /** Changes what is no step: which part of it is looked at. */
  turn(now: T): void {
    this.#merge = null;
    this.#now = now;
  }

  /** Takes another beginning: nothing can be undone. */
  restart(now: T): void {
    this.#past = [];
    this.#future = [];
    this.#merge = null;
    this.#now = now;
  }

  undo(): void {
    const before = this.#past.at(-1);
    if (before === undefined) return;
    this.#past = this.#past.slice(0, -1);
    this.#future = [this.#now, ...this.#future];
    this.#now = before;
    this.#merge = null;
  }

  redo(): void {
    const [next, ...rest] = this.#future;
    if (next === undefined) return;
    this.#past = [...this.#past, this.#now];
    this.#future = rest;
    this.#now = next;
    this.#merge = null;
  }
}
