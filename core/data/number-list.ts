/** A growing list of whole numbers below 2³², four bytes each. */
export class NumberList {
  length = 0;
  #values = new Uint32Array(1024);

  push(value: number): void {
    if (this.length === this.#values.length) {
      const larger = new Uint32Array(2 * this.length);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.length++] = value;
  }

  /** The numbers so far; not a copy. */
  values(): Uint32Array {
    return this.#values.subarray(0, this.length);
  }
}
