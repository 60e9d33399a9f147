/** Random numbers that follow from a seed alone, so that any case can be made again. */

/** mulberry32, see the public-domain code by Tommy Ettinger: 32 bits of state, which is plenty for one case. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** 32 random bits. */
  bits(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  }

  /** A whole number from 0 to `end` − 1. */
  below(end: number): number {
    return end <= 1 ? 0 : Math.floor((this.bits() / 2 ** 32) * end);
  }

  /** A whole number from `first` to `last`. */
  between(first: number, last: number): number {
    return first + this.below(last - first + 1);
  }

  chance(share: number): boolean {
    return this.bits() / 2 ** 32 < share;
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)];
    if (item === undefined && items.length === 0) throw new Error('nothing to pick from');
    return item as T;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.bits() & 255);
  }
}

/** The seed of the case with this number in a run, spread over all 32 bits. */
export function caseSeed(runSeed: number, index: number): number {
  return new Random((runSeed ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0).bits();
}
