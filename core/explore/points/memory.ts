/** Latents met before, those used last: a slider asks for the same ends again and again. */
export class LatentMemory {
  readonly #limit: number;
  readonly #latents = new Map<string, Float32Array>();

  /** @param limit how many are kept */
  constructor(limit = 512) {
    this.#limit = limit;
  }

  get(key: string): Float32Array | null {
    const found = this.#latents.get(key);
    if (found === undefined) return null;
    this.#latents.delete(key);
    this.#latents.set(key, found);
    return found;
  }

  set(key: string, values: Float32Array): void {
    this.#latents.delete(key);
    this.#latents.set(key, values);
    const oldest = this.#latents.keys().next();
    if (this.#latents.size > this.#limit && !oldest.done) this.#latents.delete(oldest.value);
  }
}
